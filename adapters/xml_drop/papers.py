"""Names and limits of the papers that both faces need, and who sends what."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.answers import AnswerTable
from adapters.mapping import FieldMap
from certs.algorithms.digest import digest as _digest

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
KEY_SHAPE = "HEX32"
LIMIT = 16 * 1024 * 1024
UNPACKED = 64 * 1024 * 1024
ANSWER_LIMIT = 1048576
MOST_RECORDS = 500
HUB = "HUB"
CATEGORIES = {
    "eng-project": "XMDJ",
    "eng-section": "BDHF",
    "eng-tender-notice": "ZBGG",
    "eng-bidder-list": "TBRMD",
    "eng-bid-opening": "KBJL",
    "eng-evaluation-report": "PBBG",
    "eng-result-notice": "ZBJG",
    "contract-sign": "HTQD",
    "archive-record": "DAYJ",
    "mine-exploration-notice": "TKGG",
    "mine-mining-notice": "CKGG",
    "mine-result": "KYJG",
    "entry.accept": "SLJG",
    "archive.receipt": "DAHZ",
    "archive.verify": "DAYZ",
    "clue.transfer": "XSYS",
    "person.verify": "RYHY",
    "report.receipt": "SBHZ",
    "report.reconcile": "SBDZ",
}
CARRIED = {category: name for name, category in CATEGORIES.items()}
QUESTIONS = ("archive.verify", "clue.transfer", "person.verify", "report.reconcile")
NOTIFICATIONS = ("entry.accept", "archive.receipt", "report.receipt")
_COUNTY = (
    "eng-section",
    "eng-tender-notice",
    "eng-bidder-list",
    "eng-bid-opening",
    "eng-evaluation-report",
    "eng-result-notice",
    "entry.accept",
)


@dataclass(frozen=True, slots=True)
class Site:
    """One system: what it reports, which digest it takes, how its receipts name our record."""

    reports: tuple[str, ...]
    algorithm: str = "SM3"
    batch_serial: bool = False

    def digest(self, octets: bytes) -> str:
        return digest_of(octets, self.algorithm)


SITES: Mapping[str, Site] = {
    "P10": Site(("archive-record", "archive.receipt")),
    "X02": Site(_COUNTY, "MD5"),
    "X08": Site(_COUNTY, "MD5"),
    "X25": Site(_COUNTY, "MD5"),
    "X31": Site(_COUNTY, "MD5"),
    "D05": Site(("mine-exploration-notice", "mine-mining-notice", "mine-result"), batch_serial=True),
    "D18": Site(()),
    "N01": Site(("report.receipt",)),
}


def direction(carried: str, way: str) -> str:
    """`request` for messages that are no records, else the way a record goes."""
    return "request" if "." in carried else way


def digest_of(octets: bytes, algorithm: str) -> str:
    """Lower hex; the old systems know nothing but MD5, which proves nothing and finds cut files."""
    if algorithm == "MD5":
        return hashlib.md5(octets, usedforsecurity=False).hexdigest()
    return _digest(octets).hex()
