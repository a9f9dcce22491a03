"""Names and limits of the papers that both faces need."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.answers import AnswerTable
from adapters.mapping import FieldMap
from hub.errors import SenderError
from hub.message import Finding, shown

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
KEY_SHAPE = "hex32"
LIMIT = 1024 * 1024
JSON = "application/json;charset=UTF-8"
FETCH_PATH = "/gateway/secret"
SERVICE_PATH = "/gateway/api/"
SERVICES = {"eng-result-notice": "zbjg", "contract-sign": "htqd", "credit.query": "xycx"}
QUERY = "jlcx"
STAGES = {"zbjg": "eng-result-notice", "htqd": "contract-sign"}
CREDIT = "credit.query"
_SANDBOX = {
    "zbjg": "RID-ZBJG-000001",
    "htqd": "RID-HTQD-000002",
    "xycx": "RID-XYCX-000003",
    "jlcx": "RID-JLCX-000004",
    "ryhy": "RID-RYHY-000005",
    "srhy": "RID-SRHY-000006",
    "sfhq": "RID-SFHQ-000007",
    "qyhy": "RID-QYHY-000008",
    "zzcx": "RID-ZZCX-000009",
}
PACKAGE = "soap-cdata-package"  # the variant in which the record is an XML document inside SOAP
PACKAGED = {
    "person.verify": "ryhy",
    "real-person.verify": "srhy",
    "auth.identity": "sfhq",
    "entity.verify": "qyhy",
    "qualification.query": "zzcx",
}
# the unified field that numbers a request over there; whatever only reads has a new number each time
NUMBERED = {"person.verify": "requestNo", "real-person.verify": "requestNo", "auth.identity": "code"}


def service_of(carried: str, services: Mapping[str, str]) -> str:
    """The service of a record or question; raises `mapping.no-place` where the variant has none."""
    if carried not in services:
        finding = Finding("mapping.no-place", "/head/stage", ", ".join(services), shown(carried))
        raise SenderError(f"{carried}: no place in this variant", code=finding.code, findings=(finding,))
    return services[carried]


def rid_of(service: str, credentials: Mapping[str, str]) -> str:
    """Subscription id of a service; that of the sandbox where none is configured."""
    return credentials.get(f"rid_{service}") or _SANDBOX.get(service, "")
