"""W3C trace context through the hub, and spans of what anybody may know of."""

from hub.tracing.context import Context, current, parse, shown

__all__ = ["Context", "current", "parse", "shown"]
