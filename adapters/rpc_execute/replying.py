"""The hub's answer: status as a text, data in the site's cipher without line breaks, faults for bad form."""

from __future__ import annotations

from adapters import jsontext, xmltext
from adapters.parts import said, writable
from adapters.rpc_execute import cipher, envelope, plain
from adapters.rpc_execute.papers import ANSWERS, FIELDS, TYPE, WORDS, Site, site
from adapters.situation import Situation, every, service_code, situation
from hub.errors import SenderError
from hub.message import Finding, wall
from hub.ports import Answer, Call, Incoming, WireReply

_CODES = {
    Situation.ACCEPTED: "200",
    Situation.DUPLICATE: "201",
    Situation.MALFORMED: "400",
    Situation.AUTH: "401",
    Situation.OFFLINE: "403",
    Situation.NO_PATH: "404",
    Situation.REQUIRED: "410",
    Situation.FORMAT: "411",
    Situation.CODE: "412",
    Situation.TOO_LARGE: "413",
    Situation.CONFLICT: "420",
    Situation.BUSY: "430",
    Situation.INTERNAL: "500",
    Situation.UPSTREAM: "690",
}
_TOLD = (Situation.REQUIRED, Situation.FORMAT, Situation.CODE)


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """HTTP 200 with a status inside; only the form of a call itself makes a fault."""
    meaning = situation(answer, incoming)
    if meaning is Situation.NO_PATH and "path" in incoming.context:
        return WireReply(404)
    headers = {"Content-Type": TYPE}
    if meaning is Situation.MALFORMED and "fault" in incoming.context:
        return WireReply(500, headers, envelope.fault(str(incoming.context["fault"])))
    where = site(call.system)
    status, words = _said(meaning, answer, incoming)
    data = ""
    if meaning in (Situation.ACCEPTED, Situation.DUPLICATE) and incoming.message:
        try:
            data = cipher.closed(
                _inside(answer, incoming, call, where), where.data, call.credentials["site_key"]
            )
        except SenderError:  # what the caller's charset lacks is not told with holes in it
            status, words = "500", "系统异常"
    if where.encoded:
        members = (("status", status), ("message", words), ("data", data))
        inner = "".join(xmltext.element(name, text) for name, text in members)
        text = f"<Return>{inner}</Return>"
    else:
        text = jsontext.write({"status": status, "message": words, "data": data})
    body = envelope.written(f"{where.method}Response", [(f"{where.method}Return", text)], where)
    return WireReply(200, headers, body)


def _said(meaning: Situation, answer: Answer, incoming: Incoming) -> tuple[str, str]:
    refused = service_code(answer, incoming)
    own = ANSWERS.spelling(refused) if refused else ""
    if own:
        return own, answer.message or WORDS.get(own, refused)
    code = _CODES.get(meaning, "500")
    findings = every(answer, incoming)
    if meaning in _TOLD:
        if refused and not findings:
            return "500", "系统异常"
        told = ";".join(_finding(one, incoming.stage or incoming.message) for one in findings)
        return code, told or WORDS[code]
    return code, "操作成功" if code == "200" else WORDS.get(code, "")


def _finding(finding: Finding, carried: str) -> str:
    """`说明:外部字段名`, as the papers have it."""
    code = {"field.required": "410", "code.unknown": "412"}.get(finding.code, "411")
    return f"{WORDS[code]}:{FIELDS.foreign_name(carried, finding.at) or finding.at}"


def _inside(answer: Answer, incoming: Incoming, call: Call, where: Site) -> bytes:
    if not incoming.stage:
        parts = said(FIELDS, incoming.message, "reply", answer.data, {})
        writable(parts, where.charset, xml=where.encoded)
        return plain.written(parts, "Data", where)
    received = str(answer.data.get("receivedTime") or wall(call.now))[:19].replace("T", " ")
    receipt = {"sn": incoming.key, "slh": str(answer.data.get("hubId", "")), "slsj": received}
    if where.encoded:
        inner = "".join(xmltext.element(name, text) for name, text in receipt.items())
        return f"<Data>{inner}</Data>".encode(where.charset, "replace")
    return jsontext.write(receipt).encode(where.charset, "replace")
