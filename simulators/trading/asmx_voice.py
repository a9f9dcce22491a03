"""T03, the old system: .asmx calls with a static token, and the same bytes again when an answer is late.

Written from `dialects/asmx-parasxml/rules.md` as the *caller*. Its amounts travel in 万元 without a
unit, so what the hub must understand (`meant`) is not the record it has inside.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lxml import etree

from hub.catalogue.papers import Papers
from hub.standard import Standard
from simulators.dialects.asmx_parasxml import DECLARATION, NS, TYPE, elements, envelope
from simulators.dialects.xmlread import BadXmlError, local, read
from simulators.sheet import envelope_names
from simulators.trading.voice import Fields, Heard, Saying, Wire
from simulators.translate import homeward, outward

NAME = "asmx-parasxml"
PATH = "/WebService/TradeDataService.asmx"
_AGAIN = frozenset({"BUSY", "SYS", "UPBUSY", "NOREC", "PARENT"})
_DECLARED = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")


class AsmxVoice:
    """Calls to `/in/{id}/WebService/TradeDataService.asmx`."""

    late_duplicate_every = 4

    def __init__(self, ident: str, credentials: Mapping[str, str], standard: Standard) -> None:
        papers = Papers.load(NAME)
        self._ident = ident
        self._credentials = credentials
        self._standard = standard
        self._methods: Mapping[str, str] = papers.facts["operations"]
        self._papers = papers

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        """Its own GUID per row; the hub's message number follows from it (FORMS.md, inward envelope)."""
        digest = hashlib.sha256(f"{self._ident}/{stamp}/{stage}/{bidder}".encode()).digest()
        guid = str(uuid.UUID(bytes=digest[:16], version=4))
        return f"{guid}:1:insert", guid

    def meant(self, saying: Saying) -> Fields:
        """Carried fields only, amounts in 万元 with unit `1`, booleans and codes back in standard codes."""
        if saying.service:
            return dict(saying.fields)
        found: Fields = dict(homeward(NAME, saying.stage, "in", self._foreign(saying)))
        stage = self._standard.stage(saying.stage)
        required = {f.name for f in stage.fields if f.required}
        whole = {f.name for f in stage.fields if f.type == "integer"}
        found = {n: int(v) if n in whole and str(v).isdigit() else v for n, v in found.items()}
        for row in self._papers.rows(saying.stage, "in"):
            kind, _, unit = row.form.removeprefix("amount:").partition(":")
            if row.form.startswith("amount:") and unit and (row.standard in found or unit in required):
                found[unit] = "1" if kind == "wan" else "0"
        return found

    def _foreign(self, saying: Saying) -> dict[str, str]:
        return outward(NAME, saying.stage, "request" if saying.service else "in", saying.fields)

    def write(self, saying: Saying, now: datetime) -> Wire:
        """The same bytes in every attempt: the time of sending is the first one's."""
        method, foreign = self._methods[saying.stage], self._foreign(saying)
        rows = self._papers.rows(saying.stage, "request" if saying.service else "in")
        paras = {row.foreign: foreign.get(row.foreign, "") for row in rows}
        if not saying.service:
            paras = self._head(saying, now) | paras
        inner = f"{DECLARATION}<paras>{elements(paras)}</paras>".replace("]]>", "]]]]><![CDATA[>")
        token = elements({"ValidateData": self._credentials["token"]})
        body = f'<{method} xmlns="{NS}">{token}<ParasXml><![CDATA[{inner}]]></ParasXml></{method}>'
        headers = {"Content-Type": TYPE, "SOAPAction": f'"{NS}{method}"'}
        return Wire(f"/in/{self._ident}{PATH}", headers, envelope(body).encode("utf-8"))

    def _head(self, saying: Saying, now: datetime) -> dict[str, str]:
        names = envelope_names(NAME, "in")
        at = saying.said_at or now
        return {
            names["@key"]: saying.key,
            names["@op"]: "A",
            names["@version"]: "1",
            names["@from"]: self._ident,
            names["@sentAt"]: f"{at:%Y-%m-%d %H:%M:%S}",
        }

    def read(self, saying: Saying, status: int, body: bytes) -> Heard:
        """Code 1 is success, also when it repeats; a busy hub and a broken answer are asked again."""
        info = _answer(body) if status == 200 else None
        if info is None:
            refused = status in (403, 404, 405, 413)
            return Heard(refused, False, status, f"http-{status}" if status != 200 else "broken-answer")
        if info["Code"] == "1":
            told = _told(saying, info["root"]) if saying.service else {}
            repeat = info.get("IsRepeat") == "T"
            return Heard(True, True, status, "0000", info.get("ReceiptNo", ""), told, repeat)
        code = info.get("ErrorCode", "")
        return Heard(
            code not in _AGAIN, False, status, code, told={"Description": info.get("Description", "")}
        )


def _answer(body: bytes) -> dict[str, Any] | None:
    """The string in the Result element, parsed; None when there is no such thing."""
    try:
        root = read(body)
        result = next((e for e in root.iter(etree.Element) if local(e).endswith("Result")), None)
        inner = read(_DECLARED.sub("", (result.text if result is not None else "") or ""))
    except BadXmlError:
        return None
    told = {local(e): e.text or "" for e in inner.iter(etree.Element) if not len(e)}
    return {**told, "root": inner} if "Code" in told else None


def _told(saying: Saying, root: etree._Element) -> Fields:
    """The reply of a service in the standard's names; lists of hits as lists."""
    holder = root.find("BusinessInfo/XMInfo")
    holder = root.find("BusinessInfo/CreditInfo") if holder is None else holder
    if holder is None:
        return {}
    flat = {local(child): child.text or "" for child in holder if not len(child)}
    told: Fields = dict(homeward(NAME, saying.stage, "reply", flat))
    return {name: value == "true" if value in ("true", "false") else value for name, value in told.items()}
