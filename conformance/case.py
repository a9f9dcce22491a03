"""A case: one small async function with a clause; its id is computed from where it stands.

The first line of its docstring is the Chinese title, the rest the reason why anybody asks. The English
title is the function's name, so that a case cannot be renamed in one language only.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from conformance.sut import Sut
from conformance.verdict import Text

Run = Callable[[Sut], Awaitable[None]]


class Level(StrEnum):
    """RFC 2119 strength of the clause behind the case."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Profile(StrEnum):
    """How the examined system is connected: in the native envelope, or in a dialect through an adapter."""

    DIRECT = "direct"
    VIA_ADAPTER = "via-adapter"


@dataclass(frozen=True, slots=True)
class Case:
    """`needs` names endpoints without which the case cannot be asked, `stages` those it is about,
    `dialect` the one it is spoken in (empty: the native envelope)."""

    id: str
    requirement: str
    level: Level
    profile: Profile
    dialect: str
    needs: tuple[str, ...]
    stages: tuple[str, ...]
    title: Text
    why: str
    run: Run

    @property
    def chapter(self) -> str:
        return self.id.partition("/")[0]


def case(
    requirement: str,
    level: Level,
    *,
    needs: tuple[str, ...] = (),
    stages: tuple[str, ...] = (),
    dialect: str = "",
) -> Callable[[Run], Case]:
    """Turn a function into a case of `requirement`."""

    def made(run: Run) -> Case:
        name = str(getattr(run, "__name__", "case"))
        title, _, why = inspect.cleandoc(run.__doc__ or "").partition("\n\n")
        if not title or not why:
            raise TypeError(f"{run.__module__}.{name}: a case says its title and its reason")
        place = "/".join(run.__module__.split(".")[-2:])
        return Case(
            id=f"{place}/{name}".replace("_", "-"),
            requirement=requirement,
            level=level,
            profile=Profile.VIA_ADAPTER if dialect else Profile.DIRECT,
            dialect=dialect,
            needs=needs,
            stages=stages,
            title=Text(" ".join(title.split()), name.replace("_", " ")),
            why=" ".join(why.split()),
            run=run,
        )

    return made
