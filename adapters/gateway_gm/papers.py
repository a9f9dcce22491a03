"""Names and limits of the papers that both faces need."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.answers import AnswerTable
from adapters.bodies import Bodies
from adapters.mapping import FieldMap, table

FIELDS = FieldMap.beside(__package__)
BODIES = Bodies(FIELDS, "")
ANSWERS = AnswerTable.beside(__package__)
WORDS = {row["foreign"]: row["words"] for row in table(__package__, "answers.csv")}
KEY_SHAPE = "hex32"
LIMIT = 2 * 1024 * 1024
JSON = "application/json;charset=UTF-8"
BASE = "/ebus/ggzy/"
SERVICES = {
    "gp-project": "purcprj",
    "gp-notice": "purcnotc",
    "gp-deal-notice": "purcdeal",
    "gp-contract": "purccont",
    "supervise.data": "supndata",
    "tax.query": "taxqury",
}
# what systems push to the hub; the two services are the hub's to say
STAGES = {service: stage for stage, service in SERVICES.items() if FIELDS.of(stage, "in")}
VERSION, CIPHER, SIGNATURE = "1.0.0", "SM4", "SM2"
PENDING = "receiver.pending"


@dataclass(frozen=True, slots=True)
class Hand:
    """How a system wants signatures written: DER or 64 bytes, under its app id or the usual identity."""

    der: bool = False
    own_id: bool = False


HANDS = {"D11": Hand(der=True, own_id=True)}
PLAIN_HAND = Hand()


def hand_of(system: str) -> Hand:
    return HANDS.get(system, PLAIN_HAND)
