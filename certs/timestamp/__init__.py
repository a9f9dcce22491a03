"""Time stamps of RFC 3161 and GB/T 20520: asked for, made, and judged."""

from certs.timestamp.check import signature_stamp, stamp_time, verify_timestamp
from certs.timestamp.messages import read_request, read_response
from certs.timestamp.model import Accuracy, Digest, Info, read_info
from certs.timestamp.request import request
from certs.timestamp.respond import Failure, respond

__all__ = [
    "Accuracy",
    "Digest",
    "Failure",
    "Info",
    "read_info",
    "read_request",
    "read_response",
    "request",
    "respond",
    "signature_stamp",
    "stamp_time",
    "verify_timestamp",
]
