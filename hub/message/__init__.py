"""The unified message: its bytes, shape, canonical form and signature, and what can be wrong with it."""

from hub.message.canon import Canon
from hub.message.canonical import Written, canonical, content_digest, record_digest, signing_bytes
from hub.message.finding import Finding, Severity, refusing, shown
from hub.message.key import ALGORITHMS, CannotSignError, Key
from hub.message.parse import Parsed, parse, pointer
from hub.message.shape import check_members, check_shape
from hub.message.signing import (
    CST,
    WINDOW,
    check_time,
    request_bytes,
    sign,
    sign_request,
    verify,
    verify_request,
    wall,
)

__all__ = [
    "ALGORITHMS",
    "CST",
    "WINDOW",
    "CannotSignError",
    "Canon",
    "Finding",
    "Key",
    "Parsed",
    "Severity",
    "Written",
    "canonical",
    "check_members",
    "check_shape",
    "check_time",
    "content_digest",
    "parse",
    "pointer",
    "record_digest",
    "refusing",
    "request_bytes",
    "shown",
    "sign",
    "sign_request",
    "signing_bytes",
    "verify",
    "verify_request",
    "wall",
]
