"""Names and limits of the papers that both faces need."""

from __future__ import annotations

from adapters.answers import AnswerTable
from adapters.mapping import FieldMap

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
KEY_SHAPE = "uuid"
LIMIT = 2 * 1024 * 1024
NAMESPACE = "http://tempuri.org/"
PATH = "/WebService/TradeDataService.asmx"
TYPE = "text/xml; charset=utf-8"
METHODS = {
    "eng-project": "SaveXMDJ",
    "eng-tender-project": "SaveZBXM",
    "eng-section": "SaveBDHF",
    "eng-tender-notice": "SaveZBGG",
    "eng-tender-document": "SaveZBWJ",
    "eng-bidder-list": "SaveTBDW",
    "eng-bid-margin": "SaveBZJ",
    "eng-bid-fingerprint": "SaveTZM",
    "eng-bid-opening": "SaveKBJL",
    "eng-evaluation-report": "SavePBBG",
    "eng-candidate": "SaveHXR",
    "eng-candidate-publicity": "SaveHXRGS",
    "eng-result-notice": "SaveZBJG",
    "eng-award-letter": "SaveZBTZS",
    "contract-sign": "SaveHTQD",
    "project.query": "GetXMInfo",
    "credit.query": "GetCreditInfo",
}
STAGES = {method: stage for stage, method in METHODS.items()}
# services answer in an element of their own; where the list stands in it
PARTS = {"project.query": "XMInfo", "credit.query": "CreditInfo"}
