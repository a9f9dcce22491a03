"""Names and limits of the papers that both faces need."""

from __future__ import annotations

from adapters.answers import AnswerTable
from adapters.bodies import OMITTED, Bodies
from adapters.mapping import FieldMap, table

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
BODIES = Bodies(FIELDS, OMITTED, hollow=False)
KEY_SHAPE = "hex32"
LIMIT = 4 * 1024 * 1024
PATH = "/outreach/api"
TYPE = "text/plain;charset=UTF-8"
CLEAR = "application/json;charset=UTF-8"
OPERATIONS = {
    "eng-bid-guarantee": "LG3001",
    "contract-sign": "CT3001",
    "gp-contract": "CT3002",
    "guarantee.apply": "LG1001",
    "guarantee.verify": "LG1003",
    "guarantee.claim": "LG1004",
    "guarantee.issue": "LG2001",
    "contract-finance.apply": "FN1001",
    "contract-finance.result": "FN2001",
    "ca.verify": "CA1001",
    "ca.status": "CA1002",
    "ca.sign": "CA1003",
    "ca.issue": "CA1004",
    "ca.sync": "CA2001",
}
CARRIED = {operation: carried for carried, operation in OPERATIONS.items()}
QUERY = "QY0001"
RECORDS = frozenset({"eng-bid-guarantee", "contract-sign", "gp-contract"})
# the number from which a service's serial is made; those not listed only read, and have a fresh one each time
NUMBERS = {
    "guarantee.apply": "applyNo",
    "guarantee.issue": "GUARANTEE_NO",
    "guarantee.claim": "claimNo",
    "contract-finance.apply": "applyNo",
    "contract-finance.result": "platformApplyNo",
    "ca.sign": "requestNo",
    "ca.issue": "requestNo",
    "ca.sync": "syncNo",
}
# what a system may call the hub with, and send as records
ADMITTED = {
    "C01": frozenset({"ca.sync"}),
    "F01": frozenset({"guarantee.issue", "eng-bid-guarantee"}),
    "F02": frozenset({"contract-finance.result", "gp-contract", "contract-sign"}),
    "F04": frozenset({"guarantee.issue", "eng-bid-guarantee"}),
}
IN_FEN = frozenset({"F04"})
AMOUNTS = frozenset(
    (row["stage"], row["direction"], row["foreign"])
    for row in table(__package__, "mapping.csv")
    if row["form"].startswith("amount:")
)
