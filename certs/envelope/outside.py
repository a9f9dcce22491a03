"""The signature outside an envelope, judged before anything is decrypted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from certs.cms import StampJudge, read_signed, verify_cms
from certs.cms import oids as cms_oids
from certs.envelope import oids
from certs.envelope.binding import attribute, bound, stated
from certs.envelope.enveloped import Enveloped, content_kind, read_bare, read_enveloped
from certs.model.der import SEQUENCE, MalformedError
from certs.model.write import element
from certs.trust import SIGNING, Trust
from certs.verdict import Judgement, Moment, Reason, Verdict


@dataclass(frozen=True, slots=True)
class Outside:
    """An envelope whose signature holds: who signed, what was signed, and what ties the two to the key."""

    envelope: Enveloped
    verdict: Verdict
    signed: bytes = field(repr=False)
    binding: bytes | None
    detached: bytes | None

    def fits(self, key: bytes) -> bool:
        """Is this the key that the signer knew? Whether that must be stated is `Asked.bound`."""
        covered = self.signed + (self.detached or b"")
        return bound(self.binding, key, self.verdict.signer or b"", covered)


@dataclass(frozen=True, slots=True)
class Asked:
    """By whom and when the signature is judged, and whether it has to be bound to key and ciphertext."""

    trust: Trust
    moment: Moment
    stamps: StampJudge | None = None
    bound: bool = False


def asked(trust: Trust, at: datetime | Moment, stamps: StampJudge | None, bound: bool) -> Asked:
    return Asked(trust, at if isinstance(at, Moment) else Moment(at), stamps, bound)


def judge_outside(said: Judgement, data: bytes, by: Asked) -> Outside | None:
    """The envelope inside, if its signature holds; otherwise None, and the judgement says why.

    Raises MalformedError.
    """
    kind = content_kind(data)
    if kind in oids.IS_ENVELOPE:
        said.failed("envelope-signature", Reason("unsigned"))
        return None
    if kind not in cms_oids.ARC_OF:
        raise MalformedError("not an envelope")
    verdict = verify_cms(data, trust=by.trust, at=by.moment, purpose=SIGNING, stamps=by.stamps)
    said.facts |= verdict.facts
    if not said.nested("envelope-signature", verdict):
        return None
    signed = read_signed(data)
    if signed.content is None:
        raise MalformedError("the envelope is not inside its signature")
    envelope = inside(signed.content_type, signed.content)
    said.forgiven += [Reason("encoding", "envelope", note) for note in envelope.notes]
    found = Outside(envelope, verdict, signed.content, stated(signed), attribute(signed, oids.DETACHED))
    _bound(said, found, by.bound)
    _facts(said, envelope)
    return None if said.reasons else found


def inside(kind: str, content: bytes) -> Enveloped:
    """A ContentInfo signed as data, or what its own type says; PKCS #7 puts the element itself there, of
    which the reader of signed data gives the inside."""
    if kind in oids.IS_DATA:
        found = read_enveloped(content)
    elif kind in oids.IS_ENVELOPE:
        bare = content if content[:1] == bytes((SEQUENCE,)) else element(SEQUENCE, content)
        found = read_bare(kind, bare)
    else:
        raise MalformedError("what is signed is not an envelope")
    if found.signed is not None:
        raise MalformedError("an envelope signed twice in two ways")
    return found


def _bound(said: Judgement, found: Outside, wanted: bool) -> None:
    if found.binding is None:
        said.skipped("binding", evidence="not stated")
        if wanted:
            said.failed("binding", Reason("unbound"))
        else:
            said.forgiven.append(Reason("unbound"))


def _facts(said: Judgement, envelope: Enveloped) -> None:
    said.facts["enclosed-type"] = envelope.content_type
    said.facts["model"] = "all-of" if envelope.shares else "any-of"
    holders = [one.holder for one in envelope.shares] or [str(one) for one in envelope.recipients]
    said.facts["recipients"] = "; ".join(holders)
