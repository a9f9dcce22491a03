"""P05, D04 and C02 towards the hub in soap12-x509: signed letters, answers proved before they count."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from lxml import etree

from hub.catalogue.papers import Papers
from hub.message import wall
from hub.standard import Standard
from simulators.desk import Desk
from simulators.dialects import soap12_security as security
from simulators.dialects.mtom import root_of
from simulators.dialects.soap12_identity import identities
from simulators.dialects.soap12_saying import NAME, NS, PROLOG, SPACES
from simulators.dialects.soap12_x509 import PATH
from simulators.dialects.xmlread import BadXmlError, local
from simulators.dialects.xmltree import lists, read_tree, write_tree
from simulators.nested import Tree, service
from simulators.trading.meaning import meant
from simulators.trading.voice import Fields, Heard, Saying, Wire

_OP = {"insert": "Create", "update": "Update", "delete": "Delete"}
_AGAIN = frozenset({"S104", "S310", "S322", "S330", "S503", "S512", "S523", "S556", "S590", "S700", "S900"})


class Soap12Voice:
    """Calls to `/in/{id}/ws/ResourceExchange`."""

    late_duplicate_every = 0

    def __init__(self, desk: Desk, standard: Standard) -> None:
        facts = Papers.load(NAME).facts
        own: Mapping[str, Any] = facts["systems"][desk.id]
        self._desk, self._standard = desk, standard
        self._operations: dict[str, str] = facts["operations"]
        self._six = any(quirk["id"] == "amount-six-decimals" for quirk in own["quirks"])
        theirs, ours = identities(desk, own["algorithms"])
        self._algorithm = desk.credentials["algorithm"]
        self._theirs, self._ours = theirs, ours[self._algorithm]

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        digest = hashlib.sha256(f"{self._desk.id}/{stamp}/{stage}/{bidder}".encode()).digest()
        key = str(uuid.UUID(bytes=digest[:16]))
        return f"{key}:1:insert", key

    def meant(self, saying: Saying) -> Fields:
        if saying.service:
            return dict(saying.fields)
        return meant(NAME, self._standard, saying.stage, self._record(saying))

    def message_id(self, saying: Saying) -> str:
        """One's own, the same in every attempt."""
        about = f"{self._desk.id}/{saying.stage}/{saying.key or saying.msg_id}/{saying.version}/{saying.op}"
        return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, about)}"

    def write(self, saying: Saying, now: datetime) -> Wire:
        operation = self._operations[saying.stage]
        inside = write_tree(self._record(saying), "t:")
        if not saying.service:
            head = write_tree(self._head(saying, now), "t:")
            record = "" if saying.op == "delete" else f"<t:Record>{inside}</t:Record>"
            inside = f"<t:Header>{head}</t:Header>{record}"
        anonymous = "<wsa:Address>http://www.w3.org/2005/08/addressing/anonymous</wsa:Address>"
        header = (
            f'<wsa:Action env:mustUnderstand="true">{NS}/{operation}</wsa:Action>'
            f"<wsa:MessageID>{self.message_id(saying)}</wsa:MessageID><wsa:To>urn:ggzy:hub</wsa:To>"
            f"<wsa:ReplyTo>{anonymous}</wsa:ReplyTo>{security.security_header(self._ours, now)}"
        )
        body = f'<t:{operation}Request xmlns:t="{NS}">{inside}</t:{operation}Request>'
        whole = (
            f"{PROLOG}<env:Envelope {SPACES}><env:Header>{header}</env:Header>"
            f'<env:Body wsu:Id="Body">{body}</env:Body></env:Envelope>'
        )
        kind = f'application/soap+xml; charset=utf-8; action="{NS}/{operation}"'
        sent = security.completed(whole, self._ours).encode("utf-8")
        return Wire(f"/in/{self._desk.id}{PATH}", {"Content-Type": kind}, sent)

    def _head(self, saying: Saying, now: datetime) -> Tree:
        return {
            "BusinessKey": saying.key,
            "Operation": _OP[saying.op],
            "Version": saying.version,
            "SourceSystem": self._desk.id,
            "SendTime": wall(saying.said_at or now),
        }

    def _record(self, saying: Saying) -> Tree:
        """In the form's order; P05 writes every amount with six decimals."""
        form = service(NAME, saying.stage, "request" if saying.service else "in", typed=False)
        told = form.abroad(saying.fields)
        if self._six:
            for row in form.rows:
                if row.form.startswith("amount:wan") and row.foreign in told:
                    told[row.foreign] = f"{Decimal(told[row.foreign]):.6f}"
        return told

    def read(self, saying: Saying, status: int, body: bytes) -> Heard:
        """Faults are believed unsigned; anything good must be proved to be the hub's, and to answer us."""
        try:
            root = root_of("", body)
        except BadXmlError:
            return Heard(status in (403, 404, 413), False, status, f"http-{status}")
        code = root.findtext(f".//{{{NS}}}businessCode")
        if code is not None:
            told = {"message": root.findtext(f".//{{{NS}}}message") or ""}
            return Heard(code not in _AGAIN, False, status, code, told=told)
        if not self._proved(root, saying):
            return Heard(False, False, status, "answer-unproved")
        code = root.findtext(f".//{{{NS}}}Code") or ""
        number = root.findtext(f".//{{{NS}}}ReceiptNo") or root.findtext(f".//{{{NS}}}HubId") or ""
        return Heard(True, True, status, "0000", number, self._said(saying, root), code == "S010")

    def _proved(self, root: etree._Element, saying: Saying) -> bool:
        relates = root.findtext(".//{http://www.w3.org/2005/08/addressing}RelatesTo")
        try:
            security.verified(root, security.covered(root)[0], self._theirs)
        except security.Unsafe:
            return False
        return relates is None or relates == self.message_id(saying)

    def _said(self, saying: Saying, root: etree._Element) -> Fields:
        if not saying.service:
            return {}
        form = service(NAME, saying.stage, "reply", typed=False)
        result = next((e for e in root.iter(etree.Element) if local(e) == "Result"), None)
        return {} if result is None else form.home(read_tree(result, lists(form.rows)))
