"""What a seal signature was made for: one request, which it names by a challenge.

A service that is told a digest and nothing else may be asked for the same digest twice, and agreed to once.
Whoever asked therefore gives a challenge along; it stands in the sealed data as an extension that is not
critical, so that other readers pass it over.
"""

from __future__ import annotations

from certs.model import write as w
from certs.model.der import OCTETS, MalformedError, Reader
from certs.seal.read import read_signature
from certs.verdict import FAILED, PASSED, Check, Reason

# Ours, under the number of certs.envelope.oids: the challenge, an OCTET STRING.
REQUEST_OID = "2.25.281047347576472607563476342635943392617.4"


def request_extension(challenge: bytes) -> tuple[str, bool, bytes]:
    """As `sign_with_seal` wants it."""
    return REQUEST_OID, False, w.octets(challenge)


def sealed_for(signature: bytes, challenge: bytes) -> Check:
    """Was it sealed for this request? Nothing said is a no."""
    if _challenge(signature) == challenge:
        return Check("seal-request", PASSED, evidence=challenge.hex()[:128])
    reason = Reason("seal-request", "", challenge.hex()[:128])
    return Check("seal-request", FAILED, reasons=(reason,))


def _challenge(signature: bytes) -> bytes | None:
    try:
        found = read_signature(bytes(signature)).extensions
        rows = [content for oid, _, content in found if oid == REQUEST_OID]
        if len(rows) != 1:
            return None
        reader = Reader(rows[0])
        return reader.content(reader.whole(OCTETS), OCTETS)
    except MalformedError:
        return None
