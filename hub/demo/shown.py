"""What came of one row of the table of exchanges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.demo.asking import Asking
from hub.demo.exchanges import Exchange
from hub.demo.flows import title
from hub.message import Finding


@dataclass(frozen=True, slots=True)
class Shown:
    """`why` is empty when the system was exercised; `later`: a question whose answer is still to come."""

    row: Exchange
    why: str
    detail: str = ""
    later: Asking | None = None

    def line(self) -> str:
        return f"{'✗' if self.why else '✓'} {title(self.row.what)} {self.why or self.detail}".rstrip()

    def step(self) -> dict[str, Any]:
        name = f"{self.row.system} {title(self.row.what)}"
        return {"name": name, "ok": not self.why, "detail": self.why or self.detail}

    def finding(self) -> Finding:
        at = f"{self.row.system}/{self.row.what}"
        return Finding("system.not-exercised", at, "往来一次并见其自有数据", self.why)
