"""What a changed row means for whoever has built against the standard, as tables of small judgements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

Row = Mapping[str, str]
Table = dict[tuple[str, ...], dict[str, str]]
BREAKING, COMPATIBLE, WORDING = "breaking", "compatible", "wording"
KEYS: dict[str, tuple[str, ...]] = {
    "fields.csv": ("stage", "name"),
    "codes.csv": ("list", "code"),
    "conditions.csv": ("rule", "stage", "when"),
    "field_policy.csv": ("stage", "field"),
    "services.csv": ("name",),
    "service_fields.csv": ("owner", "part", "name"),
    "service_errors.csv": ("service", "code"),
    "control.csv": ("command", "part", "name"),
    "receipt_transitions.csv": ("from", "to"),
}
# Counted from other rows, or told by the order of rows.
DERIVED = frozenset({"seq", "fields", "entries"})
WORDS = frozenset({
    "zh", "en", "note", "provenance", "source", "seen", "basis", "category_zh", "family", "family_zh",
    "dataset", "fj_dataset", "fj_data_no", "timing", "clause", "expected_zh", "expected_en", "advice_zh",
    "advice_en", "remedy_zh", "remedy_en", "means_zh", "means_en", "sees_zh", "sees_en", "checked_by",
    "chapter", "publish",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Why:
    """A verdict and its reason."""

    verdict: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Both standards, for judgements that need to look further than one row."""

    old: Mapping[str, Table]
    new: Mapping[str, Table]

    def codes(self, which: Mapping[str, Table], code_list: str) -> frozenset[str]:
        return frozenset(key[1] for key in which.get("codes.csv", {}) if key[0] == code_list)

    def pattern(self, which: Mapping[str, Table], form: str) -> str:
        return which.get("formats.csv", {}).get((form,), {}).get("pattern", "")


Judge = Callable[[Row, Row, str, Rows], Why | None]
_NEW: Final = Why(COMPATIBLE, "新增", "added")
_WORDS: Final = Why(WORDING, "文字修改", "words changed")
_TAKEN_AWAY: Final = Why(BREAKING, "不再有", "gone: what uses it is refused or misses it")
_HARMLESS_GONE: Final = Why(COMPATIBLE, "不再有,已有报文不受影响", "gone, messages are not affected")
_LEAVE: Final = frozenset({
    "rules.csv", "conditions.csv", "service_errors.csv", "field_policy.csv", "stage_policy.csv",
    "formats.csv", "exchange_rules.csv",
})  # fmt: skip


def added(file: str, row: Row, rows: Rows) -> Why:
    """A row that was not there before."""
    if file == "fields.csv" and (row.get("stage", ""),) in rows.old.get("stages.csv", {}):
        if row.get("required") == "1":
            return Why(BREAKING, "新增必填字段", "a mandatory field more")
        return Why(COMPATIBLE, "新增选填字段", "an optional field more")
    if file == "service_fields.csv" and row.get("part") != "reply" and row.get("required") == "1":
        owners = {key[0] for key in rows.old.get(file, {})}
        if row.get("owner") in owners:
            return Why(BREAKING, "新增必填字段", "a mandatory field more")
    if file == "conditions.csv":
        return Why(BREAKING, "新增条件必填", "fields become mandatory under a condition")
    if file == "rules.csv" and row.get("severity") == "error":
        return Why(BREAKING, "新增拒收规则", "a rule more that refuses messages")
    if file == "exchange_rules.csv" and row.get("strength", "").startswith("MUST"):
        return Why(BREAKING, "新增必须遵守的规则", "a rule more that must be kept")
    if file in ("receipt_states.csv", "receipt_transitions.csv"):
        return Why(BREAKING, "回执状态机改变", "the state machine of receipts changed")
    return _NEW


def removed(file: str, row: Row, rows: Rows) -> Why:
    """A row that is no longer there; what hangs on a removed owner is told with it."""
    return _HARMLESS_GONE if file in _LEAVE else _TAKEN_AWAY


def altered(file: str, was: Row, now: Row, rows: Rows) -> Iterator[tuple[str, Why]]:
    """The cells that differ, each judged; a column that one of the two lacks altogether is not compared."""
    for column in was:
        if column in DERIVED or column not in now or was[column] == now[column]:
            continue
        judge = JUDGES.get((file, column)) or JUDGES.get(("", column))
        why = judge(was, now, column, rows) if judge is not None else None
        if why is None:
            why = _WORDS if column in WORDS else Why(BREAKING, "含义改变", "its meaning changed")
        yield column, why


def _fixed(was: Row, now: Row, column: str, rows: Rows) -> Why:
    if now[column] == "1":
        return Why(BREAKING, "改为定长", "became of fixed length")
    return Why(COMPATIBLE, "不再定长", "no longer of fixed length")


def _required(was: Row, now: Row, column: str, rows: Rows) -> Why:
    reply = now.get("part") == "reply"
    if now[column] == "1":
        return Why(COMPATIBLE if reply else BREAKING, "改为必填", "became mandatory")
    if reply:
        return Why(BREAKING, "应答中不再必有", "a reply need not have it any more")
    return Why(COMPATIBLE, "改为选填", "became optional")


def _length(was: Row, now: Row, column: str, rows: Rows) -> Why:
    if now.get("fixed") == "1" and was.get("fixed") == "1":
        return Why(BREAKING, "定长改变", "the fixed length changed")
    if was[column] and (not now[column] or _number(now[column]) >= _number(was[column])):
        return Why(COMPATIBLE, "长度放宽", "longer")
    return Why(BREAKING, "长度缩短", "shorter")


def _precision(was: Row, now: Row, column: str, rows: Rows) -> Why:
    before, after = (
        (_number(row["digits"]) - _number(row["decimals"]), _number(row["decimals"])) for row in (was, now)
    )
    if not now["digits"] or (was["digits"] and after[0] >= before[0] and after[1] >= before[1]):
        return Why(COMPATIBLE, "精度放宽", "more digits")
    return Why(BREAKING, "精度缩小", "fewer digits before or after the point")


def _codes(was: Row, now: Row, column: str, rows: Rows) -> Why:
    before, after = rows.codes(rows.old, was[column]), rows.codes(rows.new, now[column])
    if not now[column] or (was[column] and before <= after):
        return Why(COMPATIBLE, "换用的代码集包含原有代码", "the other code list has all codes")
    return Why(BREAKING, "换用的代码集缺少原有代码", "the other code list lacks codes")


def _format(was: Row, now: Row, column: str, rows: Rows) -> Why:
    if not now[column]:
        return Why(COMPATIBLE, "不再限定格式", "no form is asked for any more")
    if was[column] and _wider(rows.pattern(rows.old, was[column]), rows.pattern(rows.new, now[column])):
        return Why(COMPATIBLE, "格式放宽", "a wider form")
    return Why(BREAKING, "格式收紧或不可比较", "a tighter form, or one that cannot be compared")


def _pattern(was: Row, now: Row, column: str, rows: Rows) -> Why:
    if _wider(was[column], now[column]):
        return Why(COMPATIBLE, "格式放宽", "a wider form")
    return Why(BREAKING, "格式收紧或不可比较", "a tighter form, or one that cannot be compared")


def _wider(was: str, now: str) -> bool:
    """Whether the old pattern is one of the alternatives of the new one: then nothing more is refused."""
    return bool(was) and (was == now or now.startswith(f"{was}|") or now.endswith(f"|{was}"))


def _set(zh_less: str, en_less: str, zh_more: str, en_more: str, *, more_breaks: bool = False) -> Judge:
    """A cell of several values: fewer break, or (for what is demanded) more."""

    def judge(was: Row, now: Row, column: str, rows: Rows) -> Why:
        before, after = (frozenset(part for part in row[column].split(";") if part) for row in (was, now))
        less = bool(after - before) if more_breaks else bool(before - after)
        # An empty enumeration allows everything.
        if column == "enum" and (not before or not after):
            less = bool(after)
        return Why(BREAKING, zh_less, en_less) if less else Why(COMPATIBLE, zh_more, en_more)

    return judge


def _severity(was: Row, now: Row, column: str, rows: Rows) -> Why:
    if now[column] == "error":
        return Why(BREAKING, "由提醒改为拒收", "warned before, refuses now")
    return Why(COMPATIBLE, "由拒收改为提醒", "refused before, warns now")


def _strength(was: Row, now: Row, column: str, rows: Rows) -> Why:
    must = now[column].startswith("MUST")
    return Why(BREAKING if must else COMPATIBLE, "约束强度改变", "its strength changed")


def _known(was: Row, now: Row, column: str, rows: Rows) -> Why:
    return Why(BREAKING, "谁在何时可知的规定改变", "who may know it when has changed")


def _role(was: Row, now: Row, column: str, rows: Rows) -> Why:
    return Why(COMPATIBLE, "附件或扩展的列举改变", "what is listed changed; nothing is refused for it")


def _number(cell: str) -> int:
    return int(cell) if cell.isascii() and cell.isdigit() else 0


_POLICY = ("openness", "personal", "sealed_until", "secret", "on_chain", "mask", "class", "gate", "lifted_by",
           "before", "after", "sealed")  # fmt: skip
_FEWER = _set("取值减少", "fewer are allowed", "取值增加", "more are allowed")
_DEMANDS = _set("要求增加", "more is demanded", "要求减少", "less is demanded", more_breaks=True)
JUDGES: dict[tuple[str, str], Judge] = {
    ("", "required"): _required,
    ("", "fixed"): _fixed,
    ("", "length"): _length,
    ("", "digits"): _precision,
    ("", "decimals"): _precision,
    ("", "code_list"): _codes,
    ("", "format"): _format,
    ("formats.csv", "pattern"): _pattern,
    ("", "enum"): _FEWER,
    ("services.csv", "from"): _FEWER,
    ("services.csv", "to"): _FEWER,
    ("services.csv", "carries"): _FEWER,
    ("conditions.csv", "values"): _DEMANDS,
    ("conditions.csv", "requires"): _DEMANDS,
    ("rules.csv", "severity"): _severity,
    ("exchange_rules.csv", "strength"): _strength,
    ("stages.csv", "attachments"): _role,
    ("stages.csv", "ext"): _role,
    ("stages.csv", "category"): _role,
    ("exchange_codes.csv", "rules"): _role,
    **{("", column): _known for column in _POLICY},
}
