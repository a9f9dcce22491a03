"""What a system reads about its packages: a receipt when all is decided, a bad file when it is in pieces."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapters import laying
from adapters.xml_drop.documents import HEAD, tag
from adapters.xml_drop.inward import WORDS
from adapters.xml_drop.outward import MOMENT
from adapters.xml_drop.papers import FIELDS
from hub.message import wall
from hub.ports import Answer, Incoming

Done = Sequence[tuple[Incoming, Answer]]
_CODES = {"field.required": "R10", "code.unknown": "R12", "idempotency.conflict": "R20"}
_REASONS = {"R10": "必填项为空", "R11": "格式错误", "R12": "代码不存在", "R20": "同版本内容不一致"}


def receipt(done: Done, now: datetime) -> dict[str, Any]:
    """The file that says what became of every record of one package."""
    first = done[0][0]
    name, digest = str(first.context["package"]), str(first.context["digest"])
    code = str(first.context.get("code", ""))
    if any(answer.status in (401, 403) for _, answer in done):
        code = "P06"
    head = [("package", name), ("digest", digest)]
    if code:
        head += [("result", "failure"), ("code", code), ("message", WORDS[code])]
        return _put(f"back/{name}.receipt.xml", tag("receipt", [*head, ("time", _time(now))], ""))
    good = sum(answer.status < 300 for _, answer in done)
    result = "success" if good == len(done) else "partial" if good else "failure"
    items = "".join(tag("item", _item(item, answer)) for item, answer in done)
    return _put(
        f"back/{name}.receipt.xml", tag("receipt", [*head, ("result", result), ("time", _time(now))], items)
    )


def bad(name: str, code: str, now: datetime) -> dict[str, Any]:
    """The file that says a package came in pieces; written once, it is looked at again."""
    head = [("package", name), ("code", code), ("message", WORDS[code]), ("time", _time(now))]
    return _put(f"back/{name}.bad.xml", tag("bad", head))


def _item(item: Incoming, answer: Answer) -> list[tuple[str, str]]:
    head = [("key", item.key), ("version", str(item.version))]
    if answer.status < 300:
        result = "repeat" if answer.status == 200 else "success"
        return [*head, ("result", result), ("receiptNo", str(answer.data.get("hubId", "")))]
    first, findings = laying.foremost(answer, item)
    code = _CODES.get(first, "R11")
    told = []
    for one in findings:
        name = FIELDS.foreign_name(item.stage or item.message, one.at) or _ABOUT.get(one.at, "")
        reason = _REASONS[_CODES.get(one.code, "R11")]
        told.append(f"{reason}:{name}" if name else reason)
    if not told or code == "R20":
        told.insert(0, _REASONS[code])
    return [*head, ("result", "failure"), ("code", code), ("message", ";".join(dict.fromkeys(told)))]


_ABOUT = {"/body/key": "Key", "/body/op": "Op", "/body/version": "Version"}


def _time(now: datetime) -> str:
    return MOMENT.encode(wall(now), {})


def _put(path: str, text: str) -> dict[str, Any]:
    return {"path": path, "b64": base64.b64encode((HEAD + text).encode()).decode("ascii")}
