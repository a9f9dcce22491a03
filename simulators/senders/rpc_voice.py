"""M11, D06 and D10 towards the hub: `save…` and `report…` through the one method they know."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.catalogue.papers import Papers
from hub.standard import Standard
from simulators.desk import Desk
from simulators.dialects import jsonread
from simulators.dialects import rpc_reading as reading
from simulators.dialects.rpc_cipher import close, lines, open_text
from simulators.dialects.rpc_execute import NAME, PATH, TYPE
from simulators.dialects.xmlread import BadXmlError, escape, read
from simulators.nested import Tree, service
from simulators.trading.meaning import meant
from simulators.trading.voice import Fields, Heard, Saying, Wire

_OP = {"insert": "I", "update": "U", "delete": "D"}
_AGAIN = frozenset({"422", "423", "430", "500", "653", "690"})


class RpcVoice:
    """Calls to `/in/{id}/services/DataService`."""

    late_duplicate_every = 0

    def __init__(self, desk: Desk, standard: Standard) -> None:
        facts = Papers.load(NAME).facts
        self._desk, self._standard = desk, standard
        self._site: Mapping[str, Any] = facts["systems"][desk.id]
        self._modules: dict[str, str] = facts["modules"]
        self._key = desk.credentials["site_key"].encode("ascii")
        self._charset = "gbk" if self._site["charset"] == "GBK" else "utf-8"
        self._json = self._site["form"] == "execute"
        self._broken = any(quirk["id"] == "base64-line-breaks" for quirk in self._site["quirks"])

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        key = hashlib.sha256(f"{self._desk.id}/{stamp}/{stage}/{bidder}".encode()).hexdigest()[:32].upper()
        return f"{key}:1:insert", key

    def meant(self, saying: Saying) -> Fields:
        if saying.service:
            return dict(saying.fields)
        return meant(NAME, self._standard, saying.stage, self._tree(saying, None))

    def write(self, saying: Saying, now: datetime) -> Wire:
        tree, module = self._tree(saying, now), self._modules[saying.stage]
        text = (
            json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
            if self._json
            else f"<Params>{reading.xml_of(tree)}</Params>"
        )
        raw = close(self._site["params"], self._key, text.encode(self._charset))
        func = module if saying.service else f"save{module}"
        body = self._envelope(func, escape(lines(raw, broken=self._broken)))
        headers = {"Content-Type": TYPE, "SOAPAction": '""'}
        return Wire(f"/in/{self._desk.id}{PATH}", headers, body.encode("utf-8"))

    def _envelope(self, func: str, params: str) -> str:
        given = {"siteCode": self._desk.credentials["site_code"], "func": func, "params": params}
        spaces, style, kind, form = f'xmlns:soapenv="{reading.SOAP}"', "", "", str(self._site["form"])
        if not self._json:
            given = {
                "action": func,
                "parmString1": given["siteCode"],
                "parmString2": params,
                "parmString3": "",
            }
        if self._site["rpc"] == "encoded":
            spaces += f' xmlns:xsd="{reading.XSD}" xmlns:xsi="{reading.XSI}"'
            style, kind = f' soapenv:encodingStyle="{reading.ENCODING}"', ' xsi:type="xsd:string"'
        inside = "".join(f"<{name}{kind}>{value}</{name}>" for name, value in given.items())
        call = f'<ser:{form} xmlns:ser="{reading.NS}"{style}>{inside}</ser:{form}>'
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope {spaces}>'
        return f"{head}<soapenv:Body>{call}</soapenv:Body></soapenv:Envelope>"

    def _tree(self, saying: Saying, now: datetime | None) -> Tree:
        form = service(NAME, saying.stage, "request" if saying.service else "in")
        said = {} if saying.op == "delete" else form.abroad(saying.fields)
        if saying.service:
            return said
        at = saying.said_at or now
        head = {
            "sn": saying.key,
            "czlx": _OP[saying.op],
            "bbh": saying.version,
            "lyxt": self._desk.id,
            "fssj": "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}",
        }
        return head | said

    def read(self, saying: Saying, status: int, body: bytes) -> Heard:
        """201 is the first receipt again; the hub speaks as this site does."""
        told = self._answer(body)
        if told is None:
            return Heard(status in (403, 404, 413), False, status, f"http-{status}")
        code = str(told.get("status", ""))
        if code not in ("200", "201"):
            return Heard(code not in _AGAIN, False, status, code, told={"message": told.get("message", "")})
        opened = open_text(self._site["data"], self._key, str(told.get("data") or ""))
        data = self._data(saying, opened) if opened is not None else None
        if data is None:
            return Heard(False, False, status, "broken-answer")
        said = service(NAME, saying.stage, "reply").home(data) if saying.service else {}
        return Heard(
            True, True, status, "0000", str(data.get("slh") or data.get("hubId") or ""), said, code == "201"
        )

    def _answer(self, body: bytes) -> dict[str, Any] | None:
        try:
            root = read(body)
            text = root.findtext(".//multiRef") or root.findtext(f".//{self._site['form']}Return") or ""
            if self._json:
                found = jsonread.read(text)
                return found if isinstance(found, dict) else None
            return {child.tag: child.text or "" for child in read(text)}
        except BadXmlError:
            return None

    def _data(self, saying: Saying, opened: bytes) -> Tree | None:
        text = opened.decode(self._charset, "replace")
        if self._json:
            found = jsonread.read(text)
            return found if isinstance(found, dict) else None
        rows = service(NAME, saying.stage, "reply").rows if saying.service else ()
        return reading.tree_of(text.replace("<Data>", "<Params>").replace("</Data>", "</Params>"), rows)
