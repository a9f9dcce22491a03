"""The two faces under one name."""

from __future__ import annotations

from adapters.dialect import Stateless
from adapters.http_xml import inward, outward, replying
from adapters.http_xml.papers import LIMIT, WITH_FILES, site
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, WireReply, WireRequest


class HttpXml(Stateless):
    """The key makes repeating safe; who speaks and in which charset is told by the system."""

    name = "http-xml"

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply, outgoing, call)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return replying.reply(answer, incoming, call)

    def encloses(self, system: str, message: str, stage: str) -> int:
        """Octets go into services, and into contracts for a system that takes attachments."""
        carried = not stage or (site(system).attachments and stage in WITH_FILES)
        return LIMIT * 3 // 4 if carried else 0
