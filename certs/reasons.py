"""Why something was not believed, and the steps by which it was judged: two tables (`certs/data`).

`state` decides between no and open: what could not be established (no revocation data, a bound reached, a
fault of our own) is `indeterminate`, and that is never valid. `sof` is the answer of ValidateCert in the
certificate-application interfaces (GB/T 43694): 1 valid, -1 not trusted, -2 outside validity, -3 revoked,
-4 frozen, -5 not yet valid, -6 other. `sub` is the sub-indication, in the words of ETSI EN 319 102-1;
`clause` is where the rule stands.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple

INVALID, INDETERMINATE = "invalid", "indeterminate"


class Row(NamedTuple):
    """A reason; see the module's docstring."""

    state: str
    sof: int
    sub: str
    clause: str
    zh: str
    en: str


class Step(NamedTuple):
    """A check: Chinese, English, and the clause that asks for it."""

    zh: str
    en: str
    clause: str


def _rows(name: str) -> Iterator[list[str]]:
    text = (files("certs.data") / name).read_text(encoding="utf-8")
    yield from list(csv.reader(text.splitlines()))[1:]


REASONS = {
    code: Row(state, int(sof), sub, clause, zh, en)
    for code, state, sof, sub, clause, zh, en in _rows("reasons.csv")
}
CHECKS = {name: Step(zh, en, clause) for name, zh, en, clause in _rows("checks.csv")}
