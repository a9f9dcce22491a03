"""政务网关: signed headers outside, SM4 and SM2 inside, and three levels at which one can be told no.

Written from `hub/catalogue/data/dialects/gateway-gm/rules.md`; section numbers in comments are its.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.catalogue.papers import Papers
from simulators.desk import Desk, Refusal
from simulators.dialects import jsonread
from simulators.dialects.gateway_cipher import Hand, Sealing, compact, holds
from simulators.dialects.gateway_codes import BUSINESS, GATEWAY, OTHERWISE, PROTOCOL, REFUSALS, forced
from simulators.dialects.gateway_tickets import Tickets
from simulators.jsonform import complete, first_wrong, json_form
from simulators.nested import service
from simulators.nonces import NonceBook
from simulators.sheet import moment, op_of
from simulators.state import Push, Record, Verdict
from simulators.wire import Reply, Request

NAME = "gateway-gm"
TYPE = "application/json;charset=UTF-8"
BASE = "/ebus/ggzy/"
NOT_CONTENT = frozenset({"send_time", "hub_no", "oper_type"})
ITEM = ("purc_prj_code", "med_list_codg")
_KINDS = {"required": "2001", "format": "2002", "code": "2003"}
_VERDICTS = {Verdict.CONFLICT: "2010", Verdict.OLDER: "2011", Verdict.UNKNOWN_ROW: "2012"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A body that passed the protocol level: its outside and its payload."""

    body: Mapping[str, Any]
    payload: dict[str, Any]
    at: datetime

    @property
    def msgid(self) -> str:
        return str(self.body["msgid"])


class GatewayGm:
    """`POST /ebus/ggzy/{service}`: gateway, then protocol, then business."""

    def __init__(self, desk: Desk) -> None:
        facts = Papers.load(NAME).facts
        own = {**facts["systems"].get(desk.id, {}), **desk.switches.get("own", {})}
        self._desk = desk
        desk.ledger.pattern = "YB{day}{serial:04d}"
        self._stages = {name: stage for stage, name in facts["operations"].items()}
        self._limit = int(facts["limits"]["max_body_bytes"])
        self._windows = int(facts["gateway_window_s"]), int(facts["body_window_s"])
        self._sealing = Sealing(desk.credentials["app_id"], desk.credentials["app_secret"])
        user_id = (
            desk.credentials["app_id"] if own.get("sm2_user_id") == "appId" else str(facts["sm2_user_id"])
        )
        self._hand = Hand(user_id, str(own.get("signature_form", facts["signature_form"])))
        self._items = own.get("item_key") == "med_list_codg"
        self._levels = bool(own.get("three_levels", True))
        self._tickets = Tickets(int(own.get("wait_sec", 0)), int(own.get("answer_kept_s", 600)))
        self._slow = bool(own.get("asynchronous"))
        self._nonces = NonceBook()

    def forget(self) -> None:
        """After a reset no nonce has been used and no ticket is out."""
        self._nonces = NonceBook()
        self._tickets = Tickets(self._tickets.wait, self._tickets.keep)

    def answer(self, request: Request, now: datetime) -> Reply:
        name = request.path.removeprefix(BASE)
        stage = self._stages.get(name, "")
        offered = stage and ("." not in stage or stage in self._desk.books)
        if request.method != "POST" or not request.path.startswith(BASE) or not offered:
            return _gateway("40400")
        if refused := forced(self._desk.moods, GATEWAY) or self._gate(request.headers, now):
            return _gateway(refused)
        opened = self._open(request.body, now)
        if isinstance(opened, str) or (code := forced(self._desk.moods, PROTOCOL)):
            return self._protocol(opened if isinstance(opened, str) else code)
        if code := forced(self._desk.moods, BUSINESS):
            return self._no(opened, code)
        return self._serve(stage, opened, now)

    # -- section 3: the gateway -------------------------------------------------------------------

    def _gate(self, head: Mapping[str, str], now: datetime) -> str:
        secret, stamp, nonce = (
            self._desk.credentials,
            head.get("x-tif-timestamp", ""),
            head.get("x-tif-nonce", ""),
        )
        if head.get("x-tif-paasid") != secret["paas_id"]:
            return "40101"
        if head.get("x-forwarded-for", "").partition(",")[0].strip() != secret["client_ip"]:
            return "40305"
        if not _digits(stamp) or abs(int(stamp) - int(now.timestamp())) > self._windows[0]:
            return "40103"
        wanted = gateway_signature(stamp, secret["paas_token"], nonce)
        given = head.get("x-tif-signature", "").upper()
        if not hmac.compare_digest(wanted.encode(), given.encode()):
            return "40102"
        visible = nonce.isascii() and nonce.isprintable() and " " not in nonce and 1 <= len(nonce) <= 64
        return "" if visible and self._nonces.fresh(nonce, now) else "40104"

    # -- sections 4 and 5: the protocol -------------------------------------------------------------

    def _open(self, raw: bytes, now: datetime) -> Opened | str:
        """The payload, or the code of the first check that fails."""
        if len(raw) > self._limit:
            return "1006"
        body = jsonread.strict(raw)
        data = body.get("data") if body is not None else None
        if body is None or not isinstance(data, dict) or not isinstance(body.get("msgid"), str):
            return "1005"
        if (body.get("version"), body.get("encType"), body.get("signType")) != ("1.0.0", "SM4", "SM2"):
            return "1004"
        if body.get("appId") != self._sealing.app_id:
            return "1003"
        at = moment("yyyyMMddHHmmss", str(body.get("timestamp")))
        local = now.replace(tzinfo=None)
        if at is None or abs((at - local).total_seconds()) > self._windows[1]:
            return "1007"
        plain = self._sealing.open(str(data.get("encData")))
        if plain is None:
            return "1002"
        payload = jsonread.strict(plain)
        if payload is None or payload.get("msgid", body["msgid"]) != body["msgid"]:
            return "1005"
        text, public = self._sealing.text(body, payload), self._desk.secret("sign_pub")
        good = holds(text, body.get("signData"), public, self._hand.user_id)
        return Opened(body, payload, now) if good else "1001"

    # -- sections 6 to 8: the business ----------------------------------------------------------------

    def _serve(self, stage: str, opened: Opened, now: datetime) -> Reply:
        if stage == "query":
            return self._query(opened)
        if "." in stage:
            return self._ask(stage, opened, now)
        payload = opened.payload
        op = op_of(NAME, str(payload.get("oper_type", "")))
        found = json_form(NAME, stage).wrong(payload, deleted=op == "delete")
        return (
            self._no(opened, _KINDS[found.kind], found.field) if found else self._push(stage, opened, op, now)
        )

    def _push(self, stage: str, opened: Opened, op: str, now: datetime) -> Reply:
        payload = opened.payload
        content = {name: value for name, value in payload.items() if name not in NOT_CONTENT}
        push = Push(stage, opened.msgid, int(payload["data_ver"]), op, payload, content)
        if self._items and op == "insert" and self._item_held(push):
            return self._no(opened, "2010", ITEM[1])
        verdict, held = self._desk.ledger.put(push, now)
        if held is None or verdict in _VERDICTS:
            return self._no(opened, _VERDICTS[verdict])
        code = "0001" if verdict is Verdict.DUPLICATE else "0000"
        return self._business(opened, code, {"msgid": held.key, **_receipt(held)})

    def _item_held(self, push: Push) -> bool:
        """P07-medical-item-key: one record for each medical item of a project."""
        own = [push.fields.get(name) for name in ITEM]
        return any(
            held.message == push.message and not held.deleted and [held.fields.get(n) for n in ITEM] == own
            for held in self._desk.ledger
            if held.key != push.key
        )

    def _query(self, opened: Opened) -> Reply:
        stage = self._stages.get(str(opened.payload.get("service")), "")
        held = self._desk.ledger.find(stage, opened.msgid)
        if held is None or held.deleted:
            return self._business(opened, "0000", {"total": 0, "record": None})
        return self._business(opened, "0000", {"total": 1, "record": held.fields, **_receipt(held)})

    def _ask(self, stage: str, opened: Opened, now: datetime) -> Reply:
        form = service(NAME, stage, "request")
        if (found := first_wrong(form, opened.payload)) is not None:
            return self._no(opened, _KINDS[found.kind], found.field)
        if self._slow and (waiting := self._tickets.fetch(opened.msgid, now)) is not None:
            return self._business(opened, waiting.code, waiting.result)
        told_before = self._desk.ledger.find(stage, opened.msgid)
        if told_before is not None:
            return self._business(opened, "0001", told_before.extra)
        try:
            told = self._desk.books[stage](form.home(opened.payload), now)
        except Refusal as no:
            return self._no(opened, REFUSALS.get(no.code, OTHERWISE))
        reply = service(NAME, stage, "reply")
        result = complete(reply, reply.abroad(told), lambda row: "")
        if self._slow:
            return self._business(opened, "0002", self._tickets.give(opened.msgid, result, now))
        kept = self._desk.ledger.append(Push(stage, opened.msgid, 1, "insert", opened.payload, {}), now)
        kept.extra = result
        return self._business(opened, "0000", result)

    # -- answers ------------------------------------------------------------------------------------------

    def _protocol(self, code: str) -> Reply:
        return _json(200, {"code": int(code), "message": PROTOCOL[code], "data": None})

    def _no(self, opened: Opened, code: str, name: str = "") -> Reply:
        if not self._levels:
            return _json(200, {"code": int(code), "message": BUSINESS[code], "data": None})
        return self._business(opened, code, {"field": name, "msgid": opened.msgid})

    def _business(self, opened: Opened, code: str, result: Mapping[str, Any]) -> Reply:
        desk, payload = self._desk, {"bizCode": code, "bizMsg": BUSINESS[code], "result": dict(result)}
        if desk.feels("empties-signed"):
            payload = {**payload, "result": {**payload["result"], "remark": ""}}  # type: ignore[dict-item]
        body = {
            "appId": self._sealing.app_id,
            "version": "1.0.0",
            "timestamp": f"{opened.at:%Y%m%d%H%M%S}",
            "msgid": opened.msgid,
            "encType": "SM4",
            "signType": "SM2",
            "data": {"encData": self._sealing.seal(compact(payload))},
        }
        text = self._sealing.text(body, payload, empties=desk.feels("empties-signed"))
        signature = self._signing().sign(text, desk.secret("peer_key"))
        if desk.feels("answer-signature-bad"):
            signature = self._signing().sign(text + b"?", desk.secret("peer_key"))
        zero: int | str = "0" if desk.feels("number-as-string") else 0
        return _json(200, {"code": zero, "message": "成功", **body, "signData": signature})

    def _signing(self) -> Hand:
        hand = self._hand
        if self._desk.feels("sm2-userid-differs"):
            hand = Hand(self._sealing.other(hand.user_id), hand.form)
        if self._desk.feels("raw-vs-der-signature"):
            hand = Hand(hand.user_id, "raw" if hand.form == "der" else "der")
        return hand


def gateway_signature(stamp: str, token: str, nonce: str) -> str:
    """Of the headers: the time at both ends."""
    return hashlib.sha256(f"{stamp}{token}{nonce}{stamp}".encode()).hexdigest().upper()


def _gateway(code: str) -> Reply:
    headers = {"Content-Type": TYPE, **({"Retry-After": "1"} if code == "42900" else {})}
    text = compact({"errcode": code, "errmsg": GATEWAY[code]})
    return Reply(int(code[:3]), headers, text.encode("utf-8"))


def _json(status: int, told: Mapping[str, Any]) -> Reply:
    return Reply.text(status, TYPE, compact(told))


def _receipt(held: Record) -> dict[str, str]:
    return {"rcpt_no": held.receipt, "rcpt_time": f"{held.received:%Y%m%d%H%M%S}"}


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12
