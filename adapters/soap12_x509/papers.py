"""Names, limits and operations of the papers that both faces need."""

from __future__ import annotations

import hashlib

from adapters.answers import AnswerTable
from adapters.mapping import FieldMap, table
from adapters.origin import circumstances
from hub.ports import Call, Outgoing

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
WORDS = {row["code"]: row["words"] for row in table(__package__, "words.csv")}
KEY_SHAPE = "uuid"
LIMIT = 10 * 1024 * 1024
NAMESPACE = "http://exchange.ggzy.example/soap12/v1"
PATH = "/ws/ResourceExchange"
TYPE = "application/soap+xml; charset=utf-8"
OPERATIONS = {
    "eng-project": "PushProject",
    "eng-bid-margin": "PushDeposit",
    "land-notice": "PushLandNotice",
    "land-deal": "PushLandDeal",
    "mine-exploration-notice": "PushExplorationNotice",
    "mine-mining-notice": "PushMiningNotice",
    "mine-result": "PushMineResult",
    "contract-sign": "PushContract",
    "bid.receipt": "SubmitBid",
    "chain.put": "PutEvidence",
    "supervise.data": "SupplyData",
    "ca.verify": "VerifyCertificate",
    "ca.status": "CertificateStatus",
    "ca.sync": "SyncTrust",
}
CARRIED = {operation: stage for stage, operation in OPERATIONS.items()}
SERVICES = frozenset(name for name in OPERATIONS if "." in name)
# local names of the places that hold a moment, by stage or service
MOMENTS = {
    name: frozenset(
        row.foreign.rpartition("/")[2]
        for row in FIELDS.rows
        if row.stage in ("*", name) and row.type == "xs:dateTime"
    )
    for name in OPERATIONS
}


def uuid_of(text: str) -> str:
    """The first 128 bits of SHA-256 in the shape of a UUID."""
    return shaped(hashlib.sha256(text.encode()).hexdigest())


def shaped(digits: str) -> str:
    """32 hexadecimal digits as a UUID."""
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def message_id(outgoing: Outgoing, call: Call) -> str:
    """The same for every attempt at the same change, so that a repetition is known for one."""
    if not outgoing.stage:
        return f"urn:uuid:{uuid_of(f'{outgoing.message}|{call.key}')}"
    about = circumstances(outgoing, call, KEY_SHAPE)
    operation = next(row for row in FIELDS.of("*", "out") if row.unified == "@op").form.encode(
        outgoing.op, {}
    )
    return f"urn:uuid:{uuid_of('|'.join((about['@key'], about['@version'], operation)))}"
