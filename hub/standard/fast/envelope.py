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
from collections.abc import Callable, Sequence
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
_SIGN_NAMES = tuple(member.name for member in SIGN)
_BODY_KNOWN = frozenset(member.name for member in RECORD_BODY)
_SIGNATURE = re.compile("\\0".join(map(pattern.member, SIGN))).fullmatch


class Fast:
    """The fast path over one standard; `slow` is asked where it is not certain."""

    def __init__(self, standard: Book, slow: Slow) -> None:
        self._slow = slow
        self._stages = standard.by_id
        self._plans: dict[tuple[str, bool], tuple[Read, Record]] = {}
        rules = [rule for rule in standard.rules.values() if rule.kind == "stateless"]
        # Tables that give rules other weights leave this path certain of one thing only: nothing to say.
        self._weighed = {rule.id for rule in rules if rule.severity == "warning"} == WARNINGS

    def text(self, raw: bytes, *, signed: bool = False) -> Verdict:
        """The verdict over the bytes of a message; ambiguous texts are refused as `parse` does."""
        verdict = self._read(raw, signed)
        if verdict is Verdict.CLEAN or (verdict is not Verdict.UNSURE and self._weighed):
            return verdict
        parsed = parse(raw)
        return Verdict.REFUSED if parsed.findings else self.envelope(parsed.value, signed=signed)

    def envelope(self, envelope: object, *, signed: bool = False) -> Verdict:
        """The verdict over a parsed envelope: what the checker's findings amount to."""
        verdict = self._certain(envelope, signed)
        if verdict is Verdict.CLEAN or (verdict is not Verdict.UNSURE and self._weighed):
            return verdict
        findings = self._slow.envelope(envelope, signed=signed)
        if refusing(findings):
            return Verdict.REFUSED
        return Verdict.WARNED if findings else Verdict.CLEAN

    def _read(self, raw: bytes, signed: bool) -> Verdict:
        try:
            message: Any = reading.envelope(raw)
        except reading.Broken:
            return Verdict.UNSURE
        head, body = message.head, message.body
        if head.msgType != RECORD_PUT or head.stage not in self._stages:
            return Verdict.UNSURE
        sign = None if head.sign is None else astuple(head.sign)
        if not _block(sign, signed):
            return Verdict.UNSURE
        if (found := _version(body.op, body.version)) is not None:
            return found
        read, record = self._plan(head.stage, body.op != "delete")
        try:
            row = reading.frame(message) + astuple(read(body.fields))
        except reading.Broken:
            return Verdict.REFUSED if record.whole else Verdict.UNSURE
        verdict = record.judge(row)
        if verdict is Verdict.REFUSED or reading.unambiguous(raw, message, row, record.texts):
            return verdict
        return Verdict.UNSURE

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
        if (found := _version(op, body.get("version"))) is not None:
            return found
        record = self._plan(stage, op != "delete")[1]
        if not record.known.issuperset(fields):
            return Verdict.REFUSED
        row = [head.get(name, "") for name in _HEAD_NAMES]
        if len(head) != len(row) - row.count("") + ("sign" in head):
            return Verdict.UNSURE
        row += [body.get(name, "") for name in _BODY_NAMES]
        row += [fields.get(name, "") for name in record.names]
        return record.judge(row)

    def _plan(self, stage: str, whole: bool) -> tuple[Read, Record]:
        """Compiled when a stage is first met: all 102 at once would hold up the start."""
        key = (stage, whole)
        found = self._plans.get(key)
        if found is None:
            record = compiled(self._slow.plan(stage), whole=whole)
            found = self._plans[key] = (reading.fields(stage, record), record)
        return found


def _version(op: Any, version: Any) -> Verdict | None:
    """Versions begin with the insertion; None when there is nothing to say."""
    if type(version) is not int or version < 0:
        return Verdict.UNSURE
    if op == "insert":
        return None if version == 1 else Verdict.REFUSED
    return None if version >= 2 else Verdict.REFUSED


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
        return _block([sign[name] for name in _SIGN_NAMES], signed)
    except (KeyError, TypeError):
        return False


def _block(sign: Sequence[str] | None, signed: bool) -> bool:
    """The values of a signature block are well written, or none is asked for."""
    return not signed if sign is None else _SIGNATURE("\0".join(sign)) is not None
