"""What differs between two runs of the same inputs without meaning anything: signatures, ports, wall times.

A masked journal is compared with another's line by line. Everything else stays as it was said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from hub.message import CST
from simulators.journal import Exchange, Search, hide
from simulators.system import System

_WORD = "sign|nonce|digest|password|token|passwd|hmac|traceparent|authorization|certificate|requestid"
_NAME = re.compile(_WORD, re.I)
_JSON = re.compile(rf'("[^"]*(?:{_WORD})[^"]*"\s*:\s*)"(?:[^"\\]|\\.)*"', re.I)
_XML = re.compile(rf"(<([\w:.-]*(?:{_WORD})[\w:.-]*)(?:\s[^>]*)?>)[^<]+(?=</\2>)", re.I)
_FORM = re.compile(rf"([\w.-]*(?:{_WORD})[\w.-]*=)[^&\s\"<]+", re.I)
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d{2,5}")
_TIME = re.compile(
    r"(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)"
    r"|(?<!\d)(?P<ms>1\d{12})(?!\d)|(?<!\d)(?P<plain>20\d{12})(?!\d)"
)
_NEAR = timedelta(hours=26)


def masked(one: Exchange, secrets: Iterable[str] = ()) -> dict[str, Any]:
    """An exchange as shown, with what means nothing replaced by a word for it."""
    shown = one.shown()
    shown["at"] = "TIME"
    for part in (shown["request"], shown["reply"]):
        if part is None:
            continue
        part["headers"] = {
            name: "SIGN" if _NAME.search(name) else _plain(value, one.at, secrets)
            for name, value in part["headers"].items()
            if name.lower() not in ("date", "user-agent", "host", "content-length", "traceparent")
        }
        part["body"] = _plain(part["body"], one.at, secrets)
    shown["request"]["path"] = _plain(shown["request"]["path"], one.at, secrets)
    return shown


def _plain(text: str, at: datetime, secrets: Iterable[str]) -> str:
    text = hide(text, secrets)
    text = _JSON.sub(r'\1"SIGN"', text)
    text = _XML.sub(r"\1SIGN", text)
    text = _FORM.sub(r"\1SIGN", text)
    return _TIME.sub(lambda found: "TIME" if _near(found, at) else found[0], _PORT.sub("PORT", text))


def _near(found: re.Match[str], at: datetime) -> bool:
    """Is it a moment of this run, and not one of the business (an opening in three weeks)?"""
    try:
        if found["ms"]:
            moment = datetime.fromtimestamp(int(found["ms"]) / 1000, CST)
        elif found["plain"]:
            moment = datetime.strptime(found["plain"], "%Y%m%d%H%M%S").replace(tzinfo=CST)
        else:
            moment = datetime.fromisoformat(found["iso"].replace(" ", "T"))
    except ValueError:
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=CST)
    return abs(moment - at) < _NEAR


def exported(systems: Iterable[System], search: Search, *, mask: bool = False) -> Iterator[str]:
    """JSON lines, system by system in order, each exchange with its system's id; secrets never."""
    for system in systems:
        secrets = [*system.desk.credentials.values()]
        for one in system.journal.found(search):
            told = masked(one, secrets) if mask else one.shown()
            line = json.dumps({"system": system.desk.id, **told}, ensure_ascii=False, sort_keys=True)
            yield hide(line, secrets)
