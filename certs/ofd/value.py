"""The signature value of an OFD signature: a seal signature, signed data, or nothing one could check.

What the value is shows in its structure; what the list calls it (Seal, Sign) need not agree and is noted.
"""

from __future__ import annotations

import base64

from certs.algorithms.digest import digest
from certs.cms import read_signed, verify_cms
from certs.model.der import OID, SEQUENCE, MalformedError, Reader
from certs.ofd.structure import SEAL, SIGN, FileSignature
from certs.seal import read_signature, verify_seal
from certs.seal.moments import stamp_judge
from certs.trust import Trust
from certs.verdict import Moment, Reason, Verdict, judged, refused


def form(value: bytes) -> str:
    """SEAL, SIGN, or empty."""
    try:
        reader = Reader(value, 20_000)
        first = reader.inside(reader.whole())[:1]
    except MalformedError:
        return ""
    if not first or first[0].tag not in (SEQUENCE, OID):
        return ""
    return SIGN if first[0].tag == OID else SEAL


def seal_inside(value: bytes) -> bytes | None:
    """The seal that a value carries."""
    try:
        return read_signature(value).seal.raw if form(value) == SEAL else None
    except MalformedError:
        return None


@judged
def judge_value(value: bytes, one: FileSignature, trust: Trust, at: Moment, stamps: Trust | None) -> Verdict:
    """Does this value sign the part `one.xml`, and who signed?"""
    found = form(value)
    if found == SEAL:
        return verify_seal(value, one.xml, trust=trust, at=at, stamps=stamps)
    if found != SIGN:
        return refused("no-signer", one.value_path, "a bare signature value, without any certificate")
    judge = stamp_judge(stamps)
    content = _content(value, one.xml)
    verdict = verify_cms(value, trust=trust, at=at, content=content, stamps=judge)
    if not verdict.ok and {reason.code for reason in verdict.reasons} <= {"digest", "signature"}:
        again = verify_cms(value, trust=trust, at=at, content=digest(one.xml), stamps=judge)
        if again.ok:
            again.forgiven.append(Reason("encoding", one.value_path, "signed is the digest of Signature.xml"))
            return again
    return verdict


def _content(value: bytes, xml: bytes) -> bytes:
    """GM/T 0099 lets the digest of the part stand for the part; some kits write that in base64."""
    inside = read_signed(value).content
    plain = digest(xml)
    return inside if inside in (plain, base64.b64encode(plain)) and inside is not None else xml
