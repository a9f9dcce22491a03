"""A package and its marker are laid down, and the folder of receipts is asked what became of it."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from lxml import etree

from adapters import laying, xmltext
from adapters.answers import DELIVERED, told
from adapters.forms import compile_form
from adapters.xml_drop import documents
from adapters.xml_drop.package import Package, packed
from adapters.xml_drop.papers import ANSWER_LIMIT, ANSWERS, FIELDS, LIMIT, QUESTIONS
from hub.errors import SenderError
from hub.ports import Blame, Call, Kind, Outcome, Outgoing, WireReply, WireRequest

_PENDING = Outcome(Kind.RETRY, "receiver.pending", Blame.RECEIVER)
_PARTIAL = Outcome(Kind.RETRY, "receiver.receipt-partial", Blame.RECEIVER)
_OTHER = Outcome(Kind.REFUSED, "receiver.conflict", Blame.SENDER)
_DUPLICATE = Outcome(Kind.DUPLICATE, "receiver.duplicate")
MOMENT = compile_form("datetime:yyyyMMddHHmmss", {})


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """Nothing is written again that is there, or whose receipt is there."""
    package = packed(outgoing, call)
    question = laying.carried(outgoing) in QUESTIONS
    receipt, answer, bad = (f"out/{package.name}.{what}.xml" for what in ("receipt", "answer", "bad"))
    done = answer if question else receipt
    octets = base64.b64encode(package.octets).decode("ascii")
    puts = [
        {"path": f"in/{package.name}.zip", "b64": octets, "unless": done},
        {"path": f"in/{package.name}.zip.ok", "b64": "", "unless": done},
    ]
    gets = [receipt, answer, bad] if question else [receipt, bad]
    return laying.asking("FILES", {"put": puts, "get": gets, "limit": ANSWER_LIMIT})


def decode(reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
    """Receipt before answer before bad; nothing of all is not yet judged."""
    said = laying.said(reply, ANSWERS, LIMIT, pages=False)
    if isinstance(said, Outcome):
        return said
    try:
        package = packed(outgoing, call)
        laying.listed(said.get("put"), 2)
        return _judged(said.get("got"), package, laying.carried(outgoing))
    except (laying.LookError, SenderError):
        return laying.broken(reply)


def _document(got: object, name: str, kind: str) -> etree._Element | None:
    """One document of our package, None when it is not there; LookError when it cannot be read."""
    if not isinstance(got, dict):
        raise laying.LookError("broken")
    text = got.get(f"out/{name}.{kind}.xml")
    if text is None:
        return None
    root = documents.read(_octets(text))
    if root is None or root.tag != kind or root.get("package") != name:
        raise laying.LookError("broken")
    return root


def _octets(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise laying.LookError("broken") from error


def _judged(got: object, package: Package, carried: str) -> Outcome:
    question = carried in QUESTIONS
    for kind in ("receipt", "answer", "bad") if question else ("receipt", "bad"):
        root = _document(got, package.name, kind)
        if root is None:
            continue
        if kind != "bad" and root.get("digest") != package.digest:
            return told(_OTHER, package.name)
        if kind == "answer":
            return _answered(root, carried)
        if root.get("code"):
            return ANSWERS.of(root.get("code", ""), root.get("message", ""))
        if kind == "bad":
            raise laying.LookError("broken")
        outcome = _item(root, package)
        if not question or outcome.kind not in (Kind.DELIVERED, Kind.DUPLICATE):
            return outcome  # that a question was taken is not yet its answer
    return told(_PENDING, package.name)


def _item(receipt: etree._Element, package: Package) -> Outcome:
    item = next((one for one in receipt.iterfind("item") if one.get("key") == package.item), None)
    if item is None:
        return told(_PARTIAL, package.name)
    result, words = item.get("result", ""), item.get("message", "")
    data = {"receiptNo": item.get("receiptNo", ""), "receiptTime": MOMENT.decode(receipt.get("time", ""))}
    data = {name: text for name, text in data.items() if text}
    match result:
        case "success":
            return told(DELIVERED, result, data)
        case "repeat":
            return told(_DUPLICATE, result, data)
        case "failure":
            return ANSWERS.of(item.get("code", ""), words)
        case _:
            raise laying.LookError("broken")


def _answered(root: etree._Element, carried: str) -> Outcome:
    reply = xmltext.child(root, "reply")
    if reply is None:
        raise laying.LookError("broken")
    data: dict[str, Any]
    data, _, _ = documents.home(FIELDS, carried, "reply", reply)
    return told(DELIVERED, "answer", data)
