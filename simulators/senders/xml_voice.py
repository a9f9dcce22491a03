"""D03, D24 and R02 towards the hub: documents in the agreed charset, each with its own proof.

A moment is cut in two; the octets from `<body>` to `</body>`
are what D24 signs.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hub.catalogue.papers import Papers
from hub.standard import Standard
from simulators.desk import Desk
from simulators.dialects.http_xml_form import NAME, form_of
from simulators.dialects.http_xml_wire import body_octets, document, elements, md5_of, parse, rsa_of, tree_of
from simulators.dialects.xmlread import BadXmlError
from simulators.trading.voice import Fields, Heard, Saying, Wire

_OP = {"insert": "xz", "update": "xg", "delete": "sc"}
_AGAIN = frozenset({"1002", "2022", "2023", "3001", "4003", "5003", "5204", "6900", "9999"})


class XmlVoice:
    """Documents to `/in/{id}/xmlservice`."""

    late_duplicate_every = 0

    def __init__(
        self, desk: Desk, standard: Standard, nonce: Callable[[], str] = lambda: secrets.token_hex(16)
    ) -> None:
        facts = Papers.load(NAME).facts
        own = facts["systems"][desk.id]
        self._desk, self._standard, self._nonce = desk, standard, nonce
        self._charset, self._auth = str(own["charset"]), str(own["auth"])
        self._modules: dict[str, str] = facts["modules"]

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        key = hashlib.sha256(f"{self._desk.id}/{stamp}/{stage}/{bidder}".encode()).hexdigest()[:32]
        return f"{key}:1:insert", key

    def meant(self, saying: Saying) -> Fields:
        """What the form carries, moments in one piece again."""
        if saying.service:
            return dict(saying.fields)
        form = form_of(saying.stage, "in")
        found = form.home(form.abroad(saying.fields))
        types = {field.name: field.type for field in self._standard.stage(saying.stage).fields}
        return {n: int(v) if types.get(n) == "integer" and str(v).isdigit() else v for n, v in found.items()}

    def write(self, saying: Saying, now: datetime) -> Wire:
        body = self._body(saying)
        head = [*self._who(saying), *self._what(saying, now)]
        secret, octets = self._desk.credentials, body_octets(body, self._charset)
        if self._auth == "md5":
            head.append(("sign", md5_of(octets, secret["sign_key"])))
        if self._auth == "rsa":
            head.append(("sign", rsa_of(octets, self._desk.secret("rsa_peer_private_key"))))
        raw = document("request", head, body, self._charset)
        kind = {"Content-Type": f"text/xml; charset={self._charset}"}
        return Wire(f"/in/{self._desk.id}/xmlservice", kind, raw)

    def _who(self, saying: Saying) -> list[tuple[str, str]]:
        secret, module = self._desk.credentials, self._modules[saying.stage]
        names = ("accessid", "username", "password") if self._auth == "password" else ("accessid",)
        func = module if saying.service else f"{module}.save"
        return [*((name, secret[name]) for name in names), ("func", func)]

    def _what(self, saying: Saying, now: datetime) -> list[tuple[str, str]]:
        at = now if saying.service else saying.said_at or now
        moment = [("date", f"{at:%Y%m%d}"), ("time", f"{at:%H%M%S}")]
        if saying.service:
            return [("seq", self._nonce()), ("src", self._desk.id), *moment]
        op, version = _OP[saying.op], str(saying.version)
        return [("seq", saying.key), ("op", op), ("ver", version), ("src", self._desk.id), *moment]

    def _body(self, saying: Saying) -> str:
        if saying.op == "delete":
            return ""
        form = form_of(saying.stage, "request" if saying.service else "in")
        tree: dict[str, Any] = form.abroad(saying.fields)
        return elements(tree if saying.service else {"record": tree})

    def read(self, saying: Saying, status: int, body: bytes) -> Heard:
        """`head/result` decides, whatever the status."""
        try:
            told = parse(body, self._charset, "response")
        except BadXmlError:
            return Heard(status in (403, 404, 413), False, status, f"http-{status}")
        code = told.head.get("code") or told.head.get("msg", "")[:4]
        good = told.head.get("result") == "1" or code == "2010"
        if not good:
            return Heard(code not in _AGAIN, False, status, code, told={"msg": told.head.get("msg", "")})
        receipt = told.body.findtext("receiptno") or told.body.findtext("hubid") or ""
        form = form_of(saying.stage, "reply") if saying.service else None
        said = form.home(tree_of(told.body, form.lists)) if form is not None else {}
        return Heard(True, True, status, "0000", receipt, said, code == "2010")
