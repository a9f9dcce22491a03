"""银行、保函、融资与 CA 外联接口: one path, everything enciphered, signed over the plain bytes.

Written from `dialects/sm2-envelope/rules.md`. Serial numbers are remembered for the day of their tranTime
only: after midnight the same number is new business, which is why a careful caller asks QY0001 first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.catalogue.papers import Papers
from hub.message import CST, wall
from simulators.desk import Desk, Refusal
from simulators.dialects import envelope_cipher as cipher
from simulators.dialects import jsonread
from simulators.dialects.sm2_envelope_codes import KINDS, MOODS, TEXTS, refusing
from simulators.jsonform import first_wrong
from simulators.nested import Tree, service
from simulators.outbox import owe
from simulators.sheet import moment, op_of
from simulators.state import Push, Verdict
from simulators.trading.voice import Saying
from simulators.wire import NO_SUCH_PATH, Reply, Request

NAME = "sm2-envelope"
PATH = "/outreach/api"
TYPE = "text/plain;charset=UTF-8"
CLEAR = "application/json;charset=UTF-8"
WINDOW = timedelta(seconds=300)
CIRCUMSTANCES = frozenset({"hubNo", "sendTime"})
ENVELOPE = frozenset({"bizNo", "opType", "bizVersion", "sourceSys", "hubNo", "sendTime"})
_SERIAL = re.compile(r"[0-9A-F]{24}")


class No(Exception):
    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(code)
        self.code, self.field = code, field


@dataclass(slots=True)
class Done:
    """What a serial number stands for on its day."""

    tran: str
    day: str
    content: Any
    code: str
    body: Tree
    finished: bool = True


class Sm2Envelope:
    """C01, F01, F02 or F04."""

    def __init__(self, desk: Desk) -> None:
        facts = Papers.load(NAME).facts
        own: Mapping[str, Any] = facts["systems"][desk.id]
        operations: Mapping[str, str] = facts["operations"]
        granted = desk.switches.get("granted", ())
        self._desk = desk
        desk.ledger.pattern = "LS{day}{serial:010d}"
        self._records = {operations[name]: name for name in (*own["push"], *granted) if "." not in name}
        self._services = {operations[name]: name for name in (*own["ask"], *granted) if "." in name}
        self._known = frozenset(operations.values())
        self._reading = frozenset(name for name, number in facts["serial"].items() if number == "*nonce")
        self._fen = own.get("amount") == "fen"
        self._limit = int(facts["limits"]["max_body_bytes"])
        self._quirks = frozenset(own["quirks"])
        self._key = bytes.fromhex(desk.credentials["sm4_key"])
        self._done: dict[tuple[str, str], Done] = {}
        self._answers = 0

    def answer(self, request: Request, now: datetime) -> Reply:
        if request.path != PATH or request.method != "POST":
            return NO_SUCH_PATH
        app = request.headers.get("x-app-id", "")
        local = now.astimezone(CST)
        if len(request.body) > self._limit:
            return self._clear({}, "400002", local)
        if app != self._desk.credentials["app_id"] or self._desk.feels("plain-error-body"):
            return self._clear({}, "900001", local)
        plain = cipher.open_body(self._key, request.body)
        if plain is None:
            return self._clear({}, "900003", local)
        message = jsonread.strict(plain)
        head = message.get("head") if message is not None else None
        head = head if isinstance(head, dict) else {}
        public = self._desk.own.get("hub_public") or self._desk.credentials["sign_public"]
        if not cipher.holds(plain, request.headers.get("x-sign", ""), public):
            return self._clear(head, "900002", local)
        body: Tree = {}
        try:
            if message is None:
                raise No("900004")
            code, body = self._serve(head, message.get("body"), local)
        except No as no:
            code, body = no.code, ({"field": no.field} if no.field else {})
        return self._say(app, head, code, body, local)

    def _serve(self, head: Tree, body: Any, now: datetime) -> tuple[str, Tree]:
        """From the head on, in the papers' order; raises No."""
        tran, serial = str(head.get("tranCode")), str(head.get("serialNo"))
        if not isinstance(body, dict) or not head:
            raise No("900004")
        if tran not in self._known:
            raise No("900005")
        at = moment("yyyyMMddHHmmss", str(head.get("tranTime")))
        if at is None or abs(at.replace(tzinfo=CST) - now) > WINDOW:
            raise No("900006")
        if tran not in self._records and tran not in self._services and tran != "QY0001":
            raise No("900007")
        if not _SERIAL.fullmatch(serial):
            raise No("300002", "serialNo")
        for mood, code in MOODS.items():
            if self._desk.feels(mood):
                raise No(code)
        if tran == "QY0001":
            return "000000", self._query(body)
        message = self._services.get(tran, "")
        if message in self._reading:
            return "000000", self._book(message, body, now)
        return self._once(tran, serial, f"{at:%Y%m%d}", body, now)

    def _once(self, tran: str, serial: str, day: str, body: Tree, now: datetime) -> tuple[str, Tree]:
        """By serial number and day; refusals are forgotten, so that the same number may be tried again."""
        content = {name: value for name, value in body.items() if name not in CIRCUMSTANCES}
        held = self._done.get((day, serial))
        if held is not None:
            if (held.tran, held.content) != (tran, content):
                raise No("200002")
            held.finished = True
            return "200001", held.body
        message = self._services.get(tran)
        said = (
            self._push(self._records[tran], body, now) if message is None else self._book(message, body, now)
        )
        if message is not None:
            self._desk.ledger.note(message, serial, content, said, now)
            self._call_back(message, content, now)
        self._done[day, serial] = Done(
            tran, day, content, "000000", said, not self._desk.feels("still-in-hand")
        )
        return "000000", said

    def _call_back(self, message: str, asked: Tree, now: datetime) -> None:
        """The issuer tells the hub when the letter is made: as a rule after its answer, once."""
        letters = self._desk.switches.get("guarantees")
        if message != "guarantee.apply" or letters is None:
            return
        letter: Tree = letters.issue(str(asked["applyNo"]), now)
        signed = cipher.sign(str(letter["plainDigest"]).encode("ascii"), self._desk.secret("peer_private"))
        sign = {"alg": "sm2-sm3", "keyId": f"{self._desk.id}:01", "value": signed, "signTime": wall(now)}
        letter |= {f"issuerSign.{name}": value for name, value in sign.items()}
        saying = Saying("", str(letter["GUARANTEE_NO"]), "guarantee.issue", letter, service=True)
        times = 5 if self._desk.feels("callback-retry-storm") else 1
        owe(self._desk, saying, times=times, early=self._desk.feels("callback-before-ack"))

    def _query(self, body: Tree) -> Tree:
        wanted = (str(body.get("origTranCode")), str(body.get("origSerialNo")))
        found = [d for (_, serial), d in self._done.items() if (d.tran, serial) == wanted]
        if not found:
            return {"found": False}
        last = found[-1]
        told: Tree = {"found": True, "done": last.finished, "origTranDate": last.day}
        return told | ({"origRespCode": last.code, "result": last.body} if last.finished else {})

    def _push(self, stage: str, body: Tree, now: datetime) -> Tree:
        form = service(NAME, "*", "out", fen=self._fen), service(NAME, stage, "out", fen=self._fen)
        op = op_of(NAME, str(body.get("opType") or ""))
        wrong = first_wrong(form[0], body) or (None if op == "delete" else first_wrong(form[1], body))
        if wrong is not None:
            raise No(KINDS[wrong.kind], wrong.field)
        self._filed(stage, body)
        content = {name: value for name, value in body.items() if name not in ENVELOPE}
        push = Push(stage, str(body["bizNo"]), int(body["bizVersion"]), op, body, content)
        verdict, held = self._desk.ledger.put(push, now)
        if held is None or verdict is not Verdict.TAKEN:
            raise No("200004" if verdict is Verdict.UNKNOWN_ROW else "200003")
        return {"receiptNo": held.receipt, "receiptTime": f"{held.received:%Y%m%d%H%M%S}"}

    def _filed(self, stage: str, body: Tree) -> None:
        """F02 looks the contract's filing up first; those in `unfiled` are not there yet."""
        unfiled = self._desk.switches.get("unfiled", ())
        number = str(body.get("contractCode") or body.get("packageNo") or "")
        if (
            "filing-number-first" in self._quirks
            and stage in ("gp-contract", "contract-sign")
            and number in unfiled
        ):
            raise No("300004")

    def _book(self, message: str, body: Tree, now: datetime) -> Tree:
        form, book = service(NAME, message, "request", fen=self._fen), self._desk.books.get(message)
        if book is None:
            raise No("900007")
        if wrong := first_wrong(form, body):
            raise No(KINDS[wrong.kind], wrong.field)
        try:
            told = book(form.home(body), now)
        except Refusal as no:
            raise No(refusing(no.code), _blamed(form.rows, no)) from None
        fen = self._fen or self._desk.feels("amount-in-fen")
        return service(NAME, message, "reply", fen=fen).abroad(told)

    # -- wire -------------------------------------------------------------------------------------

    def _plain(self, head: Tree, code: str, body: Tree, now: datetime) -> bytes:
        told = {
            "tranCode": str(head.get("tranCode") or ""),
            "serialNo": str(head.get("serialNo") or ""),
            "tranTime": f"{now:%Y%m%d%H%M%S}",
            "respCode": code,
            "respMsg": TEXTS[code],
        }
        return cipher.compact({"head": told, "body": body})

    def _clear(self, head: Tree, code: str, now: datetime) -> Reply:
        return Reply(200, {"Content-Type": CLEAR}, self._plain(head, code, {}, now))

    def _say(self, app: str, head: Tree, code: str, body: Tree, now: datetime) -> Reply:
        plain = self._plain(head, code, body, now)
        if self._desk.feels("plain-success"):
            return Reply(200, {"Content-Type": CLEAR}, plain)
        self._answers += 1
        iv = cipher.fresh_iv(self._key, self._desk.id, self._answers, now, plain)
        closed = cipher.close(self._key, iv, plain)
        if self._desk.feels("sm4-iv-wrong"):
            closed = cipher.close(self._key, bytes(16), plain, shown=iv)
        about = closed if self._desk.feels("sign-over-ciphertext") else plain
        signed = cipher.sign(about, self._desk.secret("peer_private"))
        return Reply(200, {"Content-Type": TYPE, "x-app-id": app, "x-sign": signed}, closed)


def _blamed(rows: Any, no: Refusal) -> str:
    wanted = (no.known or {}).get("field")
    return next((row.foreign for row in rows if row.standard == wanted), "")
