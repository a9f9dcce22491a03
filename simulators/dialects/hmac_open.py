"""开放接口 hmac-open: one body, two ways of signing, first receipts for whatever comes twice.

Written from `hub/catalogue/data/dialects/hmac-open/rules.md`; section numbers in comments are its.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.catalogue.papers import FieldRow, Papers
from hub.message import wall
from simulators.desk import Desk, Refusal
from simulators.dialects import jsonread
from simulators.dialects.hmac_codes import GRANTED, REFUSALS, TEXTS, TOLD_BY, forced
from simulators.dialects.hmac_proof import Proof, XCa, XClient
from simulators.dialects.hmac_times import in_beijing, moment_of, zoneless
from simulators.jsonform import complete, first_wrong, json_form, objects_or_null
from simulators.nested import service
from simulators.nonces import NonceBook
from simulators.sheet import op_of
from simulators.state import Push, Record, Verdict
from simulators.systems.material import digest_of, opened
from simulators.wire import NO_SUCH_PATH, Reply, Request

NAME = "hmac-open"
TYPE = "application/json;charset=UTF-8"
BASE = "/openapi/v1/"
NOT_CONTENT = frozenset({"sendTime", "hubId", "operation"})
_KINDS = {"required": "2001", "format": "2002", "code": "2003"}
_VERDICTS = {Verdict.CONFLICT: "2011", Verdict.OLDER: "2012", Verdict.UNKNOWN_ROW: "2013"}
_FILES = ("certificate", "signature", "original")
_TWO_DECIMALS = re.compile(r"-?[0-9]+\.[0-9]{2,}")


class HmacOpen:
    """`POST` pushes and asks, `GET` reads back."""

    def __init__(self, desk: Desk) -> None:
        facts = Papers.load(NAME).facts
        own = {**facts["systems"].get(desk.id, {}), **desk.switches.get("own", {})}
        self._desk = desk
        desk.ledger.pattern = ("BY" if desk.id == "L03" else "GF") + "{day}{serial:04d}"
        self._stages = {resource: stage for stage, resource in facts["operations"].items()}
        self._limit = int(facts["limits"]["max_body_bytes"])
        self._x_ca = desk.variant == "x-ca"
        self._proof: Proof = (XCa if self._x_ca else XClient)(desk.credentials)
        self._nonces = NonceBook()
        self._granted = GRANTED.get(desk.id, frozenset())
        self._zones = self._x_ca and bool(own.get("zone_required"))
        self._unique = tuple(str(name) for name in own.get("unique", ()))
        self._decimals = own.get("amounts") == "yuan, two decimals"
        self._real_time = int(own.get("real_time_s", 0))

    def forget(self) -> None:
        """After a reset no nonce has been used."""
        self._nonces = NonceBook()

    def answer(self, request: Request, now: datetime) -> Reply:
        if request.method not in ("POST", "GET") or not request.path.startswith(BASE):
            return NO_SUCH_PATH
        if len(request.body) > self._limit:
            return self._no("3002")
        code, reason = forced(self._desk.moods, x_ca=self._x_ca)
        if reason or (refused := self._proof.refuses(request, now, self._nonces)):
            return self._no(code or refused, {"reason": reason} if reason else None)
        stage = self._stages.get(request.path.removeprefix(BASE), "")
        asks = "." in stage
        if stage not in self._granted or (
            asks and (request.method == "GET" or stage not in self._desk.books)
        ):
            return self._no("1006")
        if code:
            return self._no(code)
        if request.method == "GET":
            return self._read_back(stage, request.asked())
        said = jsonread.strict(request.body)
        if said is None:
            return self._no("2005")
        return self._ask(stage, said, now) if asks else self._push(stage, said, now)

    # -- records (sections 1, 3, 4) ----------------------------------------------------------------

    def _push(self, stage: str, said: dict[str, Any], now: datetime) -> Reply:
        op = op_of(NAME, str(said.get("operation", "")))
        form = json_form(NAME, stage)
        if refused := self._misfilled(form.rows, said):
            return refused
        found = form.wrong(in_beijing(form.rows, said, bare=not self._zones), deleted=op == "delete")
        if found is not None:
            return self._no(_KINDS[found.kind], {"field": found.field})
        content = {name: value for name, value in said.items() if name not in NOT_CONTENT}
        push = Push(stage, str(said["requestId"]), int(said["version"]), op, said, content)
        ledger = self._desk.ledger
        if ledger.verdict(push) is Verdict.TAKEN and op == "insert" and self._plan_held(push):
            return self._no("2107")
        verdict, held = ledger.put(push, now)
        if held is None or verdict in _VERDICTS:
            return self._no(_VERDICTS[verdict])
        if verdict is Verdict.TAKEN:
            held.extra = {"late": True} if self._late(said, now) else {}
        told = {"requestId": held.key, **_receipt(held), **held.extra}
        return self._say("2010" if verdict is Verdict.DUPLICATE else "0", told)

    def _misfilled(self, rows: tuple[FieldRow, ...], said: Mapping[str, Any]) -> Reply | None:
        """Times without an offset come before anything else; D02 counts the decimals of its amounts."""
        if self._zones and (name := zoneless(rows, said)):
            return self._no("2004", {"field": name})
        for row in rows if self._decimals else ():
            value = said.get(row.foreign)
            amount = row.form.startswith("amount:") and isinstance(value, str) and value != ""
            if amount and not _TWO_DECIMALS.fullmatch(str(value)):
                return self._no("2002", {"field": row.foreign})
        return None

    def _plan_held(self, push: Push) -> bool:
        """D02-plan-package-key: one record of a kind for each plan and package."""
        own = [push.fields.get(name) for name in self._unique]
        return bool(self._unique) and all(name in push.fields for name in self._unique) and any(
            held.message == push.message
            and not held.deleted
            and [held.fields.get(name) for name in self._unique] == own
            for held in self._desk.ledger
            if held.key != push.key
        )  # fmt: skip

    def _late(self, said: Mapping[str, Any], now: datetime) -> bool:
        """L03-real-time: what happened more than ten seconds ago is taken, and called late."""
        if not self._real_time:
            return False
        times = [moment_of(str(said.get(name) or ""), bare=True) for name in ("witnessTime", "alertDate")]
        return any(at is not None and now - at > timedelta(seconds=self._real_time) for at in times)

    def _read_back(self, stage: str, asked: Mapping[str, str]) -> Reply:
        held = self._desk.ledger.find(stage, asked.get("requestId", ""))
        if held is None or held.deleted:
            return self._say("0", {"total": 0, "record": None, "receiptNo": None, "receivedTime": None})
        return self._say("0", {"total": 1, "record": held.fields, **_receipt(held)})

    # -- services (section 6) ------------------------------------------------------------------------

    def _ask(self, stage: str, said: dict[str, Any], now: datetime) -> Reply:
        form = service(NAME, stage, "request")
        if self._zones and (name := zoneless(form.rows, said)):
            return self._no("2004", {"field": name})
        plain = in_beijing(form.rows, said, bare=not self._zones)
        if (found := first_wrong(form, plain)) is not None:
            return self._no(_KINDS[found.kind], {"field": found.field})
        if stage == "project.query" and said["queryKind"] != "PLAN_NO":
            return self._no("2003", {"field": "queryKind"})
        if stage == "project.query" and not said.get("planNo"):
            return self._no("2001", {"field": "planNo"})
        number = "+".join(str(said[name]) for name in TOLD_BY.get(stage, ()))
        before = self._desk.ledger.find(stage, number) if number and stage != "ca.sync" else None
        if before is not None:
            return self._say("0", before.extra)
        try:
            told = self._desk.books[stage]({**form.home(plain), **_enclosed(stage, said)}, now)
        except Refusal as no:
            known = REFUSALS.get(no.code)
            return self._no(known) if known else self._no("4999", {"reason": no.code})
        reply = service(NAME, stage, "reply")
        data = objects_or_null(complete(reply, reply.abroad(told), lambda row: None))
        if number and stage != "ca.sync":
            push = Push(stage, number, 1, "insert", said, {})
            self._desk.ledger.append(push, now).extra = data
        return self._say("0", data)

    # -- answers (section 2) ---------------------------------------------------------------------------

    def _no(self, code: str, data: Mapping[str, str] | None = None) -> Reply:
        return self._say(code, data)

    def _say(self, code: str, data: Mapping[str, Any] | None) -> Reply:
        spelt: int | str = int(code) if self._desk.feels("code-as-number") else code
        told = {"code": spelt, "msg": TEXTS[code], "data": data}
        return Reply.text(200, TYPE, json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def _enclosed(stage: str, said: Mapping[str, Any]) -> dict[str, str]:
    """Octets that stand beside their digests (ca.verify); raises Refusal where the two differ."""
    found: dict[str, str] = {}
    for name in _FILES if stage == "ca.verify" else ():
        about = said.get(name)
        text = about.get("content") if isinstance(about, dict) else None
        if isinstance(about, dict) and text is not None:
            raw = opened(text)
            if digest_of(raw) != about.get("digest") or len(raw) != about.get("size"):
                raise Refusal("file.digest")
            found[f"{name}.content"] = str(text)
    return found


def _receipt(held: Record) -> dict[str, str]:
    return {"receiptNo": held.receipt, "receivedTime": wall(held.received)}
