"""What the unified standard consists of: frozen values, built once by the loader and never changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FieldPolicy:
    """Who may know one field, and when (field-policy.md, section 1)."""

    openness: str
    personal: str
    sealed_until: str
    secret: str
    on_chain: str
    mask: str
    basis: str

    @property
    def natural_person(self) -> bool:
        """Rule NP: a value that is a natural person's is personal whatever `personal` says."""
        return self.basis.endswith("+NP")


@dataclass(frozen=True, slots=True)
class StagePolicy:
    """Who may hold a record of one stage before its gate, and what opens the gate."""

    classes: frozenset[str]
    gate: str
    lifted_by: tuple[str, ...]
    before: tuple[tuple[str, str], ...]
    after: str
    publish: str


@dataclass(frozen=True, slots=True)
class CodeList:
    """A closed list of codes; `codes` keeps the order of the data."""

    id: str
    zh: str
    codes: dict[str, str]
    english: dict[str, str]
    source: str

    def __contains__(self, code: object) -> bool:
        return code in self.codes


@dataclass(frozen=True, slots=True)
class Format:
    """A written form. `pattern` stands unanchored in the data; use `regex.fullmatch`."""

    id: str
    pattern: str
    zh: str
    en: str
    regex: re.Pattern[str]

    @property
    def many(self) -> bool:
        """Several values in one string, parted by semicolons."""
        return self.id.endswith("-list")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one stage. `length` counts code points, for integers digits."""

    name: str
    zh: str
    type: str
    length: int | None
    fixed: bool
    required: bool
    precision: tuple[int, int] | None
    code_list: str | None
    multi: bool
    format: str | None
    source: str
    seen: str
    policy: FieldPolicy


@dataclass(frozen=True, slots=True)
class Stage:
    """环节: one kind of record of a deal, with its fields in the order of the standard."""

    id: str
    zh: str
    en: str
    category: str
    category_zh: str
    natural_key: tuple[str, ...]
    fields: tuple[Field, ...]
    attachments: tuple[str, ...]
    ext: tuple[str, ...]
    source: str
    policy: StagePolicy
    by_name: dict[str, Field]

    def field(self, name: str) -> Field:
        """The field of that name; KeyError when this stage has none."""
        return self.by_name[name]


@dataclass(frozen=True, slots=True)
class ServiceField:
    """One row of a service request, reply or common type (`object` and `array` name another type)."""

    name: str
    zh: str
    type: str
    length: int | None
    required: bool
    precision: tuple[int, int] | None
    code_list: str | None
    enum: tuple[str, ...]
    format: str | None
    of: str | None
    ref: str | None
    item: str | None
    personal: bool
    sealed: str


@dataclass(frozen=True, slots=True)
class ServiceError:
    """A stable error code of a service and its one sentence."""

    code: str
    zh: str
    retriable: bool


@dataclass(frozen=True, slots=True)
class Service:
    """报文类型: one service message, who sends it to whom, and what it carries."""

    name: str
    family: str
    zh: str
    en: str
    pattern: str
    body: str
    senders: tuple[str, ...]
    receivers: tuple[str, ...]
    carries: tuple[str, ...]
    sealed: str
    idempotency: tuple[str, ...]
    request: tuple[ServiceField, ...]
    reply: tuple[ServiceField, ...]
    errors: tuple[ServiceError, ...]


@dataclass(frozen=True, slots=True)
class ControlMember:
    """One argument of a control command, or one member of what it answers."""

    name: str
    zh: str
    en: str
    type: str
    length: int | None
    required: bool


@dataclass(frozen=True, slots=True)
class ControlCommand:
    """What a third-party system under test can be told to do (contracts.md, the SUT's `control`)."""

    name: str
    zh: str
    en: str
    arguments: tuple[ControlMember, ...]
    reply: tuple[ControlMember, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A cross-field rule of the form: when `when` is one of `values`, `requires` must be there."""

    rule: str
    stage: str
    when: str
    values: frozenset[str]
    requires: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a finding of one rule says; `{limit}` and the like are filled in by the rule."""

    id: str
    kind: str
    severity: str
    zh: str
    en: str
    expected_zh: str
    expected_en: str
    advice_zh: str
    advice_en: str
    clause: str
