"""`/soap`: opens the SOAP envelope, hands the record to the hub, words what the hub says."""

from __future__ import annotations

import logging
from collections.abc import Callable
from html import escape
from importlib.resources import files
from urllib.parse import urlencode

from aiohttp import web
from lxml import etree

from hub.engine import Reader
from hub.errors import HubError, SenderError
from hub.faults import place
from hub.message import Finding
from hub.pipeline.member import not_the_bearer
from hub.ports import Answer
from hub.server.context import Context
from hub.server.diagnosis import explained
from hub.server.intake import XML_MEDIA, check_media, read_body
from hub.server.messages import bearer, throttle
from hub.server.problem import NOT_FOUND, refusal, respond, say
from hub.server.routes import Asked
from hub.server.soap import record, strict, typed, wording
from hub.server.soap.names import (
    OPERATIONS,
    PUT_RECORD,
    QUERY_TRACE,
    SOAP11,
    SOAP12,
    UIS,
    VERSIONS,
    Version,
    q,
)

log = logging.getLogger(__name__)
CLAUSE = "EX-SOAP-01"


async def wsdl(ctx: Context, asked: Asked) -> web.StreamResponse:
    """The contract, with the address the caller reached us at."""
    if "wsdl" not in {name.lower() for name in asked.request.query}:
        return respond(
            say(400, "soap.wsdl", "WSDL 在 /soap?wsdl(通用)与 /soap?wsdl=typed(逐环节);报文请用 POST")
        )
    address = f"{asked.request.scheme}://{asked.request.host}/soap"
    if asked.request.query.get("wsdl") == "typed":
        return web.Response(body=typed.contract(address), content_type="text/xml", charset="utf-8")
    text = files("hub.server.soap").joinpath("hutong.wsdl").read_text("utf-8")
    return web.Response(
        text=text.replace("http://127.0.0.1:8700/soap", escape(address)), content_type="text/xml"
    )


async def receive(ctx: Context, asked: Asked) -> web.StreamResponse:
    """One call. Whatever goes wrong is said as a Fault of the caller's SOAP version."""
    version = SOAP12 if asked.request.content_type == SOAP12.media else SOAP11
    operation = PUT_RECORD
    words: Callable[[Version, str, Answer], web.Response] = _worded
    try:
        check_media(asked.request, XML_MEDIA)
        root = strict.read(await read_body(asked.request, ctx.limits))
        version = VERSIONS.get(etree.QName(root).namespace or "", version)
        element = _operation(root)
        operation = etree.QName(element).localname
        if typed.is_typed(element.tag):
            words = typed.response
        answer = await _call(ctx, asked.request, operation, element)
    except HubError as error:
        answer = refusal(error)
    except Exception as error:
        log.error("soap call failed: %s", place(error))
        answer = say(500, "hub.internal", "平台内部错误,已记录")
    ctx.edge.note(answer.status, answer.code)
    return words(version, operation, answer)


def _worded(version: Version, operation: str, answer: Answer) -> web.Response:
    if answer.status >= 400:
        return wording.fault(version, answer)
    return wording.response(version, operation, answer)


def _operation(root: etree._Element) -> etree._Element:
    """The one element in the SOAP body, after the envelope and its headers have been found in order."""
    name = etree.QName(root)
    if name.localname != "Envelope" or name.namespace not in VERSIONS:
        raise _refused("soap.version", " | ".join(VERSIONS), root.tag, "使用 SOAP 1.1 或 1.2 信封")
    namespace = str(name.namespace)
    for block in root.findall(f"{q('Header', namespace)}/*"):
        if block.get(q("mustUnderstand", namespace)) in {"1", "true"}:
            raise _refused("soap.must-understand", "不带必须理解的头", block.tag, "去掉该 SOAP 头")
    bodies = root.findall(q("Body", namespace))
    content = list(bodies[0]) if len(bodies) == 1 else []
    if len(content) != 1:
        raise _refused("soap.envelope", "一个 Body,其中一个元素", str(len(content)), "按 WSDL 组织报文")
    tag = content[0].tag if isinstance(content[0].tag, str) else ""
    if not typed.is_typed(tag) and tag not in {q(operation) for operation in OPERATIONS}:
        raise _refused("soap.operation", " | ".join(OPERATIONS), tag, f"命名空间须为 {UIS}")
    return content[0]


async def _call(ctx: Context, request: web.Request, operation: str, element: etree._Element) -> Answer:
    if typed.is_typed(element.tag):
        return await typed.call(ctx, request, element)
    if operation == QUERY_TRACE:
        return await _trace(ctx, element, bearer(ctx, request))
    envelope = record.envelope_text(element)
    limited = throttle(ctx, request.remote, envelope)
    if limited is not None:
        return limited
    borne = bearer(ctx, request)
    if operation == PUT_RECORD:
        return await explained(ctx, envelope, await ctx.hub.submit(envelope, borne))
    return await explained(ctx, envelope, await ctx.hub.service(envelope, borne))


async def _trace(ctx: Context, element: etree._Element, borne: frozenset[str] | None) -> Answer:
    """`auth` holds what the five headers would hold for the same question over REST."""
    values = {etree.QName(child).localname: child.text or "" for child in element if child.tag != q("auth")}
    auth = element.find(q("auth"))
    proof = {etree.QName(child).localname: child.text or "" for child in (auth if auth is not None else ())}
    hub_id, sender, msg_id = (values.get(name, "") for name in ("hubId", "from", "msgId"))
    if not hub_id and not (sender and msg_id):
        raise _refused("query.incomplete", "hubId,或 from 与 msgId", "", "补全查询条件")
    target = (
        f"/v1/messages/{hub_id}" if hub_id else f"/v1/messages?{urlencode({'from': sender, 'msgId': msg_id})}"
    )
    names = (("Key", "keyId"), ("Time", "time"), ("Nonce", "nonce"), ("Alg", "alg"), ("Sign", "value"))
    headers = {f"X-Hutong-{header}": proof.get(member, "") for header, member in names}
    await ctx.hub.signers.settle(headers["X-Hutong-Key"])
    principal = Reader(ctx.callers.asking("GET", target, headers))
    if borne is not None and principal.principal not in borne:
        finding = not_the_bearer(principal.principal)
        raise SenderError("证书与签名者不符", code=finding.code, status=403, findings=(finding,))
    found = ctx.hub.trace(principal, hub_id) if hub_id else ctx.hub.find(principal, sender, msg_id)
    return NOT_FOUND if found is None else Answer(200, "0000", data=found)


def _refused(code: str, expected: str, observed: str, advice: str) -> SenderError:
    return SenderError(
        advice, code=code, findings=(Finding(code, "", expected, observed[:80], advice, CLAUSE),)
    )
