"""Accept or refuse, without a word: the verdict over a whole message, in a tenth of the words' time.

Chosen by measurement (`bench/check.py`, one run). msgspec's generated types with patterns make one call of
`re` for each value, and cannot say that a blank optional value counts as not given; jsonschema-rs takes
a parsed value and has to copy it; both leave check characters, R11 and warnings to Python. Types without
patterns cost a fifth, and one pattern for each stage over all its values at once costs no more than they.
So: types read, a pattern judges, arithmetic follows. What is rare (services, files, extensions, oddities)
goes to the checker, which is slow and always right; here is answered only what is certain.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import repeat
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import astuple

from hub.message import Finding, parse, refusing
from hub.message.shape import RECORD_BODY, SIGN
from hub.standard.book import Book
from hub.standard.check.checker import Plan
from hub.standard.check.head import RECORD_PUT
from hub.standard.fast import pattern, reading
from hub.standard.fast.plan import BODY_TEXTS, HEAD_TEXTS, Record, compiled
from hub.standard.fast.verdict import Verdict

Read = Callable[[bytes], Struct]
WARNINGS = frozenset({"deal.check-character", "code.region-outside", "file.role"})


class Slow(Protocol):
    """The checker, as far as the fast path needs it."""

    def plan(self, stage_id: str) -> Plan: ...
    def envelope(self, envelope: object, *, lang: str = "zh", signed: bool = False) -> list[Finding]: ...


_HEAD_NAMES, _BODY_NAMES = tuple(m.name for m in HEAD_TEXTS), tuple(m.name for m in BODY_TEXTS)
_STAGE, _TYPE, _BODY_TEXTS = _HEAD_NAMES.index("stage"), _HEAD_NAMES.index("msgType"), len(_BODY_NAMES)
_ABSENT = repeat("")
_SIGN_NAMES = tuple(member.name for member in SIGN)
_BODY_KNOWN = frozenset(member.name for member in RECORD_BODY)
_SIGNATURE = re.compile("\\0".join(map(pattern.member, SIGN))).fullmatch


class Fast:
    """The fast path over one standard; `slow` is asked where it is not certain."""

    def __init__(self, standard: Book, slow: Slow) -> None:
        self._slow = slow
        self._plans: dict[tuple[str, bool], tuple[Read, Record]] = {}
        rules = [rule for rule in standard.rules.values() if rule.kind == "stateless"]
        weighed = {rule.id for rule in rules if rule.severity == "warning"} == WARNINGS
        # Tables that give the rules other weights leave nothing to be certain of.
        self._stages = standard.by_id if weighed else {}

    def text(self, raw: bytes, *, signed: bool = False) -> Verdict:
        """The verdict over the bytes of a message; ambiguous texts are refused as `parse` does."""
        try:
            message: Any = reading.envelope(raw)
        except reading.Broken:
            return self._parsed(raw, signed)
        head, body = astuple(message.head), astuple(message.body)
        stage, op = head[_STAGE], body[0]
        if head[_TYPE] != RECORD_PUT or stage not in self._stages:
            return self._parsed(raw, signed)
        sign = head[-1]
        if signed if sign is None else _SIGNATURE("\0".join(astuple(sign))) is None:
            return self._parsed(raw, signed)
        if not _follows(op, body[_BODY_TEXTS]):
            return Verdict.REFUSED
        read, record = self._plans.get((stage, op != "delete")) or self._plan(stage, op != "delete")
        try:
            row = head[:-1] + body[:_BODY_TEXTS] + astuple(read(body[_BODY_TEXTS + 1]))
        except reading.Broken:
            return Verdict.REFUSED if record.whole else self._parsed(raw, signed)
        verdict = record.judge(row)
        if verdict is Verdict.REFUSED:
            return verdict
        if verdict is not Verdict.UNSURE and reading.unambiguous(raw, sign, body, row, record.texts):
            return verdict
        return self._parsed(raw, signed)

    def envelope(self, envelope: object, *, signed: bool = False) -> Verdict:
        """The verdict over a parsed envelope: what the checker's findings amount to."""
        verdict = self._certain(envelope, signed)
        if verdict is not Verdict.UNSURE:
            return verdict
        findings = self._slow.envelope(envelope, signed=signed)
        if refusing(findings):
            return Verdict.REFUSED
        return Verdict.WARNED if findings else Verdict.CLEAN

    def _parsed(self, raw: bytes, signed: bool) -> Verdict:
        """In doubt: first whether the text is ambiguous, then its value."""
        parsed = parse(raw)
        return Verdict.REFUSED if parsed.findings else self.envelope(parsed.value, signed=signed)

    def _certain(self, envelope: Any, signed: bool) -> Verdict:
        if type(envelope) is not dict or len(envelope) != 2:
            return Verdict.UNSURE
        head, body = envelope.get("head"), envelope.get("body")
        if type(head) is not dict or type(body) is not dict:
            return Verdict.UNSURE
        stage, fields = head.get("stage"), body.get("fields")
        if head.get("msgType") != RECORD_PUT or type(stage) is not str or stage not in self._stages:
            return Verdict.UNSURE
        if type(fields) is not dict or not _rest(head, body, signed):
            return Verdict.UNSURE
        op = body.get("op")
        if not _follows(op, body.get("version")):
            return Verdict.REFUSED
        _, record = self._plans.get((stage, op != "delete")) or self._plan(stage, op != "delete")
        if not record.known.issuperset(fields):
            return Verdict.REFUSED
        row = [*map(head.get, _HEAD_NAMES, _ABSENT)]
        if len(head) != len(row) - row.count("") + ("sign" in head):
            return Verdict.UNSURE
        row += map(body.get, _BODY_NAMES, _ABSENT)
        row += map(fields.get, record.names, _ABSENT)
        return record.judge(row)

    def _plan(self, stage: str, whole: bool) -> tuple[Read, Record]:
        """Compiled when a stage is first met: all 102 at once would hold up the start."""
        record = compiled(self._slow.plan(stage), whole=whole)
        found = self._plans[stage, whole] = (reading.fields(stage, record), record)
        return found


def _follows(op: Any, version: Any) -> bool:
    """An integer; versions begin with the insertion."""
    if type(version) is not int:
        return False
    return version == 1 if op == "insert" else version >= 2


def _rest(head: dict[str, Any], body: dict[str, Any], signed: bool) -> bool:
    """What is no text is certainly right: signature block, extensions, no files, nothing unknown."""
    if type(body.get("ext", {})) is not dict or body.get("files", []) != []:
        return False
    if not _BODY_KNOWN.issuperset(body):
        return False
    if "sign" not in head:
        return not signed
    sign = head["sign"]
    if type(sign) is not dict or len(sign) != len(_SIGN_NAMES):
        return False
    try:
        return _SIGNATURE("\0".join([sign[name] for name in _SIGN_NAMES])) is not None
    except (KeyError, TypeError):
        return False
