"""What the tax service knows of a payer: grade, arrears; from the seed, with one known debtor."""

from __future__ import annotations

import re
from datetime import datetime
from random import Random
from typing import Any

from certs.identity import uscc_ok
from hub.message import wall
from simulators.desk import Refusal
from simulators.systems.credit import BARRED

GRADES = "ABMC"
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_ITEMS = {
    "credit-grade": "纳税信用级别",
    "arrears": "欠税",
    "invoice": "发票",
    "deal-tax": "成交涉税",
}


class TaxRegister:
    """Every body with a valid code pays taxes; the one that is barred elsewhere owes some."""

    def __init__(self, system: str, seed: int) -> None:
        self._system, self._seed = system, seed
        self._serial = 0

    def look_up(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Is a payer in order? Raises Refusal where it may not or cannot be said."""
        code = str(asked["party.code"])
        if not uscc_ok(code):
            raise Refusal("tax.payer-unknown")
        if any(not _MONTH.fullmatch(month) or month > f"{now:%Y-%m}" for month in asked.get("months", [])):
            raise Refusal("tax.period")
        if not str(asked["consentNo"]).startswith("SQ-"):
            raise Refusal("tax.consent-missing")
        if not str(asked["purpose"]).strip():
            raise Refusal("verify.purpose-missing")
        self._serial += 1
        kind, good = str(asked["taxKind"]), code != BARRED
        grade = Random(f"tax/{self._seed}/{code}").choice(GRADES) if good else "D"  # noqa: S311
        return {
            "verifyNo": f"SW-{now:%Y%m%d}-{self._serial:04d}",
            "inOrder": good,
            "creditGrade": grade,
            "results": [{"item": _ITEMS[kind], "result": "match" if good else "mismatch"}],
            "sourceSystem": self._system,
            "asOf": wall(now),
        }
