"""The gateway of a CA: what it is asked, and what its word is."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hub.ports.values import Blame
from hub.ports.wire import Bounds, WireReply, WireRequest


@dataclass(frozen=True, slots=True)
class GatewayQuestion:
    """What a CA's gateway is asked about: values in our forms (DER certificates and signatures, octets).

    `operation`: certificate, raw, attached, detached, xml, timestamp (judged over there); sign-raw,
    sign-attached, sign-detached, sign-xml, encrypt, encrypt-bare, decrypt, decrypt-bare, stamp (done over
    there); server-certificate (`item` signing or encryption), info (`item` as the papers name it, like
    subject-cn). What `data` and `signature` are goes without
    saying; what is attached or XML is all in `signature`.
    """

    operation: str
    certificate: bytes = field(default=b"", repr=False)
    data: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)
    item: str = ""


@dataclass(frozen=True, slots=True)
class GatewayWord:
    """What came of it: `kind` answered, refused, retry or unknown; only the first says anything.

    `sof` is the outcome of a judgement as SOF_ValidateCert has it (1, -1 to -6), `reasons` codes of `certs`
    that it may stand for; `value` the octets or text of what was done or read. `code` is stable English,
    `error` the gateway's own number, `functions` what was called.
    """

    kind: str
    code: str
    sof: int | None = None
    reasons: tuple[str, ...] = ()
    value: bytes | str | None = field(default=None, repr=False)
    error: int | None = None
    functions: tuple[str, ...] = ()
    blame: Blame | None = None


GatewayTalk = Generator[WireRequest, WireReply, GatewayWord]


class Gateway(Protocol):
    """What speaks to CAs' gateways; found by the entry-point group `hutong.gateways`, no input or output.

    `ask` is one exchange: it gives the requests one after another, is sent their replies, and returns the
    word; it never raises on what comes from over there. `fresh`: is a yes one of this very moment?
    """

    def speaks(self, system: str) -> bool: ...
    def bounds(self, system: str) -> Bounds: ...
    def fresh(self, system: str) -> bool: ...
    def ask(
        self,
        system: str,
        question: GatewayQuestion,
        credentials: Mapping[str, str],
        clock: Callable[[], datetime],
        nonce: Callable[[], str],
    ) -> GatewayTalk: ...
