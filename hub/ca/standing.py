"""What CAs have told of single certificates: only ever to their disadvantage, until the CA has signed better.

`told.json` in the folder of recognition data holds the marks (a notice: revoked or frozen, from whoever
speaks for that CA) and names the revocation lists that came with messages (`told/<digest>.crl`). Written
whole, with a number that rises: what is in force never gives way to a file that was read before.

A list that was told counts as any other where the trust list names no responder for its CA. Where it does,
the list only takes away: whoever is not on it is asked about as before, or a list would keep us from asking.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from certs.algorithms.digest import digest
from certs.model.certificate import Certificate, read_certificate
from certs.model.crl import HOLD, REMOVED, Crl, Entry, read_crl
from certs.model.der import MalformedError
from certs.model.names import Name
from certs.revocation.lists import continuing
from certs.trust import Purpose
from certs.trustlist import TrustList
from certs.verdict import FAILED, Check, Moment, Reason
from hub.durable import place_file

TOLD, LISTS = "told.json", "told"
REVOKED, FROZEN = "revoked", "frozen"
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """One certificate of the CA with this key; `told` is when we heard it, `by` from which system."""

    issuer: str
    serial: int
    status: str
    since: datetime
    told: datetime
    by: str


@dataclass(frozen=True, slots=True)
class ToldList:
    """A revocation list, the key it was found to be signed with, and from which system it came."""

    issuer: str
    raw: bytes = field(repr=False)
    by: str = ""

    @property
    def name(self) -> str:
        return f"{digest(self.raw).hex()[:32]}.crl"


@dataclass(frozen=True, slots=True)
class Bound:
    """A certificate whose CA has told whose it is, as it says itself: its digest, not the subject's code."""

    issuer: str
    serial: int
    certificate: str
    by: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`number` counts what has been laid down."""

    number: int = 0
    marks: tuple[Mark, ...] = ()
    lists: tuple[ToldList, ...] = ()
    bound: tuple[Bound, ...] = ()

    def about(self, issuers: Set[str], serial: int, at: datetime) -> Mark | None:
        """The worst that was told of a number of these issuers, as of then."""
        found = [one for one in self.marks if one.serial == serial and one.issuer in issuers]
        for one in self.lists:
            crl = read_crl(one.raw)
            said = _said(crl, crl.issuer, serial, self._of(one.issuer)) if one.issuer in issuers else None
            if said is not None:
                since = _since(*said)
                found.append(Mark(one.issuer, serial, _status(said[1]), since, said[0].this_update, one.by))
        counting = [one for one in found if one.since <= at]
        return min(counting, key=lambda one: (one.status != REVOKED, one.since), default=None)

    def _of(self, issuer: str) -> tuple[Crl, ...]:
        return tuple(read_crl(one.raw) for one in self.lists if one.issuer == issuer)

    def whole(self, listed: TrustList) -> tuple[bytes, ...]:
        """The lists that also say who is good: those of CAs whom nobody can ask."""
        certificates = (raw for one in listed.members if one.ca.ocsp for raw in one.ca.certificates)
        asked = {key_of(read_certificate(raw)) for raw in certificates}
        return tuple(one.raw for one in self.lists if one.issuer not in asked)


def key_of(certificate: Certificate) -> str:
    """How a CA's key is named: as in OCSP, over the bits of its public key."""
    return f"sm3:{digest(certificate.key.bits).hex()}"


@dataclass(frozen=True, slots=True)
class Objections:
    """Implements `certs.trustlist.model.Beside`."""

    marks: Mapping[tuple[str, int], Mark]
    lists: Mapping[str, tuple[Crl, ...]]

    @classmethod
    def of(cls, standing: Standing) -> Objections:
        lists: dict[str, tuple[Crl, ...]] = {}
        for one in standing.lists:
            lists[one.issuer] = (*lists.get(one.issuer, ()), read_crl(one.raw))
        return cls({(one.issuer, one.serial): one for one in standing.marks}, lists)

    def checks(self, chain: Sequence[Certificate], moment: Moment, purpose: Purpose) -> Sequence[Check]:
        # Whoever signs may claim any time: only a time that others vouch for is before a revocation.
        when = moment.data_at if moment.source == "claimed" else moment.at
        reasons = tuple(reason for since, reason in self._against(chain) if when >= since)
        if not reasons:
            return ()
        return (
            Check("revocation", FAILED, str(chain[-1]), "其 CA 所告知 / as its CA has told", None, reasons),
        )

    def moments(self, chain: Sequence[Certificate]) -> Sequence[datetime]:
        return [since for since, _ in self._against(chain)]

    def _against(self, chain: Sequence[Certificate]) -> Iterator[tuple[datetime, Reason]]:
        """What is told of a chain (anchor first), and from when on it counts."""
        for issuer, child in pairwise(chain):
            key = key_of(issuer)
            mark = self.marks.get((key, child.serial))
            if mark is not None:
                about = f"{mark.by} {mark.told.isoformat()}: {mark.since.isoformat()}"
                yield mark.since, Reason(mark.status, str(child), about)
            for crl in self.lists.get(key, ()):
                said = _said(crl, child.issuer, child.serial, self.lists[key])
                if said is not None:
                    yield _since(*said), Reason(_status(said[1]), str(child), str(said[0]))


def _said(crl: Crl, issuer: Name, serial: int, beside: Sequence[Crl]) -> tuple[Crl, Entry] | None:
    """What a told list has against a number; a delta told after it may have lifted that (5.2.4), and one that
    continues a list of elsewhere speaks for itself."""
    entry = crl.find(issuer, serial)
    if crl.extensions.delta_base is None:
        delta = next(iter(continuing(crl, beside)), None)
        lifted = delta is not None and delta.find(issuer, serial) is not None
        entry = None if lifted else entry  # the delta is asked in its own turn
    return None if entry is None or entry.reason == REMOVED else (crl, entry)


def _status(entry: Entry) -> str:
    return FROZEN if entry.reason == HOLD else REVOKED


def _since(crl: Crl, entry: Entry) -> datetime:
    try:
        return crl.revoked_at(entry)
    except ValueError:  # an unreadable date is not to anybody's advantage
        return datetime.min.replace(tzinfo=UTC)


def read_standing(folder: Path) -> Standing:
    """What lies there; raises OSError, ValueError for what cannot be used."""
    try:
        text = (folder / TOLD).read_text("utf-8")
    except FileNotFoundError:
        return Standing()
    try:
        value = json.loads(text)
        marks = tuple(
            Mark(
                str(one["issuer"]), int(one["serial"], 16), str(one["status"]),
                datetime.fromisoformat(one["since"]), datetime.fromisoformat(one["told"]), str(one["by"]),
            )
            for one in value["marks"]
        )  # fmt: skip
        lists = tuple(
            ToldList(
                str(one["issuer"]), (folder / LISTS / Path(one["file"]).name).read_bytes(), str(one["by"])
            )
            for one in value["lists"]
        )
        bound = tuple(
            Bound(str(one["issuer"]), int(one["serial"], 16), str(one["certificate"]), str(one["by"]))
            for one in value.get("bound", ())
        )
        Objections.of(Standing(0, marks, lists))
        return Standing(int(value["number"]), marks, lists, bound)
    except (KeyError, TypeError, MalformedError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def kept_files(folder: Path) -> list[tuple[str, bytes]]:
    """What was told and seen, by name, as it belongs together: for copies made beside a running hub."""
    for _ in range(_TRIES):
        try:
            found = [_named(folder, path) for path in sorted((folder / "peers").glob("*.json"))]
            found += [_named(folder, folder / name) for name in ("seen.json",) if (folder / name).is_file()]
            if not (folder / TOLD).is_file():
                return found
            told = (folder / TOLD).read_bytes()
            names = [Path(str(one["file"])).name for one in json.loads(told)["lists"]]
            lists = [_named(folder, folder / LISTS / name) for name in names]
            return [*found, *lists, (TOLD, told)]
        except FileNotFoundError as error:  # a list gave way to the next one meanwhile
            gone = error
    raise gone


def _named(folder: Path, path: Path) -> tuple[str, bytes]:
    return path.relative_to(folder).as_posix(), path.read_bytes()


def write_standing(folder: Path, standing: Standing) -> None:
    """Lists first, then the file that names them; what it no longer names goes. For a thread; raises
    OSError."""
    place = folder / LISTS
    if standing.lists:
        place.mkdir(parents=True, exist_ok=True)
    for one in standing.lists:
        if not (place / one.name).is_file():
            place_file(place / one.name, one.raw)
    told = {
        "number": standing.number,
        "marks": [
            {"issuer": one.issuer, "serial": f"{one.serial:X}", "status": one.status,
             "since": one.since.isoformat(), "told": one.told.isoformat(), "by": one.by}
            for one in standing.marks
        ],
        "lists": [{"issuer": one.issuer, "file": one.name, "by": one.by} for one in standing.lists],
        "bound": [
            {"issuer": one.issuer, "serial": f"{one.serial:X}", "certificate": one.certificate, "by": one.by}
            for one in standing.bound
        ],
    }  # fmt: skip
    place_file(folder / TOLD, json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8"))
    kept = {one.name for one in standing.lists}
    for path in place.glob("*.crl") if place.is_dir() else ():
        if path.name not in kept:
            path.unlink(missing_ok=True)
