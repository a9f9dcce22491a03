"""One envelope in, all findings out. Everything that can be looked up beforehand has been."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.message import Finding, check_shape
from hub.standard.book import Book
from hub.standard.check.flaw import Flaw, said
from hub.standard.check.head import HEAD_RULES, Message
from hub.standard.check.observed import quoted
from hub.standard.check.record import Prefix, Record, empty, point
from hub.standard.check.rules import RECORD_RULES, VALUE_RULES, ValueRule
from hub.standard.check.slot import Slot, of_field, of_row
from hub.standard.model import Condition, ServiceField, Stage

NESTING = {"project-code": 0, "tender-project-code": 1, "bid-section-code": 2, "bid-section-code-list": 2}
MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """The slots of a stage or a service, each with the rules that have anything to say about it."""

    slots: Mapping[str, Slot]
    rules: Mapping[str, tuple[ValueRule, ...]]
    required: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    prefixes: tuple[Prefix, ...] = ()


class Checker:
    """The rules over one standard, less those in `without`."""

    def __init__(self, standard: Book, without: Iterable[str] = ()) -> None:
        self._standard = standard
        self._without = frozenset(without)
        self._record_rules = [rule for name, rule in RECORD_RULES.items() if name not in self._without]
        self._head_rules = [rule for name, rule in HEAD_RULES.items() if name not in self._without]
        self._stages = {stage.id: self._stage_plan(stage) for stage in standard.stages}
        self._rows: dict[tuple[str, str], Plan] = {}

    def envelope(self, envelope: object, *, lang: str = "zh", signed: bool = False) -> list[Finding]:
        """Shape first; fields as soon as there are any to look at."""
        findings = check_shape(envelope, signed=signed)
        if not isinstance(envelope, dict):
            return findings
        head, body = envelope.get("head"), envelope.get("body")
        if isinstance(head, dict) and isinstance(body, dict):
            findings += self._said(self._flaws(Message(self._standard, head, body)), lang)
        return findings

    def fields(self, stage: Stage, fields: Mapping[str, Any], *, op: str, lang: str) -> list[Finding]:
        """Findings about the bare fields of a stage."""
        return self._said(self._record(self._stages[stage.id], fields, "/body/fields", op), lang)

    def plan(self, stage_id: str) -> Plan:
        """What is asked of the fields of a stage; KeyError when there is none."""
        return self._stages[stage_id]

    def _said(self, flaws: Iterator[Flaw], lang: str) -> list[Finding]:
        rules = self._standard.rules
        return [said(flaw, rules[flaw.rule], lang) for flaw in flaws if flaw.rule not in self._without]

    def _flaws(self, message: Message) -> Iterator[Flaw]:
        for rule in self._head_rules:
            yield from rule(message)
        service, stage = message.service, message.stage
        fields, ext = message.body.get("fields"), message.body.get("ext", {})
        if service is not None and service.body == "service":
            if isinstance(fields, dict):
                plan = self._row_plan(service.name, "request", service.request)
                yield from self._record(plan, fields, "/body/fields", "insert")
            return
        if stage is not None and isinstance(fields, dict):
            op = str(message.body.get("op"))
            yield from self._record(self._stages[stage.id], fields, "/body/fields", op)
        if service is not None and isinstance(ext, dict):
            rows = tuple(row for row in service.request if row.of is None)
            plan = self._row_plan(service.name, "ext", rows)
            yield from self._record(plan, ext, "/body/ext", "insert", closed=False)

    def _record(
        self, plan: Plan, fields: Mapping[str, Any], at: str, op: str, *, closed: bool = True, depth: int = 0
    ) -> Iterator[Flaw]:
        record = Record(fields, at, op, plan.slots, plan.required, closed, plan.conditions, plan.prefixes)
        for rule in self._record_rules:
            yield from rule(record)
        for name, value in fields.items():
            slot = plan.slots.get(name)
            if slot is None or (empty(value) and (value is not None or name in plan.required)):
                continue
            yield from self._value(slot, plan.rules[name], value, point(at, name))
            if slot.nested and depth < MAX_DEPTH:
                yield from self._nested(slot, value, point(at, name), depth + 1)

    def _value(self, slot: Slot, rules: tuple[ValueRule, ...], value: Any, at: str) -> Iterator[Flaw]:
        for rule in rules:
            for seen in rule.test(slot, value):
                observed = quoted(value, personal=slot.personal) if seen.observed is None else seen.observed
                yield Flaw(rule.id, at, observed, seen.words)
                if rule.id == "field.type":
                    return

    def _nested(self, slot: Slot, value: Any, at: str, depth: int) -> Iterator[Flaw]:
        plan = self._row_plan(slot.nested, "type", self._standard.types[slot.nested])
        rows = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for index, row in rows:
            where = at if index is None else f"{at}/{index}"
            if isinstance(row, dict):
                yield from self._record(plan, row, where, "insert", depth=depth)
            elif index is not None:
                words = {"type_zh": "对象", "type_en": "an object"}
                yield Flaw("field.type", where, quoted(row, personal=slot.personal), words)

    def _stage_plan(self, stage: Stage) -> Plan:
        slots = {field.name: of_field(field, self._standard) for field in stage.fields}
        required = tuple(field.name for field in stage.fields if field.required)
        conditions = tuple(row for row in self._standard.conditions if row.stage == stage.id)
        return self._plan(slots, required, conditions)

    def _row_plan(self, owner: str, part: str, rows: tuple[ServiceField, ...]) -> Plan:
        key = (owner, part)
        if key not in self._rows:
            slots = {row.name: of_row(row, self._standard) for row in rows}
            self._rows[key] = self._plan(slots, tuple(row.name for row in rows if row.required), ())
        return self._rows[key]

    def _plan(
        self, slots: dict[str, Slot], required: tuple[str, ...], conditions: tuple[Condition, ...]
    ) -> Plan:
        rules = {
            name: tuple(r for r in VALUE_RULES if r.id not in self._without and r.applies(slot))
            for name, slot in slots.items()
        }
        return Plan(slots, rules, required, conditions, _prefixes(slots))


def _prefixes(slots: Mapping[str, Slot]) -> tuple[Prefix, ...]:
    coded = [(NESTING[s.form.id], s.name, s.form) for s in slots.values() if s.form and s.form.id in NESTING]
    return tuple(
        Prefix(parent, parent_form, child, child_form)
        for level, parent, parent_form in coded
        for below, child, child_form in coded
        if below == level + 1
    )
