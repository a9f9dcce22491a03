"""Names and limits of the papers that both faces need."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.answers import AnswerTable
from adapters.mapping import FieldMap

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
}


def rid_of(service: str, credentials: Mapping[str, str]) -> str:
    """Subscription id of a service; that of the sandbox where none is configured."""
    return credentials.get(f"rid_{service}") or _SANDBOX.get(service, "")
