"""Writing TSTInfo: the statement that a time-stamp authority signs."""

from __future__ import annotations

from datetime import UTC, datetime

from certs.model import write as w
from certs.timestamp.model import Accuracy, Digest
from certs.timestamp.request import imprint


def info(
    found: Digest,
    policy: str,
    serial: int,
    at: datetime,
    accuracy: Accuracy | None = None,
    ordering: bool = False,
    nonce: int | None = None,
    tsa: bytes | None = None,
) -> bytes:
    """DER; `tsa` is the authority's name as a whole Name element."""
    return w.sequence(
        w.integer(1),
        w.oid(policy),
        imprint(found),
        w.integer(serial),
        _time(at),
        _accuracy(accuracy) if accuracy is not None else b"",
        w.boolean(True) if ordering else b"",
        w.integer(nonce) if nonce is not None else b"",
        w.explicit(0, w.explicit(4, tsa)) if tsa is not None else b"",
    )


def _accuracy(accuracy: Accuracy) -> bytes:
    return w.sequence(
        w.integer(accuracy.seconds) if accuracy.seconds else b"",
        w.integer(accuracy.millis, 0x80) if accuracy.millis else b"",
        w.integer(accuracy.micros, 0x81) if accuracy.micros else b"",
    )


def _time(at: datetime) -> bytes:
    """With a fraction only where there is one, and without trailing zeros (X.690, 11.7)."""
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    fraction = f".{at.microsecond:06}".rstrip("0") if at.microsecond else ""
    return w.element(0x18, f"{at.year:04}{at:%m%d%H%M%S}{fraction}Z".encode())
