"""The typed contract at the same address: an operation for each stage and service, every field typed.

The generic operations carry any record under three names; these are the published contract
(`hub.standard.bindings`). Both become the same native envelope before the hub sees it.
"""

from __future__ import annotations

from functools import cache
from html import escape

from aiohttp import web
from lxml import etree

from hub.message import canonical
from hub.ports import Answer
from hub.server.context import Context
from hub.server.messages import bearer, throttle
from hub.server.problem import TITLES
from hub.server.soap import wording
from hub.server.soap.names import Version
from hub.standard import load
from hub.standard.bindings import soap_answers
from hub.standard.bindings.soap_decode import read_element
from hub.standard.bindings.soap_names import NS
from hub.standard.bindings.soap_wsdl import wsdl

_ADDRESS = "http://127.0.0.1:8700/soap"
REQUEST_REPLY = "request-reply"


def is_typed(tag: str) -> bool:
    """Does the element belong to the typed contract?"""
    return tag.startswith(f"{{{NS}}}")


def contract(address: str) -> bytes:
    """The WSDL with the address the caller reached us at."""
    return _contract().replace(_ADDRESS.encode(), escape(address).encode("utf-8"))


@cache
def _contract() -> bytes:
    return wsdl(load(), _ADDRESS)


async def call(ctx: Context, request: web.Request, element: etree._Element) -> Answer:
    """One message or question; what the elements themselves have wrong is told before the hub is asked."""
    standard = load()
    envelope = read_element(standard, element)
    if isinstance(envelope, tuple):
        return Answer(422, envelope[0].code, "SOAP 报文元素不符合 WSDL", findings=envelope)
    raw = canonical(envelope)
    limited = throttle(ctx, request.remote, raw)
    if limited is not None:
        return limited
    service = standard.services.get(etree.QName(element).localname)
    asks = service is not None and service.pattern == REQUEST_REPLY
    borne = bearer(ctx, request)
    return await (ctx.hub.service(raw, borne) if asks else ctx.hub.submit(raw, borne))


def response(version: Version, name: str, answer: Answer) -> web.Response:
    """The good answer of one operation, or its Fault."""
    if answer.status >= 400:
        title = TITLES.get(answer.status, TITLES[500])
        told = soap_answers.problem(
            answer.code, answer.status, answer.findings, title=title, detail=answer.message
        )
        return wording.fault(version, answer, told)
    content = soap_answers.response(load(), name, answer.code, answer.data, answer.findings)
    return wording.reply(version, content, 200, None)
