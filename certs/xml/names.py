"""What the identifiers of XML signatures mean.

No W3C document names SM2 or SM3, and programs write them in several ways. The table (`certs/data/
xml_algorithms.csv`) lists those known; the first of a name is the one we write. Whoever meets another adds it
to the table he passes to `verify_xml`, without a change of code.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from certs.model.certificate import Algorithm

DS = "http://www.w3.org/2000/09/xmldsig#"
DS11 = "http://www.w3.org/2009/xmldsig11#"
EXCLUSIVE_NS = "http://www.w3.org/2001/10/xml-exc-c14n#"
XML = "http://www.w3.org/XML/1998/namespace"
ENVELOPED = f"{DS}enveloped-signature"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
INCLUSIVE_11 = "http://www.w3.org/2006/12/xml-c14n11"
EXCLUSIVE = EXCLUSIVE_NS
# Without comments all three: what is signed shall not depend on text that nobody reads.
CANONICAL = frozenset((INCLUSIVE, INCLUSIVE_11, EXCLUSIVE))
_NULL = b"\x05\x00"
SCHEMES: dict[str, Algorithm] = {
    "rsa-sha1": Algorithm("1.2.840.113549.1.1.5", _NULL),
    "rsa-sha256": Algorithm("1.2.840.113549.1.1.11", _NULL),
    "rsa-sha384": Algorithm("1.2.840.113549.1.1.12", _NULL),
    "rsa-sha512": Algorithm("1.2.840.113549.1.1.13", _NULL),
    "ecdsa-sha256": Algorithm("1.2.840.10045.4.3.2", None),
    "ecdsa-sha384": Algorithm("1.2.840.10045.4.3.3", None),
    "ecdsa-sha512": Algorithm("1.2.840.10045.4.3.4", None),
    "sm2-sm3": Algorithm("1.2.156.10197.1.501", None),
}


@cache
def _table(kind: str) -> Mapping[str, str]:
    text = (files("certs.data") / "xml_algorithms.csv").read_text(encoding="utf-8")
    return {uri: name for row, uri, name in list(csv.reader(text.splitlines()))[1:] if row == kind}


@dataclass(frozen=True, slots=True)
class Algorithms:
    """URI to our name, for digests and for signatures."""

    digests: Mapping[str, str] = field(default_factory=lambda: _table("digest"))
    signatures: Mapping[str, str] = field(default_factory=lambda: _table("signature"))

    def digest_uri(self, name: str) -> str:
        return next(uri for uri, one in self.digests.items() if one == name)

    def signature_uri(self, name: str) -> str:
        return next(uri for uri, one in self.signatures.items() if one == name)


ALGORITHMS = Algorithms()


def ds(name: str) -> str:
    return f"{{{DS}}}{name}"
