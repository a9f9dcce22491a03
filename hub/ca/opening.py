"""An envelope opened with one key, and with the parts that its other holders have brought; for threads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from certs.envelope import Opened, Share, combine, open_envelope, open_share
from certs.keys.port import DecryptionKey
from certs.model.der import MalformedError
from certs.trust import Trust
from certs.verdict import Moment
from hub.ca.of_bids import of_a_bid


@dataclass(frozen=True, slots=True)
class By:
    """How an envelope is judged; `bound` as in `certs.envelope.open_envelope`."""

    trust: Trust
    at: datetime
    bound: bool


def open_with(key: DecryptionKey, raw: bytes, sealed: tuple[bytes, ...], by: By, *, bids: bytes) -> Opened:
    """`sealed` are parts in envelopes to `key`. What is sealed to the certificate `bids` as well is answered
    as what is not for this key at all."""
    if of_a_bid(bids, raw, by.trust, Moment(by.at, "clock")):
        return open_envelope(raw, [], trust=by.trust, at=by.at, bound=by.bound)
    if not sealed:
        return open_envelope(raw, [key], trust=by.trust, at=by.at, bound=by.bound)
    found: list[Share] = []
    own = open_share(raw, key, trust=by.trust, at=by.at, bound=by.bound).share
    if own is not None:
        found.append(own)
    for one in sealed:
        inside = open_envelope(one, [key], trust=by.trust, at=by.at, bound=by.bound).content
        try:
            found += [] if inside is None else [Share.read(inside)]
        except MalformedError:
            continue  # whose part is missing is said by who puts them together
    return combine(raw, found, trust=by.trust, at=by.at, bound=by.bound)
