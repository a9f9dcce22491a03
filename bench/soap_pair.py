"""The same outgoing SOAP message built, and the same answer read, by the adapter and by zeep.

zeep is given values of the right kinds and adds no security header (the adapter makes one, and maps
names, times and codes besides): what stands against us here is zeep at its least.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import zeep
import zeep.transports
from lxml import etree

from adapters import soap11_wsse
from hub.catalogue.papers import ROOT, Papers
from hub.ports import Answer, Call, Outgoing, WireReply
from hub.standard import load

PAPERS = "soap11-wsse"
STAGE = "eng-tender-notice"
_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two calls that do the same."""

    name: str
    ours: Callable[[], object]
    theirs: Callable[[], object]


class Disk(zeep.transports.Transport):  # type: ignore[misc]
    """The schema beside the WSDL is all there is."""

    def load(self, url: str) -> bytes:
        path = Path(url.removeprefix("file://"))
        if not path.is_relative_to(ROOT):
            path = ROOT / PAPERS / (url.rpartition("xsd=")[2] or path.name)
        return path.read_bytes()


def pairs() -> tuple[Pair, ...]:
    """Building a request and reading its answer; SystemExit if the two requests differ after C14N."""
    client = zeep.Client(str(ROOT / PAPERS / "exchange.wsdl"), transport=Disk())
    call = Call("D09", "", {"username": "u", "password": "p"}, datetime.now(UTC), "00" * 16, "k")
    fields = load().sample(STAGE, 1)["body"]["fields"]
    outgoing = Outgoing("m", STAGE, "insert", 1, fields, sender="T03", key="K-1", hub_id="1")
    request = soap11_wsse.DIALECT.encode(outgoing, call)
    body = _body(etree.fromstring(request.body))
    operation = etree.QName(body).localname.removesuffix("Request")
    parts = _parts(body)

    def theirs() -> bytes:
        return bytes(etree.tostring(client.create_message(client.service, operation, **parts)))

    if _plain(_body(etree.fromstring(theirs()))) != _plain(body):
        raise SystemExit("两份报文不同 / the two messages differ after C14N")
    incoming = soap11_wsse.DIALECT.accept(request, call)
    receipt = {"hubId": "1", "receiptState": "accepted", "receivedTime": "2026-11-22T09:00:01+08:00"}
    answer = soap11_wsse.DIALECT.reply(Answer(202, "0000", data=receipt), incoming, call)
    reply = WireReply(answer.status, {name.lower(): v for name, v in answer.headers.items()}, answer.body)
    reader = client.service._binding._operations[operation]
    return (
        Pair("build", lambda: soap11_wsse.DIALECT.encode(outgoing, call).body, theirs),
        Pair(
            "read",
            lambda: soap11_wsse.DIALECT.decode(reply, outgoing, call),
            lambda: reader.process_reply(etree.fromstring(reply.body)),
        ),
    )


def _parts(body: Any) -> dict[str, dict[str, Any]]:
    kinds = {row.foreign: row.foreign_type for row in Papers.load(PAPERS).fields if row.stage in ("*", STAGE)}
    return {
        etree.QName(part).localname: {
            (name := etree.QName(one).localname): _typed(kinds[name], one.text or "") for one in part
        }
        for part in body
    }


def _typed(kind: str, text: str) -> Any:
    if kind == "xs:dateTime":
        return datetime.fromisoformat(text)
    if kind == "xs:date":
        return date.fromisoformat(text)
    if kind == "xs:boolean":
        return text == "true"
    if kind == "xs:int":
        return int(text)
    return Decimal(text) if kind == "xs:decimal" else text


def _body(envelope: Any) -> Any:
    return envelope.find(f"{_SOAP}Body")[0]


def _plain(node: Any) -> bytes:
    """C14N without the prefixes, which are the writer's choice."""
    copy = etree.fromstring(etree.tostring(node))
    for inner in copy.iter():
        inner.tag = etree.QName(inner).localname
    etree.cleanup_namespaces(copy)
    return bytes(etree.tostring(copy, method="c14n", exclusive=True))
