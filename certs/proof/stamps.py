"""One archive time stamp, judged at the moment when the next one began to vouch for it, or now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from certs.cms import read_signed
from certs.cms.signed import SignedData
from certs.model.certificate import read_certificate
from certs.model.crl import read_crl
from certs.model.der import MalformedError
from certs.proof import ageing
from certs.proof.ageing import Ageing
from certs.timestamp.check import verify_timestamp
from certs.timestamp.compromise import compromised
from certs.timestamp.model import TST_INFO, Digest, Info, read_info
from certs.trust import STAMPING, Revocation, Trust
from certs.verdict import Judgement, Moment, Reason, Verdict

_MOST_LOOKS = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """What all stamps of a record share."""

    trust: Trust
    now: Moment
    ageing: Ageing
    existed: Moment | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A stamp, its place, and the digest it has to be about: None if the hash tree does not lead there."""

    name: str
    token: bytes = field(repr=False)
    algorithm: str
    root: bytes | None
    info: Info
    signed: SignedData = field(repr=False)


def signed_of(token: bytes) -> SignedData:
    signed = read_signed(token)
    if signed.content_type != TST_INFO or signed.content is None:
        raise MalformedError("an archive time stamp holds a time stamp")
    return signed


def info_of(token: bytes) -> Info:
    return read_info(signed_of(token).content or b"")


def judge_link(link: Link, asked: Asked, following: Moment | None, digest_until: Moment) -> Verdict:
    """`following` is the moment of the next stamp, None for the newest; `digest_until` when the digest of
    this stamp's tree was last relied on."""
    moment = following or asked.now
    said = Judgement(moment)
    said.facts["genTime"] = link.info.at.isoformat()
    if link.root is None:
        said.failed("hash-tree", Reason("stamp-imprint", link.name, "not in the first list of the hash tree"))
        return said.verdict()
    said.passed("hash-tree", link.name, f"{link.algorithm}:{link.root.hex()}")
    about = Digest(link.algorithm, link.root)
    verdict = verify_timestamp(link.token, about, trust=asked.trust, at=moment)
    said.nested("timestamp", verdict, link.name)
    trust = asked.trust.with_data(link.signed.crls, link.signed.ocsp)
    if verdict.chain:
        _lasts(link, verdict, trust, moment, said)
    _algorithms(link, verdict, asked.ageing, moment, digest_until, said)
    if following is not None:
        for known in looks(asked.trust, verdict.chain, following.at, asked.now):
            for reason in compromised(trust, verdict.chain, known, said, until=following.at):
                said.failed("revocation", reason, at=link.name, evidence=f"known {known.isoformat()}")
    said.facts["tsa"] = verdict.facts.get("tsa", "")
    return said.verdict(chain=verdict.chain, signer=verdict.signer)


def _lasts(link: Link, verdict: Verdict, trust: Trust, moment: Moment, said: Judgement) -> None:
    """The authority's chain still stood when the next stamp was made (RFC 4998, 5.3), or that came late."""
    still = replace(trust, revocation=Revocation.IGNORED).judge(
        verdict.chain[-1], moment=moment, purpose=STAMPING, extra=(*verdict.chain, *link.signed.certificates)
    )
    ended = [reason for reason in still.reasons if reason.code == "expired"]
    others = [reason for reason in still.reasons if reason.code != "expired"]
    detail = f"its certificates had ended by {moment.at.isoformat()}"
    reasons = [Reason("proof-gap", link.name, detail)] if ended else []
    if reasons or others:
        said.failed("renewal", *reasons, *others, at=link.name)
    else:
        said.passed("renewal", link.name, moment=moment)


def _algorithms(
    link: Link, verdict: Verdict, table: Ageing, moment: Moment, digest_until: Moment, said: Judgement
) -> None:
    signature = (*ageing.of_signed(link.signed), *ageing.of_chain(verdict.chain))
    for names, until in ((signature, moment), ((link.algorithm,), digest_until)):
        weak = table.weak(names, until.at)
        if weak is not None:
            detail = f"{weak} was still relied on at {until.at.isoformat()}"
            said.failed("algorithms", Reason("proof-gap", link.name, detail))
        else:
            said.passed("algorithms", link.name, ", ".join(names), until)


def looks(trust: Trust, chain: Sequence[bytes], after: datetime, now: Moment) -> Iterator[datetime]:
    """Moments at which the verifier's own revocation data speak about this chain as it was before `after`:
    news of a key lost before a renewal may have come only after it."""
    if not (trust.crls or trust.ocsp):
        return
    names = [read_certificate(raw).subject for raw in chain]
    found = {now.data_at}
    for raw in trust.crls:
        try:
            crl = read_crl(raw)
        except MalformedError:
            continue
        if crl.issuer in names or crl.extensions.issuing_point is not None:
            found.add(crl.this_update)
    yield from sorted(one for one in found if one > after)[-_MOST_LOOKS:]
