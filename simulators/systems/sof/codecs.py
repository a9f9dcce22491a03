"""The three transports (rules 3): a question read into name and arguments, an answer written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hub.catalogue.gateways import Function, Gateway, Profile
from simulators.dialects import jsonread, xmlread
from simulators.wire import Request

SOF = "urn:gmt:0020:sof"
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_TYPES = {
    "rest-exec": "application/json;charset=UTF-8",
    "soap-path": "application/soap+xml;charset=UTF-8",
    "xml-post": "text/xml;charset=GBK",
}
# what was asked: the name as it was written, and the arguments in order or by name
Asked = tuple[str, list[Any] | dict[str, Any]]


class UnreadableError(Exception):
    """Not the form of this profile."""


def content_type(profile: Profile) -> str:
    return _TYPES[profile.transport]


def serves(profile: Profile, path: str) -> bool:
    before, _, after = profile.path.partition("{function}")
    return path == before or (bool(after or "{" in profile.path) and path.startswith(before))


def read(profile: Profile, request: Request) -> Asked:
    """Raises UnreadableError."""
    return _READ[profile.transport](profile, request)


def arguments(function: Function, asked: list[Any] | dict[str, Any]) -> list[str] | None:
    """As texts in the order of the table; None where there are more, fewer or others."""
    names = [one.name for one in function.arguments]
    if isinstance(asked, dict):
        if set(asked) != set(names):
            return None
        asked = [asked[name] for name in names]
    if len(asked) != len(names):
        return None
    return ["" if value is None else str(value) for value in asked]


def _rest(profile: Profile, request: Request) -> Asked:
    body = jsonread.strict(request.body)
    args = (body or {}).get(profile.form["args"])
    wanted = dict if profile.form["arguments"] == "named" else list
    if body is None or not isinstance(args, wanted):
        raise UnreadableError
    return str(body.get(profile.form["function"], "")), args


def _soap(profile: Profile, request: Request) -> Asked:
    try:
        root = xmlread.read(request.body)
    except xmlread.BadXmlError:
        raise UnreadableError from None
    called = root.find(f"{{{_SOAP}}}Body/{{{SOF}}}*")
    named = request.path.removeprefix(profile.path.partition("{function}")[0])
    if called is None or xmlread.local(called) != named:
        raise UnreadableError
    return named, {xmlread.local(one): one.text or "" for one in called}


def _xml(profile: Profile, request: Request) -> Asked:
    try:
        root = xmlread.read(request.body)
    except xmlread.BadXmlError:
        raise UnreadableError from None
    args = root.find(profile.form["args"])
    if xmlread.local(root) != "sof" or args is None:
        raise UnreadableError
    return root.findtext(profile.form["function"], ""), [one.text or "" for one in args]


_READ: Mapping[str, Callable[[Profile, Request], Asked]] = {
    "rest-exec": _rest,
    "soap-path": _soap,
    "xml-post": _xml,
}


def write(profile: Profile, name: str, code: int, value: Any) -> bytes:
    """An answer; `value` is what `told` made of the result, None for no result."""
    row = Gateway.load().errors.get(code)
    message, shown = ("成功" if code == 0 else row.zh if row else ""), code_of(profile, code)
    form = profile.form
    if profile.transport == "rest-exec":
        member = "code" if code and "error-member-code" in profile.quirks else form["code"]
        body = {member: shown, form["message"]: message, form["result"]: value}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    parts = {form["code"]: shown, form["message"]: message, form["result"]: "" if value is None else value}
    if profile.transport == "soap-path":
        inner = "".join(f"<s:{key}>{xmlread.escape(str(one))}</s:{key}>" for key, one in parts.items())
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{_SOAP}"><soap:Body>'
            f'<s:{name}Response xmlns:s="{SOF}">{inner}</s:{name}Response></soap:Body></soap:Envelope>'
        )
        return text.encode()
    inner = "".join(f"<{key}>{xmlread.escape(str(one))}</{key}>" for key, one in parts.items())
    return f'<?xml version="1.0" encoding="GBK"?>\n<sof>{inner}</sof>'.encode("gbk", "replace")


def code_of(profile: Profile, code: int) -> str | int:
    """An error code as this profile writes it."""
    kind = profile.answer["code"]
    if kind == "number":
        return code
    return f"0x{code:08X}" if kind == "0x" else f"{code:08X}" if kind == "hex" else str(code)


def told(profile: Profile, kind: str, value: Any) -> Any:
    """A result of that type as this profile writes it (rules 2 and 4)."""
    number = profile.answer["code"] == "number"
    if kind == "verdict":
        text = profile.answer["yes_value" if value else "no_value"]
        return text == "true" if number and text in ("true", "false") else text
    if kind == "validity":
        worst = next(name for name, sof in profile.validate.items() if sof == -6)
        text = next((name for name, sof in profile.validate.items() if sof == value), worst)
        return int(text) if number else text
    if kind == "code":
        return code_of(profile, value)
    return value if number and kind == "int" else str(value)
