"""The unified message: its envelope, its canonical bytes, its signature, and what can be wrong with it."""

from hub.message.finding import Finding, Severity, refusing, shown

__all__ = ["Finding", "Severity", "refusing", "shown"]
