"""Why a function was not done: a code of the papers, and what, where, expected, advice in words.

Codes are told to programs that know the standard's numbers only; the words are for whoever reads its logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from certs.reasons import REASONS
from certs.verdict import Verdict
from hub.catalogue.gateways import Gateway
from hub.message import Finding, shown

OK, UNKNOWN, NOT_SUPPORTED, ALGORITHM = 0, 0x0B000001, 0x0B000002, 0x0B000007
INPUT_LENGTH, INPUT, NO_KEY = 0x0B000200, 0x0B000201, 0x0B000309
POLICY, MISSING, BAD_CERTIFICATE = 0x0B000312, 0x0B000403, 0x0B000405
BAD_MESSAGE, BAD_XML, BAD_PARAMETER, NO_LIST, NO_APPLICATION = (
    0x0B000417, 0x0B000418, 0x0B000419, 0x0B000420, 0x0B000421,
)  # fmt: skip
SIGNING, ENCIPHERING, OPENING = 0x0B000409, 0x0B000415, 0x0B000429
CLAUSE = "GB/T 43694"
_BY_SOF = {-1: 0x0B000406, -2: 0x0B000407, -3: 0x0B000408, -4: 0x0B000502, -5: 0x0B000501}


class RefusedError(Exception):
    """`at` is where in the question; an error of the caller's or of ours is told by the code alone."""

    def __init__(self, code: int, at: str, expected: str, observed: str = "", advice: str = "") -> None:
        super().__init__(expected)
        self.code, self.verdict = code, None
        self.finding = Finding(f"sof.{code:08X}", at, expected, shown(observed), advice, CLAUSE)

    verdict: Verdict | None

    @property
    def words(self) -> str:
        """One line: what it means, where, what was expected, what to do."""
        one = self.finding
        seen = f",收到 {one.observed}" if one.observed else ""
        return f"{zh(self.code)}:{one.at} 应为 {one.expected}{seen};{one.advice}"


def judged(code: int, at: str, expected: str, verdict: Verdict, advice: str) -> RefusedError:
    """Refused because of what somebody's certificate or signature is."""
    made = RefusedError(code, at, expected, verdict.sentence(), advice)
    made.verdict = verdict
    return made


def zh(code: int) -> str:
    found = Gateway.load().errors.get(code)
    return found.zh if found is not None else "异常错误"


def error_of(sof: int, reasons: Iterable[str], unreadable: int = BAD_MESSAGE) -> int:
    """The error code a verdict that is not valid amounts to: its first reason of that weight decides."""
    names = list(reasons)
    if "malformed" in names:
        return unreadable
    known = _errors()
    weighty = [name for name in names if name in known and REASONS[name].sof == sof]
    return known[weighty[0]] if weighty else _BY_SOF.get(sof, POLICY)


def of_said(said: Mapping[str, Any], unreadable: int = BAD_MESSAGE) -> int:
    """The same of a result object; 0 for what is valid."""
    if said["result"] == "valid":
        return OK
    return error_of(said["sofCode"], (one["code"] for one in said["reasons"]), unreadable)


@cache
def _errors() -> dict[str, int]:
    return {name: code for code, row in Gateway.load().errors.items() for name in row.reasons}
