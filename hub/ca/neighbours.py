"""Lists of other provinces as they come: judged before anything is laid down, and the old one stays else.

Octets lead to nothing but a file `peers/<region>.json`; what reads the folder takes it up like every change
there (`hub.reload`, under two seconds, written down). A list counts if a certificate signed it that our own
list names for that region; whoever brings it is of no account.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from certs.model.der import MalformedError
from certs.trustlist import Peer, TrustList, examine, join
from certs.trustlist import Sequence as Newest
from certs.trustlist.delta import BaseError, applied, is_delta, region_of
from certs.trustlist.finding import Finding as Fault
from certs.trustlist.state import StateError, load
from hub.ca.belief import PEERS, SEEN
from hub.durable import place_file
from hub.message import Finding

log = logging.getLogger(__name__)
SIGNATURE, ROLLBACK, GAP, EXPIRED, ENCODING = (
    "sync.signature", "sync.rollback", "sync.gap", "sync.expired", "ca.encoding",
)  # fmt: skip
_CODES = {
    "list-signature": SIGNATURE, "list-signer": SIGNATURE, "list-rollback": ROLLBACK, "list-expired": EXPIRED,
}  # fmt: skip
# What leads: a list nobody signed is nobody's, however old it is.
_FIRST = (SIGNATURE, ROLLBACK, EXPIRED)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why it is not taken: a code of `ca.sync`, and everything that was found."""

    region: str
    code: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A list that may be laid down; not `fresh` where the same is there already."""

    region: str
    data: bytes = field(repr=False)
    sequence: int
    next_update: datetime
    fresh: bool


def judge(ours: TrustList, folder: Path, octets: bytes, at: datetime) -> Taken | Refused | None:
    """For a thread. None for a list that is not a neighbour's: our own comes by the officer's hand alone."""
    try:
        region, delta = region_of(octets), is_delta(octets)
        if not region:
            raise MalformedError("no list of any region")
    except MalformedError as error:
        expected = "签名的信任列表或其增量(JSON)"
        return _refused("", ENCODING, "/", expected, str(error)[:200], "核对文件后重发")
    if region == ours.region:
        return None
    peer = next((one for one in ours.peers if one.region == region), None)
    if peer is None:
        known = " ".join(one.region for one in ours.peers) or "—"
        advice = "该省不在中心签发的名单之名单(peers)中"
        return _refused("", SIGNATURE, "/list/region", known, region[:20], advice)
    here = held(folder, region)
    if delta:
        try:
            octets = applied(here or b"", octets)
        except (BaseError, MalformedError) as error:
            advice = "请发全量列表(previousDigest 为空)"
            return _refused(region, GAP, "/delta/base", "现行列表的摘要", str(error)[:200], advice)
    return _examined(ours, peer, folder, octets, here, at)


def _examined(
    ours: TrustList, peer: Peer, folder: Path, octets: bytes, here: bytes | None, at: datetime
) -> Taken | Refused:
    """As it will be read when it lies there: form, signature, time, sequence, and how many there are."""
    newest = _newest(folder, peer, here, at)
    known = {peer.region: newest} if newest is not None else {}
    joined = join(ours, {peer.region: octets}, at=at, newest_known=known)
    found = joined.examined[peer.region]
    faults = (*found.findings, *joined.findings)
    listed = found.trust_list
    if faults or listed is None:
        codes = [_CODES.get(one.code, ENCODING) for one in faults]
        code = next((one for one in _FIRST if one in codes), ENCODING)
        return Refused(peer.region, code, tuple(_told(one) for one in faults))
    fresh = newest is None or here is None or listed.digest != newest.digest
    return Taken(peer.region, octets, listed.sequence, listed.next_update, fresh)


def _newest(folder: Path, peer: Peer, here: bytes | None, at: datetime) -> Newest | None:
    """What was seen, or lies there and has not been taken up yet."""
    try:
        seen = load(folder / SEEN).get(peer.region)
    except StateError:
        seen = None  # whoever reads the folder says so; the file that lies there still counts
    listed = examine(here, signers=peer.signers, at=at).trust_list if here is not None else None
    lies = Newest.of(listed) if listed is not None else None
    both = [one for one in (seen, lies) if one is not None]
    return max(both, key=lambda one: one.number, default=None)


def held(folder: Path, region: str) -> bytes | None:
    """The neighbour's list as it lies there."""
    try:
        return _place(folder, region).read_bytes()
    except OSError:
        return None


def lay_down(folder: Path, taken: Taken) -> None:
    """Whole or not at all; for a thread. Raises OSError."""
    path = _place(folder, taken.region)
    path.parent.mkdir(parents=True, exist_ok=True)
    place_file(path, taken.data)


def due(ours: TrustList, asked: Mapping[str, datetime], now: datetime, every: timedelta) -> list[Peer]:
    """Neighbours whose list says where it can be fetched, and who were not asked for a while."""
    with_address = (one for one in ours.peers if one.location)
    return [one for one in with_address if one.region not in asked or now - asked[one.region] >= every]


def report(found: Refused, source: str) -> None:
    """To the operator: a list that is not taken means that a neighbour's changes do not reach us."""
    codes = sorted({one.code for one in found.findings})
    log.warning(
        "list of %s from %s refused: %s (%s)", found.region or "?", source, found.code, ", ".join(codes)
    )


def _place(folder: Path, region: str) -> Path:
    return folder / PEERS / f"{region}.json"


def _told(fault: Fault) -> Finding:
    return Finding(fault.code, fault.at, fault.expected, fault.observed, fault.advice)


def _refused(region: str, code: str, at: str, expected: str, observed: str, advice: str) -> Refused:
    return Refused(region, code, (Finding(code, at, expected, observed, advice),))
