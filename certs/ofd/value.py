"""The signature value of an OFD signature: a seal signature, signed data, or nothing one could check.

What the value is shows in its structure; what the list calls it (Seal, Sign) need not agree and is noted.
"""

from __future__ import annotations

import base64

from certs.algorithms.digest import digest
from certs.cms import read_signed
from certs.model.der import MalformedError
from certs.ofd.structure import FileSignature
from certs.seal.files import SEAL, SIGN, Believed, form
from certs.seal.read import read_signature
from certs.verdict import Moment, Reason, Verdict, judged, refused


def seal_inside(value: bytes) -> bytes | None:
    """The seal that a value carries."""
    try:
        return read_signature(value).seal.raw if form(value) == SEAL else None
    except MalformedError:
        return None


@judged
def judge_value(value: bytes, one: FileSignature, whom: Believed, at: Moment) -> Verdict:
    """Does this value sign the part `one.xml`, and who signed?"""
    found = form(value)
    if found == SEAL:
        return whom.seal(value, one.xml, at)
    if found != SIGN:
        return refused("no-signer", one.value_path, "a bare signature value, without any certificate")
    verdict = whom.signed(value, _content(value, one.xml), at)
    if not verdict.ok and {reason.code for reason in verdict.reasons} <= {"digest", "signature"}:
        again = whom.signed(value, digest(one.xml), at)
        if again.ok:
            again.forgiven.append(Reason("encoding", one.value_path, "signed is the digest of Signature.xml"))
            return again
    return verdict


def _content(value: bytes, xml: bytes) -> bytes:
    """GM/T 0099 lets the digest of the part stand for the part; some kits write that in base64."""
    inside = read_signed(value).content
    plain = digest(xml)
    return inside if inside in (plain, base64.b64encode(plain)) and inside is not None else xml
