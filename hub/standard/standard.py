"""The unified standard in memory: what it consists of, what is wrong with a message, how a good one looks."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.standard.model import CodeList, Condition, Format, RuleText, Service, ServiceField, Stage

if TYPE_CHECKING:
    from hub.message import Finding
    from hub.standard.check.checker import Checker


class Standard:
    """51 stages with their fields, code lists, formats, rules and services. Immutable by convention."""

    def __init__(
        self,
        *,
        version: str,
        stages: tuple[Stage, ...],
        code_lists: Mapping[str, CodeList],
        formats: Mapping[str, Format],
        services: Mapping[str, Service],
        types: Mapping[str, tuple[ServiceField, ...]],
        rules: Mapping[str, RuleText],
        conditions: tuple[Condition, ...],
    ) -> None:
        self.version = version
        self.stages = stages
        self.code_lists = code_lists
        self.formats = formats
        self.services = services
        self.types = types
        self.rules = rules
        self.conditions = conditions
        self.by_id: Mapping[str, Stage] = {stage.id: stage for stage in stages}
        self._checkers: dict[frozenset[str], Checker] = {}

    def stage(self, stage_id: str) -> Stage:
        """The stage of that id; the KeyError offers the nearest names."""
        try:
            return self.by_id[stage_id]
        except KeyError:
            near = ", ".join(nearest(stage_id, self.by_id)) or "none is near"
            raise KeyError(f"no stage {stage_id!r} in the standard; nearest: {near}") from None

    def check(
        self, envelope: object, *, lang: str = "zh", signed: bool = False, without: Iterable[str] = ()
    ) -> list[Finding]:
        """Everything stateless that is wrong with a whole envelope, shape first, then every field.

        `signed` asks for a signature block too (its truth is another question). `without` names
        rules to leave out: it is there for tests that must see a rule missed.
        """
        return self._checker(without).envelope(envelope, lang=lang, signed=signed)

    def check_fields(
        self, stage_id: str, fields: Mapping[str, Any], *, op: str = "insert", lang: str = "zh"
    ) -> list[Finding]:
        """The same for bare fields of one stage, as a table or a foreign dialect hands them over."""
        return self._checker(()).fields(self.stage(stage_id), fields, op=op, lang=lang)

    def sample(
        self,
        stage: str,
        seed: int = 0,
        *,
        sender: str = "T01",
        msg_id: str | None = None,
        time: datetime | None = None,
        start: datetime | None = None,
        region: str | None = None,
        bidder: int | None = None,
        op: str = "insert",
    ) -> dict[str, Any]:
        """A whole unsigned envelope that `check` finds nothing in; one seed is one project."""
        from hub.standard.sample import envelope

        return envelope(
            self, stage, seed, sender=sender, msg_id=msg_id, time=time, start=start, region=region,
            bidder=bidder, op=op,
        )  # fmt: skip

    def _checker(self, without: Iterable[str]) -> Checker:
        from hub.standard.check.checker import Checker

        key = frozenset(without)
        if key not in self._checkers:
            self._checkers[key] = Checker(self, without=key)
        return self._checkers[key]


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known names that a slip of the pen could have meant."""
    return difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
