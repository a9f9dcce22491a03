"""Trace context (W3C Trace Context, `traceparent`): taken from callers, carried in the journal, passed on.

A caller's trace id says who belongs together, so it is passed on and told only where the message itself
may be known. Whatever is not exactly the standard's form is as if it were not there.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass, replace

HEADER = "traceparent"
_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16


@dataclass(frozen=True, slots=True)
class Context:
    """`span` is the caller's span, or ours for those we call; `known`: anybody may know of the message."""

    trace: str
    span: str
    flags: str = "01"
    known: bool = False

    @property
    def header(self) -> str:
        return f"00-{self.trace}-{self.span}-{self.flags}"

    def child(self, span: str, *, known: bool | None = None) -> Context:
        return replace(self, span=span, known=self.known if known is None else known)


current: ContextVar[Context | None] = ContextVar("hutong_trace", default=None)


def parse(header: str | None) -> Context | None:
    """The caller's context; later versions of the header are read as far as this one goes (section 4.3)."""
    found = _FORM.fullmatch(header or "")
    if found is None:
        return None
    version, trace, span, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or trace == _NO_TRACE or span == _NO_SPAN:
        return None
    return Context(trace, span, f"{int(flags, 16) & 1:02x}")


def shown() -> str:
    """The trace id for a log line: empty unless anybody may know of what is being done."""
    context = current.get()
    return context.trace if context is not None and context.known else ""
