"""SOF_GetXMLSignatureInfo: one thing out of an XML signature, by its number. Nothing is judged here."""

from __future__ import annotations

from certs.model.der import MalformedError
from certs.xml.document import BOUNDS, Bounds, UnsupportedError, parse
from certs.xml.names import ALGORITHMS, Algorithms
from certs.xml.reading import find, read_signature
from certs.xml.signed import UnfollowedError, follow

ORIGINAL, DIGEST, SIGNATURE, CERTIFICATE, DIGEST_ALGORITHM, SIGNATURE_ALGORITHM = range(1, 7)


def xml_signature_info(
    data: bytes,
    kind: int,
    *,
    which: str = "",
    reference: int = 0,
    algorithms: Algorithms = ALGORITHMS,
    bounds: Bounds = BOUNDS,
) -> bytes:
    """1 the signed octets (canonical), 2 the digest stated, 3 the value, 4 the first certificate (DER),
    5 and 6 the URIs of the digest and the signature algorithm. Raises MalformedError, also where the
    signature lacks it; ValueError for another number."""
    if kind not in range(ORIGINAL, SIGNATURE_ALGORITHM + 1):
        raise ValueError(f"kind {kind}, known: 1 to 6")
    root = parse(data, bounds)
    found = find(root, which)
    if len(found) != 1:
        raise MalformedError(f"{len(found)} signatures")
    signature = read_signature(found[0], bounds)
    if not 0 <= reference < len(signature.references):
        raise MalformedError("no such reference")
    one = signature.references[reference]
    if kind == ORIGINAL:
        try:
            return follow(root, signature, one, algorithms)[1]
        except (UnfollowedError, UnsupportedError) as error:
            raise MalformedError(str(error)) from None
    if kind == CERTIFICATE:
        if not signature.certificates:
            raise MalformedError("no certificate in the signature")
        return signature.certificates[0]
    if kind in (DIGEST, SIGNATURE):
        return one.digest if kind == DIGEST else signature.value
    return (one.digest_uri if kind == DIGEST_ALGORITHM else signature.signature_uri).encode("utf-8")
