"""Names, limits and systems of the papers that both faces need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.answers import AnswerTable
from adapters.mapping import FieldMap

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
KEY_SHAPE = "hex32"
LIMIT = 5 * 1024 * 1024
PATH = "/xmlservice"
WINDOW = 900
PAGES = (("pageno", "1"), ("pagesize", "1000"))
MODULES = {
    "contract-sign": "htba",
    "gp-contract": "cght",
    "contract-performance": "htly",
    "eng-result-notice": "zbjg",
    "asset-result": "zcjg",
    "credit-violation": "xyxx",
}
SERVICES = {
    "credit.query": "xycx",
    "ca.verify": "yzqm",
    "ca.sign": "qm",
    "tsa.stamp": "sjc",
    "contract.draft": "htnz",
    "supervise.data": "jgsj",
}
# func as it comes in -> stage or service
FUNCTIONS: Mapping[str, str] = {
    **{f"{module}.save": stage for stage, module in MODULES.items()},
    **{func: service for service, func in SERVICES.items()},
}
WITH_FILES = frozenset({"contract-sign", "gp-contract"})


@dataclass(frozen=True, slots=True)
class Site:
    """How one system has it: what it writes in, and by what it and we are known."""

    charset: str
    auth: str
    attachments: bool = False


_SITES = {
    "D03": Site("GBK", "password", attachments=True),
    "D24": Site("GB18030", "md5"),
    "C03": Site("GBK", "rsa"),
    "R02": Site("UTF-8", "password"),
}
_OTHER = Site("UTF-8", "password")


def site(system: str) -> Site:
    """Another system than the papers' speaks plain UTF-8 under a password."""
    return _SITES.get(system, _OTHER)
