"""The names of the facade: namespaces, versions, operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

UIS = "urn:hutong:uis:v1"
# Typed loosely because the stubs of lxml know no default namespace.
DEFAULT: Any = {None: UIS}
XSI = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True, slots=True)
class Version:
    """One SOAP version as it looks on the wire."""

    name: str
    namespace: str
    media: str


SOAP11 = Version("1.1", "http://schemas.xmlsoap.org/soap/envelope/", "text/xml")
SOAP12 = Version("1.2", "http://www.w3.org/2003/05/soap-envelope", "application/soap+xml")
VERSIONS = {version.namespace: version for version in (SOAP11, SOAP12)}

PUT_RECORD = "putRecord"
REQUEST_SERVICE = "requestService"
QUERY_TRACE = "queryTrace"
OPERATIONS = (PUT_RECORD, REQUEST_SERVICE, QUERY_TRACE)


def q(name: str, namespace: str = UIS) -> str:
    """A name in Clark notation."""
    return f"{{{namespace}}}{name}"
