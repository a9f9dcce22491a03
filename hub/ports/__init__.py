"""What the hub needs from outside, as protocols; packages that fulfil them are found by entry point.

One file a need: `wire` what carriers bring, `values` and `dialect` what codecs translate, `polling` what is
looked at, `gateway` what speaks to those of CAs.
"""

from hub.ports.dialect import Dialect, Encloses, Framed
from hub.ports.gateway import Gateway, GatewayQuestion, GatewayTalk, GatewayWord
from hub.ports.polling import Haul, Plan, Poller, Polls, Settles
from hub.ports.values import (
    CALLBACK,
    PENDING,
    Answer,
    Blame,
    Call,
    Incoming,
    Kind,
    Outcome,
    Outgoing,
    Session,
)
from hub.ports.wire import Bounds, Carrier, CarrierMaker, Carry, Onward, Place, WireReply, WireRequest

__all__ = [
    "CALLBACK",
    "PENDING",
    "Answer",
    "Blame",
    "Bounds",
    "Call",
    "Carrier",
    "CarrierMaker",
    "Carry",
    "Dialect",
    "Encloses",
    "Framed",
    "Gateway",
    "GatewayQuestion",
    "GatewayTalk",
    "GatewayWord",
    "Haul",
    "Incoming",
    "Kind",
    "Onward",
    "Outcome",
    "Outgoing",
    "Place",
    "Plan",
    "Poller",
    "Polls",
    "Session",
    "Settles",
    "WireReply",
    "WireRequest",
]
