"""The canonical bytes that every signature covers.

Members sorted, no white space, UTF-8: RFC 8785 on the subset the envelope allows (I-JSON without
floats, integers within 2^53, ASCII member names), so that any RFC 8785 library gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from certs.algorithms.digest import digest, digests
from hub.message.canon import Canon

# Retries of one message may carry a fresh time and nonce, and so a fresh signature: they are the
# circumstances of sending, not what is sent, and stay out of the digest that makes it "the same".
CIRCUMSTANCE: Final = frozenset({"time", "nonce", "sign"})


def _plain(value: object) -> object:
    """What `parse` marked as a number it refuses is text still: clinic and judges look at such values."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"no JSON value: {type(value).__name__}")


_encode = msgspec.json.Encoder(order="sorted", enc_hook=_plain).encode


def canonical(value: Any) -> bytes:
    """Canonical JSON of a value that `parse` has let through."""
    return _encode(value)


_BODY, _HEAD = b'{"body":', b',"head":'


class Written:
    """An envelope whose body is written once: signature, content and record all need it.

    With `canon`, the parts of the text `raw` it was read from, nothing is written at all.
    """

    __slots__ = ("_around", "_canon", "_head", "_raw", "body", "raw_digest")

    def __init__(self, envelope: Mapping[str, Any], raw: bytes = b"", canon: Canon | None = None) -> None:
        self._head: Mapping[str, Any] = envelope["head"]
        self._around = envelope if len(envelope) != 2 or "body" not in envelope else None
        self._raw, self._canon = raw, canon
        self.body = (
            _encode(envelope.get("body")) if canon is None else raw[len(_BODY) : canon[0] - len(_HEAD)]
        )
        # Of the text as it came, once `content_digest` has been asked; b"" if it is not canonical.
        self.raw_digest = b""

    def signed(self) -> bytes:
        """What a signature covers: the canonical envelope without `head.sign.value`."""
        if self._canon is not None:
            return b"%b%b}" % (self._raw[: self._canon[0]], self._canon[1])
        return self._with(_bare(self._head))

    def content_digest(self) -> bytes:
        """SM3 of what was sent, whatever the circumstances of sending: tells a retry from another message."""
        if self._canon is not None:
            raw, (length, _, head) = self._raw, self._canon
            # Both begin with the body, which is nearly all of them: hashed once.
            content, self.raw_digest = digests(raw[:length], b"%b}" % head, raw[length:])
            return content
        return digest(self._with({name: one for name, one in self._head.items() if name not in CIRCUMSTANCE}))

    def record_digest(self) -> bytes:
        """SM3 of the record, whichever message carried it."""
        return digest(self.body)

    def _with(self, head: Mapping[str, Any]) -> bytes:
        if self._around is not None:  # not of the right shape; only the clinic looks at such
            return _encode({**self._around, "head": head})
        return b'{"body":%b,"head":%b}' % (self.body, _encode(head))


def unsigned(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """The envelope without `head.sign.value`."""
    return {**envelope, "head": _bare(envelope["head"])}


def _bare(head: Mapping[str, Any]) -> Mapping[str, Any]:
    sign = head.get("sign")
    if not isinstance(sign, dict):
        return head
    return {**head, "sign": {name: one for name, one in sign.items() if name != "value"}}


def signing_bytes(envelope: Mapping[str, Any]) -> bytes:
    """What a signature covers: the canonical envelope without `head.sign.value`."""
    return Written(envelope).signed()


def content_digest(envelope: Mapping[str, Any]) -> bytes:
    """See `Written.content_digest`."""
    return Written(envelope).content_digest()


def record_digest(body: Mapping[str, Any]) -> bytes:
    """SM3 of a record whichever message carried it (`body` of the envelope)."""
    return digest(canonical(body))
