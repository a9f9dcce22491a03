"""Answers in SOAP: a response element, or a Fault whose detail carries the code and all findings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from lxml import etree

from hub.message import canonical
from hub.ports import Answer
from hub.server.problem import MOST_FINDINGS, TITLES
from hub.server.soap.names import DEFAULT, SOAP11, Version, q

# These keep their own HTTP status even with a Fault inside: proxies and clients act on them.
_TRANSPORT = frozenset({408, 413, 415, 429, 503})
_MEMBERS = ("code", "at", "severity", "expected", "observed", "advice", "clause")
_XML = "http://www.w3.org/XML/1998/namespace"
# What JSON may hold and XML may not, beside the surrogates the hub has refused already.
_UNWRITABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), "\ufffd")


def response(version: Version, operation: str, answer: Answer) -> web.Response:
    """The good answer of one operation."""
    root = etree.Element(q(f"{operation}Response"), nsmap=DEFAULT)
    _add(root, "code", answer.code)
    for name in ("hubId", "receiptState", "receivedTime", "digest"):
        if name in answer.data:
            _add(root, name, str(answer.data[name]))
    for finding in answer.findings:
        _finding(root, finding.public())
    _add(root, "content", canonical(dict(answer.data)).decode("utf-8"))
    return reply(version, root, 200, None)


def fault(version: Version, answer: Answer, problem: etree._Element | None = None) -> web.Response:
    """The refusal, with the same code and findings as the JSON binding's problem document.

    `problem` stands in for the detail of the generic contract.
    """
    title = answer.message or TITLES.get(answer.status, TITLES[500])
    sender = answer.status < 500
    if version is SOAP11:
        root = etree.Element(q("Fault", version.namespace))
        prefix = "soap:Client" if sender else "soap:Server"
        etree.SubElement(root, "faultcode").text = prefix
        etree.SubElement(root, "faultstring").text = _clean(title)
        detail = etree.SubElement(root, "detail")
        status = 500
    else:
        root = etree.Element(q("Fault", version.namespace))
        code = etree.SubElement(root, q("Code", version.namespace))
        etree.SubElement(code, q("Value", version.namespace)).text = (
            "soap:Sender" if sender else "soap:Receiver"
        )
        reason = etree.SubElement(root, q("Reason", version.namespace))
        text = etree.SubElement(reason, q("Text", version.namespace))
        text.set(f"{{{_XML}}}lang", "zh")
        text.text = _clean(title)
        detail = etree.SubElement(root, q("Detail", version.namespace))
        status = 400 if sender else 500
    if problem is None:
        _problem(detail, answer)
    else:
        detail.append(problem)
    return reply(version, root, answer.status if answer.status in _TRANSPORT else status, answer.retry_after)


def _problem(detail: etree._Element, answer: Answer) -> None:
    problem = etree.SubElement(detail, q("problem"), nsmap=DEFAULT)
    _add(problem, "code", answer.code)
    _add(problem, "status", str(answer.status))
    if answer.data:
        _add(problem, "content", json.dumps(dict(answer.data), ensure_ascii=False, sort_keys=True))
    for finding in answer.findings[:MOST_FINDINGS]:
        _finding(problem, finding.public())


def _finding(parent: etree._Element, row: Mapping[str, Any]) -> None:
    element = etree.SubElement(parent, q("finding"))
    for name in _MEMBERS:
        _add(element, name, str(row[name]))


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, q(name)).text = _clean(text)


def _clean(text: str) -> str:
    return text.translate(_UNWRITABLE).encode("utf-8", "replace").decode("utf-8")


def reply(version: Version, content: etree._Element, status: int, retry_after: int | None) -> web.Response:
    """One element in the SOAP envelope of a version."""
    envelope = etree.Element(q("Envelope", version.namespace), nsmap={"soap": version.namespace})
    body = etree.SubElement(envelope, q("Body", version.namespace))
    body.append(content)
    headers = {"Cache-Control": "no-store"}
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, retry_after))
    raw = etree.tostring(envelope, encoding="utf-8", xml_declaration=True)
    return web.Response(body=raw, status=status, headers=headers, content_type=version.media, charset="utf-8")
