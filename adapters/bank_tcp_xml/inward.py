"""The bank tells of a pay-in on the port that is its own; the answer never says whose it is."""

from __future__ import annotations

import hashlib
import re

from lxml import etree

from adapters import xmltext
from adapters.bank_tcp_xml import wire
from adapters.bank_tcp_xml.papers import FIELDS, LIMIT, NOTICE, NOTICE_ANSWER, PAY_IN
from adapters.incoming import unread
from adapters.proof import octets, same
from adapters.situation import MALFORMED, NO_PATH, TOO_LARGE, Situation, bad, every, situation
from hub.message import shown
from hub.ports import Answer, Call, Incoming, WireReply, WireRequest

_REFUSED = {
    Situation.CONFLICT: ("2006", "同一流水号内容不一致"),
    Situation.AUTH: ("1001", "授权码错误"),
    Situation.OFFLINE: ("1001", "授权码错误"),
    Situation.REQUIRED: ("2001", "必填项为空"),
    Situation.FORMAT: ("2002", "字段格式错误"),
    Situation.CODE: ("2003", "代码不存在"),
    Situation.MALFORMED: ("4002", "报文不是合法XML"),
    Situation.TOO_LARGE: ("4003", "报文过大"),
    Situation.NO_PATH: ("4001", "交易码不存在"),
    Situation.BUSY: ("3002", "系统繁忙"),
    Situation.UPSTREAM: ("3002", "系统繁忙"),
    Situation.INTERNAL: ("9999", "系统异常"),
}
_TOLD = (Situation.REQUIRED, Situation.FORMAT, Situation.CODE)
_SERIAL = re.compile(r"[0-9A-Za-z._-]{1,64}")


def accept(request: WireRequest, call: Call) -> Incoming:
    """Size, document, transaction, then who; the port has said which bank."""
    if len(request.body) > LIMIT:
        return unread(PAY_IN, "", bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request.body))))
    root = wire.read(request.body)
    head, body = wire.leaves(wire.child(root, "head")), wire.child(root, "body")
    if root is None or xmltext.name_of(root).lower() != "root" or not head or body is None:
        finding = bad(MALFORMED, "", "gb2312 的 root 文档", "", "首尾完整、不含 DOCTYPE 的 XML")
        return unread(PAY_IN, "", finding)
    echo = {"seq": head.get("seqno", "")[:40]}
    if head.get("transcode", "").strip() != NOTICE:
        finding = bad(NO_PATH, "", NOTICE, shown(head.get("transcode", "")))
        return unread(PAY_IN, "", finding, context=echo)
    leaves = wire.leaves(body)
    if not same(leaves.pop("authcode", ""), call.credentials.get("auth_code", "")):
        return unread(PAY_IN, "", bad("auth.failed"), context=echo)
    return pay_in(body, leaves, call.nonce, echo)


def pay_in(node: etree._Element, leaves: dict[str, str], nonce: str, context: dict[str, str]) -> Incoming:
    """What came in, told or looked up: one message for one line of the bank's, whatever brought it."""
    names = {row.foreign.lower(): row.foreign for row in FIELDS.of(PAY_IN, "request")}
    reading = FIELDS.home(PAY_IN, "request", {names.get(name, name): text for name, text in leaves.items()})
    nested = tuple(
        bad("field.format", f"/body/fields/{xmltext.name_of(inner)}", "文本", "子元素")
        for inner in xmltext.children(node)
        if len(inner)
    )
    serial = leaves.get("hstseqnum", "")
    known = serial if _SERIAL.fullmatch(serial) else hashlib.sha256(octets(serial or nonce)).hexdigest()
    return Incoming(
        PAY_IN,
        "",
        "",
        "",
        0,
        f"{NOTICE}:{known}",
        reading.fields,
        ext=reading.ext,
        findings=nested,
        authenticated=True,
        context=context,
    )


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """A receipt, or why not; findings by the bank's own names and without its values."""
    meaning = situation(answer, incoming)
    again = meaning is Situation.DUPLICATE or (meaning is Situation.ACCEPTED and answer.status == 200)
    if meaning in (Situation.ACCEPTED, Situation.DUPLICATE):
        data = {**answer.data, **({"receiptState": "duplicate"} if again else {})}
        data.pop("matched", None)
        values = FIELDS.abroad(PAY_IN, "reply", data, {})
        said = [("Result", "1"), ("Dup", "1" if again else "")]
        said += [(row.foreign, text or "") for row, text in values]
    else:
        code, words = _REFUSED.get(meaning, _REFUSED[Situation.FORMAT])
        findings = every(answer, incoming)
        if meaning in _TOLD and findings:
            words = ";".join(
                f"{FIELDS.foreign_name(PAY_IN, _flat(f.at)) or '报文'}:{f.code}" for f in findings
            )
        said = [("Result", "0"), ("ErrCode", code), ("ErrMsg", words)]
    body = "".join(xmltext.element(name, text) for name, text in said if text)
    serial = "".join(one for one in str(incoming.context.get("seq") or "0") if one.isascii())
    return WireReply(200, {}, wire.document(NOTICE_ANSWER, serial, call.now, body))


def _flat(at: str) -> str:
    """`/body/fields/payer/code` as the table names it: `/payer.code`."""
    return "/" + at.removeprefix("/body/fields/").replace("/", ".")
