"""How a provider is asked: through its dialect, by the ways of all questions, and without leaving a trace.

The answers' octets stay in memory: a speaker of its own, which puts no files on any shelf.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from hub.delivery.attempt import Caller
from hub.ports import Answer, Outgoing
from hub.services.chain import Chain, Question
from hub.services.terms import Provider, Terms

_LEAST = 2.0  # seconds: a state may take longer here than it may for whoever asks us for one


class Speakers:
    """The hub's speakers without their shelf; each is made anew when the hub's own was."""

    def __init__(self, of: Callable[[str], Caller | None]) -> None:
        self._of = of
        self._made: dict[str, tuple[Caller, Caller]] = {}

    def __call__(self, system: str) -> Caller | None:
        theirs = self._of(system)
        if theirs is None:
            return None
        held = self._made.get(system)
        if held is None or held[0] is not theirs:
            held = self._made[system] = theirs, replace(theirs, enclosing=None)
        return held[1]


class Asks(Protocol):
    """One question to one provider; never raises for what a provider can do."""

    async def __call__(self, service: str, system: str, fields: Mapping[str, Any]) -> Answer: ...


class Asking:
    """`shown=False`: that somebody was asked stands in no gauge of the provider's health."""

    def __init__(
        self, chain: Chain, terms: Callable[[], Mapping[str, Terms]], ticks: Callable[[], float]
    ) -> None:
        self._chain, self._terms, self._ticks = chain, terms, ticks

    async def __call__(self, service: str, system: str, fields: Mapping[str, Any]) -> Answer:
        terms = self._terms()[service]
        seconds = max(terms.seconds, _LEAST)
        outgoing = Outgoing(service, "", "query", 1, fields, sender="hub")
        key = str(fields.get("requestNo") or fields.get("ticket") or "")
        ways = (Provider(system, 1, seconds),)
        asked = Question(terms, ways, outgoing, lambda _: key, shown=False)
        return (await self._chain.ask(asked, self._ticks() + seconds, cut=False)).answer
