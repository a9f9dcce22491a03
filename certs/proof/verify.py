"""Is it still proven? From the newest archive stamp back to the first, and from there to what was signed.

RFC 4998, 5.3: the newest stamp is judged now, every older one at the moment of the next, on the validation
data that the next one covers; the first gives the moment at which the original signature is judged, on the
data kept with it. No certificate has to be alive today but the newest authority's; and not even that, where
somebody else shows that the record existed while it was (`existed`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from certs.algorithms.digest import UnknownAlgorithmError
from certs.model.der import MalformedError
from certs.proof import ageing as age
from certs.proof.ageing import EVERLASTING, Ageing
from certs.proof.kept import Kept, read_kept
from certs.proof.originals import chains_of, digests_of, judge_kept
from certs.proof.plan import renewed_leaf
from certs.proof.record import Record, read_record
from certs.proof.stamps import Asked, Link, info_of, judge_link, looks, signed_of
from certs.proof.tree import Group, digest, led, root
from certs.timestamp.compromise import compromised, revocations
from certs.trust import Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged

_SKEW = timedelta(minutes=1)


@judged
def verify_proof(
    record: bytes,
    kept: bytes,
    *,
    trust: Trust,
    at: Moment | datetime,
    ageing: Ageing = EVERLASTING,
    existed: Moment | None = None,
) -> Verdict:
    """Judge a kept signature by its evidence record. DER in, no I/O, never raises.

    `trust` names the anchors of then and now, and fresh revocation data for the newest authority. Facts:
    provenAt (the first stamp's time), stamps, renewedAt, keptAt, keptVerdict, and those of the original.

    `existed` is a moment at which this record is known to have existed, with its evidence from elsewhere (a
    published head of a log, a notary): the newest stamp is then judged there, as if renewed, and what
    shows it is for the caller to have checked; the verdict says that it rests on it (`restsOn`).
    """
    asked = Asked(trust, at if isinstance(at, Moment) else Moment(at), ageing, existed)
    said = Judgement(asked.now)
    found = read_kept(bytes(kept))
    said.passed("format", "kept", f"{found.kind}, version 1")
    first = _walk(read_record(bytes(record)), bytes(kept), asked, said)
    verdict = _original(found, first, asked, said)
    return said.verdict(chain=verdict.chain, signer=verdict.signer)


@judged
def verify_record(
    record: bytes,
    data: Group,
    *,
    trust: Trust,
    at: Moment | datetime,
    ageing: Ageing = EVERLASTING,
    existed: Moment | None = None,
) -> Verdict:
    """Did these bytes exist when the record says? Nothing else is asked of them. Facts as above.

    Objects that were stamped as a group are given together, all of them and no other. One of them alone is
    in the first list as well, so it is proven by the first chain (RFC 4998, 4.3), but by no later one.
    """
    asked = Asked(trust, at if isinstance(at, Moment) else Moment(at), ageing, existed)
    said = Judgement(asked.now)
    _walk(read_record(bytes(record)), data, asked, said)
    return said.verdict()


def _walk(record: Record, data: Group, asked: Asked, said: Judgement) -> Moment:
    """All stamps, newest first as belief goes; returns the moment that the first one proves."""
    said.passed("format", "evidence-record", f"{len(record.chains)} chain(s)")
    said.forgiven += [Reason("encoding", "evidence-record", note) for note in record.notes]
    chains = _links(record, data)
    links = [link for chain in chains for link in chain]
    missing = {link.algorithm for link in links} - set(record.digests)
    if missing:
        said.forgiven.append(
            Reason("encoding", "evidence-record", f"not listed: {', '.join(sorted(missing))}")
        )
    for earlier, later in pairwise(links):
        if earlier.info.at > later.info.at:
            detail = f"{later.info.at.isoformat()} stands over {earlier.info.at.isoformat()}"
            said.failed("stamp-order", Reason("stamp-order", later.name, detail))
    if asked.existed is not None:
        _elsewhere(asked.existed, links[-1], asked.now, said)
    for number, link in reversed(list(enumerate(links))):
        following = _moment(links[number + 1]) if number + 1 < len(links) else asked.existed
        said.nested(
            "archive-stamp", judge_link(link, asked, following, _replaced(chains, link, asked)), link.name
        )
    said.facts |= {
        "provenAt": links[0].info.at.isoformat(),
        "stamps": str(len(links)),
        "renewedAt": links[-1].info.at.isoformat(),
    }
    return _moment(links[0])


def _elsewhere(existed: Moment, newest: Link, now: Moment, said: Judgement) -> None:
    """The moment vouched for from elsewhere: after the newest stamp, before now, and not without evidence."""
    detail = f"{existed.at.isoformat()}: {existed.evidence}"
    if not existed.evidence:
        said.failed("existed", Reason("argument", newest.name, "existed= without evidence"))
    elif not newest.info.at - _SKEW <= existed.at <= now.at:
        said.failed("existed", Reason("stamp-order", newest.name, detail))
    else:
        said.passed("existed", newest.name, detail, existed)
    said.facts["restsOn"] = detail


def _links(record: Record, data: Group) -> list[list[Link]]:
    """Each stamp with the root that its hash tree gives for what it has to cover."""
    out: list[list[Link]] = []
    for number, chain in enumerate(record.chains):
        links: list[Link] = []
        names = {stamp.algorithm or info_of(stamp.token).imprint.algorithm for stamp in chain}
        if len(names) != 1:
            raise MalformedError("stamps of one chain over different digests")
        name = names.pop()
        for place, stamp in enumerate(chain):
            try:
                if place:
                    value = root(digest(chain[place - 1].token, name), stamp.reduced, name)
                elif number:
                    before = record.chains[:number]
                    value = root(renewed_leaf(before, data, name), stamp.reduced, name)
                else:
                    value = led(data, stamp.reduced, name)
            except UnknownAlgorithmError as error:
                raise MalformedError(f"a record over the digest {name}") from error
            label, signed = f"{number + 1}.{place + 1}", signed_of(stamp.token)
            links.append(Link(label, stamp.token, name, value, info_of(stamp.token), signed))
        out.append(links)
    return out


def _moment(link: Link) -> Moment:
    return Moment(
        link.info.at, "archive", known_at=link.info.at, evidence=f"stamp {link.name} #{link.info.serial:x}"
    )


def _replaced(chains: list[list[Link]], link: Link, asked: Asked) -> Moment:
    """When the digest of a chain was last needed: until the first stamp of the next chain, or now, or
    until somebody else vouches for the record."""
    for chain, after in pairwise(chains):
        if any(one is link for one in chain):
            return _moment(after[0])
    return asked.existed or asked.now


def _original(found: Kept, first: Moment, asked: Asked, said: Judgement) -> Verdict:
    """What was signed, judged at the first stamp's time on the data kept."""
    if found.at > first.at + _SKEW:
        detail = f"kept at {found.at.isoformat()}, stamped at {first.at.isoformat()}"
        said.failed("stamp-order", Reason("stamp-order", "kept", detail))
    verdict = judge_kept(found, trust=asked.trust, at=first)
    said.nested("original", verdict, found.kind)
    said.facts |= {f"original.{name}": value for name, value in verdict.facts.items()}
    said.facts |= {"keptAt": found.at.isoformat(), "keptVerdict": found.zh}
    chains = chains_of(found, verdict, asked.trust, first)
    names = (*digests_of(found), *(name for chain in chains for name in age.of_chain(chain)))
    weak = asked.ageing.weak(names, first.at)
    if weak is None:
        said.passed("algorithms", "original", ", ".join(dict.fromkeys(names)), first)
    else:
        detail = f"{weak} was no longer to be believed"
        said.failed("algorithms", Reason("proof-gap", "original", detail), at="original")
    existed = verdict.moment.at if verdict.moment is not None and verdict.ok else first.at
    for chain in chains:
        for known in looks(asked.trust, chain, first.at, asked.now):
            for one in _taken_back(found, asked.trust, chain, existed, known, said):
                said.failed("revocation", one, at="original", evidence=f"known {known.isoformat()}")
    return verdict


def _taken_back(
    found: Kept, trust: Trust, chain: Sequence[bytes], existed: datetime, known: datetime, said: Judgement
) -> Iterable[Reason]:
    """Revocations up to the moment that counts; a stamp outlives those of an authority that merely ceased."""
    if found.kind == "timestamp":
        return compromised(trust, chain, known, said, until=existed)
    return revocations(trust, chain, existed, known)
