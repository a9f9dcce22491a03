"""Names and limits of the papers that both faces need."""

from __future__ import annotations

from adapters.answers import AnswerTable
from adapters.mapping import FieldMap

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
KEY_SHAPE = "hex32"
LIMIT = 64 * 1024
ANSWER_LIMIT = 256 * 1024
OPENING = "eng-tender-notice"
ACCOUNT = "deposit.account"
REFUND = "deposit.refund"
PAY_IN = "deposit.payin"
TRANS = {OPENING: "3041", ACCOUNT: "3001", REFUND: "3031"}
NUMBERS = {ACCOUNT: "requestNo", REFUND: "refundNo"}
NOTICE, NOTICE_ANSWER = "3011", "4012"
LOOK_UP = "4011"
REFUND_STATE = "3051"
