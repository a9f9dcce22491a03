"""Names and limits of the papers that both faces need."""

from __future__ import annotations

from typing import Final

from adapters.answers import AnswerTable
from adapters.bodies import OMITTED, Bodies
from adapters.mapping import FieldMap, table

FIELDS = FieldMap.beside(__package__)
BODIES = Bodies(FIELDS, OMITTED)
ANSWERS = AnswerTable.beside(__package__)
WORDS = {row["foreign"]: row["words"] for row in table(__package__, "answers.csv")}
KEY_SHAPE = "hex32"
LIMIT = 10 * 1024 * 1024
ANSWER_LIMIT = 1024 * 1024
JSON = "application/json;charset=UTF-8"
BASE = "/gsggzy/api/"
TOKEN_PATH = f"{BASE}getToken"
DOCUMENT: Final = "eng-tender-document"
SECRETS = ("platform", "api_key", "token")
OPERATIONS = {
    "eng-project": "receiveProject",
    "eng-tender-project": "receiveTenderProject",
    "eng-section": "receiveProjectInfo",
    "eng-tender-notice": "receiveNotice",
    DOCUMENT: "receiveDocument",
    "eng-bidder-list": "receiveBidderInfo",
    "eng-bid-margin": "receiveMarginInfo",
    "eng-bid-fingerprint": "receiveBidFingerprint",
    "eng-bid-opening": "receiveOpenRecord",
    "eng-expert-draw": "receiveExpertInfo",
    "eng-evaluation-report": "receiveEvalReport",
    "eng-candidate": "receiveCandidate",
    "eng-candidate-publicity": "receiveCandidatePublicity",
    "eng-result-notice": "receiveResultNotice",
    "eng-award-letter": "receiveWiningBidDocument",
    "contract-sign": "receiveContract",
    "eng-abnormal": "receiveAbnormal",
    "witness-record": "receiveWitness",
    "archive-record": "receiveArchive",
    "project.query": "queryProject",
    "credit.query": "queryCredit",
    "venue.query": "queryVenue",
    "seat.query": "querySeat",
    "venue.reserve": "reserveVenue",
    "entry.accept": "receiveEntryAccept",
}
CARRIED = {operation: carried for carried, operation in OPERATIONS.items()}
# what the caller itself numbers, so that telling it twice is telling it once
NUMBERS = {"venue.reserve": ("requestNo",), "entry.accept": ("applyNo", "decision")}
ENVELOPE = frozenset(row.foreign for row in FIELDS.rows if row.stage == "*")
