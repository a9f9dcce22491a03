"""Qualifications and past contracts, as the authorities of trades keep them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from certs.identity import uscc_ok
from hub.message import wall
from simulators.desk import Refusal

Fields = dict[str, Any]
PAGE = 1000
FROZEN = "D262009999"


class Qualifications:
    """Every valid body holds one certificate and did one contract a year; some numbers are reserved."""

    def __init__(self, system: str) -> None:
        self._system = system

    def qualification(self, asked: Fields, now: datetime) -> Fields:
        code, wanted = str(asked.get("party.code", "")), str(asked.get("certNo", ""))
        if not uscc_ok(code):
            raise Refusal("qualification.not-found")
        if wanted == FROZEN:
            raise Refusal("qualification.frozen")
        number = f"D2{int(hashlib.sha256(code.encode()).hexdigest()[:8], 16) % 10**8:08d}"
        if wanted.endswith("000000") or (wanted and not wanted.startswith("D2")):
            raise Refusal("qualification.not-found")
        held = {
            "certNo": wanted or number,
            "name": "市政公用工程施工总承包",
            "grade": "二级",
            "issuer": "甘肃省住房和城乡建设厅",
            "validFrom": "2024-01-01",
            "validTo": "2028-12-31",
            "state": "valid",
        }
        told = {"sourceSystem": self._system, "asOf": wall(now), "total": 1}
        return {"found": True, "qualifications": [held], **told}

    def performance(self, asked: Fields, now: datetime) -> Fields:
        """One contract for each year of the period asked; pages by cursor."""
        code = str(asked.get("party.code", ""))
        first, last = (
            str(asked.get("fromDate") or "2023-01-01"),
            str(asked.get("toDate") or f"{now:%Y-%m-%d}"),
        )
        if first > last:
            raise Refusal("performance.period")
        size = int(asked.get("page.size") or 20)
        if size > PAGE:
            raise Refusal("query.page-too-large")
        years = [year for year in range(int(first[:4]), int(last[:4]) + 1) if year < now.year]
        if not years or not uscc_ok(code):
            raise Refusal("performance.none")
        start = int(asked.get("page.cursor") or 0)
        page = [
            _contract(code, str(asked.get("party.name", "")), year) for year in years[start : start + size]
        ]
        told: Fields = {"records": page, "total": len(years), "sourceSystem": self._system, "asOf": wall(now)}
        return told | ({"nextCursor": str(start + size)} if start + size < len(years) else {})


def _contract(code: str, name: str, year: int) -> Fields:
    fields = {
        "CONTRACT_NAME": f"{name}{year}年度承建工程施工合同",
        "TENDERER_NAME": "永登县住房和城乡建设局",
        "CONTRACT_PRICE": f"{year - 2000}00.5",
        "PRICE_UNIT": "1",
        "CONTRACT_SIGN_TIME": f"{year}-06-01T10:00:00+08:00",
    }
    digest = hashlib.sha256(f"{code}/{year}".encode()).hexdigest()
    return {
        "stage": "contract-sign",
        "key": f"HT-{year}-{digest[:6]}",
        "op": "insert",
        "version": 1,
        "digest": f"sha-256:{digest}",
        "fields": fields,
    }
