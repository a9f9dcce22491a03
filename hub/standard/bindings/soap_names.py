"""Names of the SOAP binding. Elements are named after the standard's own identifiers.

`put.eng-tender-notice` carries a record of that stage, `project.query` asks that service; the prefix
keeps stage `contract-sign` and service `contract.sign` apart in languages whose names have no dots.
"""

from __future__ import annotations

from dataclasses import dataclass

NS = "urn:hutong:uis:v1:typed"
XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"
CLAUSE = "EX-SOAP-02"
MOST = 200  # findings told of one message: who sent forty thousand faults need not read them all
PUT = "put."
MEMBER = "member"  # a member the schema has no element for: its name stands in an attribute
ITEM = "item"
KIND = "kind"  # the JSON kind of a value, where it is not the one its field has


@dataclass(frozen=True, slots=True)
class Version:
    """One SOAP version as it looks on the wire."""

    name: str
    namespace: str
    media: str


SOAP11 = Version("1.1", "http://schemas.xmlsoap.org/soap/envelope/", "text/xml")
SOAP12 = Version("1.2", "http://www.w3.org/2003/05/soap-envelope", "application/soap+xml")
VERSIONS = {version.namespace: version for version in (SOAP11, SOAP12)}


def q(name: str, namespace: str = NS) -> str:
    """A name in Clark notation."""
    return f"{{{namespace}}}{name}"
