"""部门 XML 报文接口: one address, HTTP 200 always, three charsets and three kinds of proof.

Written from `hub/catalogue/data/dialects/http-xml/rules.md`; section numbers in comments are its.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from certs.algorithms import rsa
from certs.algorithms.key_forms import public_from
from hub.catalogue.papers import Papers
from simulators.desk import Desk, Refusal
from simulators.dialects.http_xml_codes import REFUSALS, TEXTS, forced
from simulators.dialects.http_xml_form import NAME, form_of
from simulators.dialects.http_xml_wire import (
    Message,
    body_octets,
    document,
    elements,
    md5_of,
    parse,
    rsa_holds,
    rsa_of,
    tree_of,
)
from simulators.dialects.xmlread import BadXmlError
from simulators.sheet import moment, op_of
from simulators.state import Push, Record, Verdict
from simulators.wire import NO_SUCH_PATH, Reply, Request

RECORD_HEAD = ("seq", "op", "ver", "src", "hubno", "date", "time")
_KINDS = {"required": "2001", "format": "2002", "code": "2003"}
_VERDICTS = {Verdict.CONFLICT: "2020", Verdict.OLDER: "2021", Verdict.UNKNOWN_ROW: "2022"}
_FILES = frozenset({"fj"})
_PATTERNS = {"R02": "XYPL{day}{serial:04d}", "D03": "HT{day}{serial:04d}", "D24": "GZ{day}{serial:04d}"}


class HttpXml:
    """`POST /xmlservice`; `head/func` says what."""

    def __init__(self, desk: Desk) -> None:
        facts = Papers.load(NAME).facts
        own = {**facts["systems"].get(desk.id, {}), **desk.switches.get("own", {})}
        quirks = {str(quirk["id"]) for quirk in own.get("quirks", [])}
        self._desk = desk
        desk.ledger.pattern = _PATTERNS.get(desk.id, "HZ{day}{serial:04d}")
        self._charset, self._auth = str(own["charset"]), str(own["auth"])
        self._modules = {module: stage for stage, module in facts["modules"].items()}
        self._granted = {str(name) for name in (*own.get("hub_sends", ()), *own.get("hub_asks", ()))}
        self._limit = int(facts["limits"]["max_body_bytes"])
        self._window, self._page = int(facts["clock_window_s"]), int(facts["max_page_size"])
        self._coded = "result-only" not in quirks
        self._pages = "page-size-1000" in quirks
        self._prolog = desk.id != "D03" or "gbk-prolog" in quirks
        self._files = bool(own.get("attachments"))
        self._public = self._callers_key() if self._auth == "rsa" else b""

    def _callers_key(self) -> bytes:
        """The hub's public key; where only a golden private one is at hand, the public half of that."""
        own = self._desk.own.get("rsa_public_key")
        if own:
            return rsa.read_public(own.encode("ascii"))
        private = rsa.read_private(self._desk.credentials["rsa_private_key"].encode("ascii"))
        return rsa.read_public(public_from(private))

    def answer(self, request: Request, now: datetime) -> Reply:
        if request.method != "POST" or request.path != "/xmlservice":
            return NO_SUCH_PATH
        if len(request.body) > self._limit:
            return self._no("3002", "", now)
        try:
            said = self._parse(request.body)
        except BadXmlError:
            return self._no("1005", "", now)
        seq = said.head.get("seq", "")
        if refused := self._proof(said) or self._clock(said.head, now) or forced(self._desk.moods):
            return self._no(refused, seq, now)
        module, _, verb = said.head.get("func", "").partition(".")
        stage = self._modules.get(module, "")
        asks = "." in stage
        if verb not in (("",) if asks else ("save", "query")) or not stage:
            return self._no("1004", seq, now)
        if stage not in self._granted or (asks and stage not in self._desk.books):
            return self._no("1003", seq, now)
        if asks:
            return self._ask(stage, said, now)
        return self._save(stage, said, now) if verb == "save" else self._query(stage, said, now)

    # -- sections 2 to 5: may it be read, who calls, when ------------------------------------------

    def _parse(self, raw: bytes) -> Message:
        """D03-gbk-prolog: only a prolog that says GBK; without the quirk what is really UTF-8 would do."""
        try:
            return parse(raw, self._charset, "request")
        except BadXmlError:
            if self._prolog:
                raise
            return parse(raw.replace(b'encoding="GBK"', b'encoding="UTF-8"', 1), "UTF-8", "request")

    def _proof(self, said: Message) -> str:
        """1001 unless the caller proves itself in the system's own way."""
        secret, head = self._desk.credentials, said.head
        if self._auth == "password":
            names = ("accessid", "username", "password")
            same = [hmac.compare_digest(head.get(n, "").encode(), secret[n].encode()) for n in names]
            return "" if all(same) else "1001"
        if head.get("accessid") != secret["accessid"]:
            return "1001"
        if self._auth == "md5":
            wanted = md5_of(said.signed, secret["sign_key"])
            return "" if hmac.compare_digest(wanted.encode(), head.get("sign", "").encode()) else "1001"
        return "" if rsa_holds(said.signed, head.get("sign", ""), self._public) else "1001"

    def _clock(self, head: Mapping[str, str], now: datetime) -> str:
        at = moment("yyyyMMddHHmmss", head.get("date", "") + head.get("time", ""))
        good = at is not None and abs((at - now.replace(tzinfo=None)).total_seconds()) <= self._window
        return "" if good else "1002"

    # -- sections 6 to 12: records ---------------------------------------------------------------------

    def _save(self, stage: str, said: Message, now: datetime) -> Reply:
        head, seq = said.head, said.head.get("seq", "")
        op = op_of(NAME, head.get("op", ""))
        if (name := _head_gap(head)) or not op or not head["ver"].isdigit():
            code = "2001" if name else "2002" if op else "2003"
            return self._no(code, seq, now, name or ("ver" if op else "op"))
        form, record = form_of(stage, "out"), said.body.find("record")
        tree = tree_of(record, form.lists | _FILES) if record is not None else {}
        files = tree.pop("fjlist", None)
        if op != "delete" and (found := form.wrong(tree)) is not None:
            return self._no(_KINDS[found.kind], seq, now, found.field)
        content = {name: value for name, value in tree.items() if value != ""}
        told = {name: head[name] for name in RECORD_HEAD if name in head}
        push = Push(stage, seq, int(head["ver"]), op, told | content, content)
        verdict, held = self._desk.ledger.put(push, now)
        if held is None or verdict in _VERDICTS:
            return self._no(_VERDICTS[verdict], seq, now)
        if verdict is Verdict.TAKEN and self._files and isinstance(files, dict):
            held.extra = {"files": files.get("fj", [])}
        return self._say("2010" if verdict is Verdict.DUPLICATE else "0000", seq, now, _receipt(held))

    def _query(self, stage: str, said: Message, now: datetime) -> Reply:
        held = self._desk.ledger.find(stage, said.body.findtext("seq") or "")
        seq = said.head.get("seq", "")
        if held is None or held.deleted:
            return self._say("0000", seq, now, {"count": "0"})
        return self._say("0000", seq, now, {"count": "1", "record": held.fields, **_receipt(held)})

    # -- services ------------------------------------------------------------------------------------------

    def _ask(self, stage: str, said: Message, now: datetime) -> Reply:
        form, seq = form_of(stage, "request"), said.head.get("seq", "")
        tree = tree_of(said.body, form.lists)
        size = str(tree.pop("pagesize", "") or self._page)
        page = str(tree.pop("pageno", "") or "1")
        if not (size.isdigit() and page.isdigit()):
            return self._no("2002", seq, now, "pagesize")
        if (found := form.wrong(tree)) is not None:
            return self._no(_KINDS[found.kind], seq, now, found.field)
        if self._pages and int(size) > self._page:
            return self._no("1006", seq, now)
        try:
            told = self._desk.books[stage](form.home(tree), now)
        except Refusal as no:
            return self._no(REFUSALS.get(no.code, "9999"), seq, now)
        if "hits" in told:
            start = (int(page) - 1) * int(size)
            told = {**told, "hits": told["hits"][max(0, start) : max(0, start) + int(size)]}
        return self._say("0000", seq, now, form_of(stage, "reply").abroad(told))

    # -- answers -------------------------------------------------------------------------------------------

    def _no(self, code: str, seq: str, now: datetime, name: str = "") -> Reply:
        return self._say(code, seq, now, {}, name)

    def _say(self, code: str, seq: str, now: datetime, told: Mapping[str, Any], name: str = "") -> Reply:
        desk, good = self._desk, code == "0000"
        text = f"{TEXTS[code]}:{name}" if name else TEXTS[code]
        if not good and not self._coded:
            text = f"{code}:{text}"
        tree = dict(told)
        if desk.feels("repeated-elements-as-single") and len(tree.get("hits", {}).get("hit", ())) == 1:
            tree = {"hit" if n == "hits" else n: v["hit"] if n == "hits" else v for n, v in tree.items()}
        body = elements(tree)
        head = [("result", "1" if good else "0"), ("msg", text), ("seq", seq)]
        if good or self._coded:
            head.insert(1, ("code", code))
        head += [("date", f"{now:%Y%m%d}"), ("time", f"{now:%H%M%S}")]
        if self._auth == "rsa" and not desk.feels("answer-unsigned"):
            head.append(("sign", self._signed(body)))
        return self._bent(document("response", head, body, self._charset))

    def _signed(self, body: str) -> str:
        octets = body_octets(body, self._charset)
        forged = b"?" if self._desk.feels("answer-forged") else b""
        return rsa_of(octets + forged, self._desk.secret("rsa_peer_private_key"))

    def _bent(self, raw: bytes) -> Reply:
        """The faults of old writers: what they do to a right answer."""
        desk = self._desk
        if desk.feels("gbk-declared-utf8"):
            raw = raw.decode(self._charset).encode("utf-8")
        if desk.feels("entity-in-company-name"):
            raw = raw.replace(b"</msg>", b"(A&B Co)</msg>", 1)
        prolog, _, rest = raw.partition(b"\n")
        if desk.feels("missing-prolog"):
            raw = rest
        if desk.feels("xml-bomb"):
            bomb = b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
            raw = prolog + b"\n" + bomb + rest
        return Reply(200, {"Content-Type": f"text/xml; charset={self._charset}"}, raw)


def _receipt(held: Record) -> dict[str, str]:
    at = held.received
    return {"receiptno": held.receipt, "receiptrq": f"{at:%Y%m%d}", "receiptsj": f"{at:%H%M%S}"}


def _head_gap(head: Mapping[str, str]) -> str:
    """The first row of the record's envelope that is missing."""
    return next((name for name in ("seq", "op", "ver", "src") if not head.get(name)), "")
