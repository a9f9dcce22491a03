"""Names, limits and sites of the papers that both faces need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.answers import AnswerTable
from adapters.mapping import FieldMap, table

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
WORDS = {row["code"]: row["words"] for row in table(__package__, "words.csv")}
KEY_SHAPE = "HEX32"
LIMIT = 2 * 1024 * 1024
NAMESPACE = "http://service.ggzy.example/"
PATH = "/services/DataService"
TYPE = "text/xml; charset=utf-8"
MODULES = {
    "eng-project": "XMDJ",
    "eng-tender-project": "ZBXM",
    "eng-section": "BDHF",
    "eng-tender-notice": "ZBGG",
    "eng-bidder-list": "TBMD",
    "eng-bid-opening": "KBJL",
    "eng-evaluation-report": "PBBG",
    "eng-result-notice": "ZBJG",
    "witness-record": "JYJZ",
    "archive-record": "DAGD",
    "credit-violation": "XYXX",
}
SERVICES = {
    "entry.accept": "reportJCSL",
    "venue.query": "queryCD",
    "seat.query": "queryXW",
    "report.up": "reportSJ",
    "qualification.query": "queryZZ",
    "performance.query": "queryYJ",
    "credit.query": "queryXY",
    "supervise.data": "reportJGSJ",
}
# func as it comes in -> stage or service
FUNCTIONS: Mapping[str, str] = {
    **{f"save{module}": stage for stage, module in MODULES.items()},
    **{func: service for service, func in SERVICES.items()},
}


@dataclass(frozen=True, slots=True)
class Site:
    """What one site has agreed: its method, charset, and the ciphers of both directions."""

    method: str
    charset: str
    params: str
    data: str

    @property
    def encoded(self) -> bool:
        """DataByXML is rpc/encoded, with XML inside; execute is literal, with JSON."""
        return self.method == "DataByXML"


_SITES = {
    "M11": Site("execute", "GBK", "des", "base64"),
    "D06": Site("execute", "UTF-8", "des", "des"),
    "D10": Site("DataByXML", "UTF-8", "3des", "3des"),
}


def site(system: str) -> Site:
    """Another system than the papers' is taken for one like D06."""
    return _SITES.get(system, _SITES["D06"])
