"""Names, limits and templates of the papers that both faces need."""

from __future__ import annotations

from adapters.answers import AnswerTable
from adapters.mapping import FieldMap

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
KEY_SHAPE = "hex32"
LIMIT = 5 * 1024 * 1024
NAMESPACE = "http://exchange.ggzy.example/soap11/v1"
PATH = "/services/TradeExchange"
TYPE = "text/xml; charset=utf-8"
OPERATIONS = {
    "eng-project": "pushProject",
    "eng-tender-project": "pushTenderProject",
    "eng-section": "pushBidSection",
    "eng-tender-notice": "pushTenderNotice",
    "eng-tender-document": "pushTenderDocument",
    "eng-bidder-list": "pushBidder",
    "eng-bid-margin": "pushBidMargin",
    "eng-bid-fingerprint": "pushBidFingerprint",
    "eng-bid-opening": "pushBidOpening",
    "eng-evaluation-report": "pushEvaluationReport",
    "eng-candidate": "pushCandidate",
    "eng-candidate-publicity": "pushCandidatePublicity",
    "eng-result-notice": "pushResultNotice",
    "eng-award-letter": "pushAwardLetter",
    "contract-sign": "pushContract",
    "project.query": "queryProject",
}
STAGES = {operation: stage for stage, operation in OPERATIONS.items()}
SERVICE = "project.query"


def envelope(header: str, body: str) -> bytes:
    """A SOAP message as the papers write it."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<soapenv:Header>{header}</soapenv:Header><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    ).encode()
