"""The credit platforms' own lists: who is barred or dishonest, from when to when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any

from certs.identity import make_uscc, uscc_ok
from hub.message import wall
from simulators.desk import Refusal

# One known hit for those who write examples; the others come from the seed.
KINDS = ("barred", "breach", "punishment", "dishonest-judgment-debtor")
BARRED = "916201037190556627"


class CreditRegister:
    """Entries by credit code; anybody else with a valid code is known and clean."""

    def __init__(self, system: str, seed: int) -> None:
        self._system = system
        self._serial = 0
        self._rng = Random(f"credit/{system}/{seed}")  # noqa: S311 - samples, not secrets
        self._entries: dict[str, list[dict[str, Any]]] = {BARRED: [_entry("WF-2026-0001")]}
        for number in range(2, 8):
            code = make_uscc("91", "620100", self._organisation())
            self.bar(code, f"WF-2026-{number:04d}", kind=self._rng.choice(KINDS), blocking=number % 3 != 0)

    def _organisation(self) -> str:
        return "MA" + "".join(self._rng.choice("0123456789ABCDEFGHJKLM") for _ in range(6))

    def bar(self, code: str, number: str, *, kind: str = "barred", blocking: bool = True) -> None:
        """Enter a hit for a body."""
        self._entries.setdefault(code, []).append(_entry(number, kind, blocking))

    def repair(self, code: str) -> None:
        """Close all entries of a body; from then on it is clean (interconnection 2.4)."""
        self._entries.pop(code, None)

    def entries(self) -> Mapping[str, list[dict[str, Any]]]:
        return self._entries

    def look_up(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """What stands against a body at a moment; raises Refusal for a code that cannot be one."""
        code = str(asked.get("party.code", ""))
        if asked.get("party.type") in ("1", "2") and not uscc_ok(code):
            raise Refusal("credit.body-code")
        if not code:
            raise Refusal("credit.body-unknown")
        at = datetime.fromisoformat(str(asked["atTime"]))
        hits = [hit for hit in self._entries.get(code, []) if _holds(hit, at)]
        self._serial += 1
        return {
            "creditCheckNo": f"HY{now:%Y%m%d}{self._serial:08d}",
            "barred": any(hit["blocking"] for hit in hits),
            "hits": hits,
            "sourceSystem": self._system,
            "asOf": wall(now),
        }


def _entry(number: str, kind: str = "barred", blocking: bool = True) -> dict[str, Any]:
    return {
        "VIOLATING_CODE": number,
        "kind": kind,
        "confinedAction": "1",
        "CONFINED_START": "2026-01-01T00:00:00+08:00",
        "CONFINED_END": "2027-12-31T23:59:59+08:00",
        "blocking": blocking,
    }


def _holds(hit: Mapping[str, Any], at: datetime) -> bool:
    start, end = (datetime.fromisoformat(hit[name]) for name in ("CONFINED_START", "CONFINED_END"))
    return start <= at <= end
