"""房建市政接口: a token for each call, the tender document as an enciphered form with a file made of it.

Written from `hub/catalogue/data/dialects/token-sm4/rules.md`; section numbers in comments are its.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.catalogue.papers import Papers
from simulators.desk import Desk, Refusal
from simulators.dialects import jsonread
from simulators.dialects.token_sm4_codes import OTHERWISE, REFUSALS, Code, of_mood
from simulators.dialects.token_sm4_file import Part, Sm4, compact, differing, file_fault, parts_of
from simulators.dialects.token_sm4_order import Order
from simulators.dialects.token_sm4_regions import lenient
from simulators.jsonform import first_wrong, json_form
from simulators.nested import service
from simulators.sheet import op_of
from simulators.state import Push, Record, Verdict
from simulators.wire import NO_SUCH_PATH, Reply, Request

NAME = "token-sm4"
TYPE = "application/json;charset=UTF-8"
BASE = "/gsggzy/api/"
LIFE = timedelta(seconds=300)
KEPT = 20_000
CREDENTIALS = ("platform", "api_key", "token")
NOT_CONTENT = frozenset({"pushTime", "hubNo", "operateType"})
_KINDS = {"required": "10020", "format": "10040", "code": "10080"}
_VERDICTS = {Verdict.CONFLICT: "10012", Verdict.OLDER: "10013", Verdict.UNKNOWN_ROW: "10010"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call as read: the three credentials apart from what it says; parts of a form, if it was one."""

    credentials: Mapping[str, str]
    said: dict[str, Any]
    form: bool = False
    sm3: str | None = None
    file: Part | None = None

    @property
    def key(self) -> str:
        return str(self.said.get("dataKey") or "")


@dataclass(slots=True)
class Tokens:
    """Tokens given and not yet forgotten; a token is void once a call got past its check."""

    owner: str
    given: OrderedDict[str, datetime] = field(default_factory=OrderedDict)
    used: set[str] = field(default_factory=set)
    serial: int = 0

    def give(self, now: datetime) -> str:
        self.serial += 1
        token = hashlib.sha256(f"{self.owner}/{self.serial}".encode()).hexdigest()[:32]
        self.given[token] = now
        if len(self.given) > KEPT:
            self.used.discard(self.given.popitem(last=False)[0])
        return token

    def take(self, token: str, now: datetime) -> str:
        """The code that refuses this token, or nothing: then it is used up."""
        if token not in self.given:
            return "10050"
        if now - self.given[token] > LIFE:
            return "10052"
        if token in self.used:
            return "10051"
        self.used.add(token)
        return ""


class TokenSm4:
    """`POST /gsggzy/api/{operation}`: tokens, pushes, one file call, read-back, services."""

    def __init__(self, desk: Desk) -> None:
        papers = Papers.load(NAME)
        own = {**papers.facts["systems"].get(desk.id, {}), **desk.switches.get("own", {})}
        secret = desk.credentials
        self._desk = desk
        desk.ledger.pattern = desk.id + "{day}{serial:04d}"
        self._stages = {operation: stage for stage, operation in papers.facts["operations"].items()}
        self._limit = int(papers.facts["limits"]["max_body_bytes"])
        self._sm4 = Sm4(secret["sm4_key"], secret["sm4_iv"])
        self._others = {} if own.get("seat_code") == "xx01" else lenient()
        self._compares = bool(own.get("file_must_equal_data", True))
        self._order = Order(
            desk.ledger,
            enforced=own.get("order") == "enforced",
            opening=bool(own.get("rejects_after_opening")),
        )
        self.tokens = Tokens(f"{desk.id}/{secret['api_key']}")

    def forget(self) -> None:
        """After a reset no token is known any more."""
        self.tokens = Tokens(self.tokens.owner)

    def answer(self, request: Request, now: datetime) -> Reply:
        operation = request.path.removeprefix(BASE)
        stage = self._stages.get(operation, "")
        known = operation == "getToken" or bool(stage)
        if request.method != "POST" or not request.path.startswith(BASE) or not known:
            return NO_SUCH_PATH
        if "." in stage and stage not in self._desk.books:
            return NO_SUCH_PATH
        if len(request.body) > self._limit:
            return self._no(Code("10093"))
        call = self._read(operation, request)
        if call is None:
            return self._no(Code("10080"))
        if not self._authorised(call.credentials):
            return self._no(Code("10060"), call if call.key else None)
        if operation == "getToken":
            return self._yes({"token": self.tokens.give(now), "expireSeconds": int(LIFE.total_seconds())})
        refused = self.tokens.take(call.credentials["token"], now)
        return self._no(Code(refused), call) if refused else self._serve(stage, call, now)

    # -- sections 2 to 4: who calls, what was said -------------------------------------------------

    def _read(self, operation: str, request: Request) -> Call | None:
        if operation == "receiveDocument":
            return self._read_form(request)
        said = jsonread.strict(request.body)
        if said is None:
            return None
        names = CREDENTIALS[:2] if operation == "getToken" else CREDENTIALS
        if not all(isinstance(said.get(name, ""), str) for name in names):
            return None
        return Call({name: str(said.pop(name, "")) for name in names}, said)

    def _read_form(self, request: Request) -> Call | None:
        parts = parts_of(request.headers.get("content-type", ""), request.body)
        if parts is None or any(name not in parts for name in (*CREDENTIALS, "data")):
            return None
        opened = {
            name: self._sm4.open(parts[name].content) for name in (*CREDENTIALS, "fileSM3") if name in parts
        }
        said = jsonread.strict(parts["data"].content)
        if said is None or None in opened.values():
            return None
        texts = {name: text or "" for name, text in opened.items()}
        sm3 = texts.pop("fileSM3", None)
        return Call(texts, said, True, sm3, parts.get("file"))

    def _authorised(self, credentials: Mapping[str, str]) -> bool:
        pairs = [(credentials[name], self._desk.credentials[name]) for name in ("platform", "api_key")]
        same = [hmac.compare_digest(given.encode(), wanted.encode()) for given, wanted in pairs]
        return all(same)

    # -- sections 5 to 10: what is asked -------------------------------------------------------------

    def _serve(self, stage: str, call: Call, now: datetime) -> Reply:
        forced = of_mood(self._desk.moods)
        if forced is not None:
            return self._no(forced, call)
        if stage == "query":
            return self._query(call.said)
        if "." in stage:
            return self._ask(stage, call.said, now)
        op = op_of(NAME, str(call.said.get("operateType", "")))
        refused = self._file(stage, call, op) or self._wrong(stage, call.said, op)
        return self._no(refused, call) if refused else self._push(stage, call, op, now)

    def _file(self, stage: str, call: Call, op: str) -> Code | None:
        if not call.form or op == "delete":
            return None
        if call.sm3 is None:
            return Code("10080")
        if code := file_fault(call.file, call.sm3):
            return Code(code)
        business = json_form(NAME, stage).business(call.said)
        name = differing(call.file, business) if call.file is not None and self._compares else ""
        return Code("10092", name) if name else None

    def _wrong(self, stage: str, said: Mapping[str, Any], op: str) -> Code | None:
        found = json_form(NAME, stage).wrong(self._plain(said), deleted=op == "delete")
        return None if found is None else Code(_KINDS[found.kind], found.field)

    def _plain(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The same record with seats spelt as the table has them (a lenient receiver reads both)."""
        return {
            name: self._others.get(name, {}).get(value, value) if isinstance(value, str) else value
            for name, value in said.items()
        }

    def _push(self, stage: str, call: Call, op: str, now: datetime) -> Reply:
        said = call.said
        content = {name: value for name, value in said.items() if name not in NOT_CONTENT}
        push = Push(stage, call.key, int(said["dataVersion"]), op, said, content)
        ledger = self._desk.ledger
        verdict = ledger.verdict(push)
        if verdict is Verdict.TAKEN and (refused := self._order.refuses(push)):
            return self._no(refused, call)
        verdict, held = ledger.put(push, now)
        if held is None or verdict in _VERDICTS:
            return self._no(Code(_VERDICTS[verdict]), call)
        if verdict is Verdict.TAKEN:
            held.extra = {"fileUid": call.sm3[:32]} if call.sm3 else {}
        again = verdict is Verdict.DUPLICATE or self._desk.feels("already-pushed")
        return self._say("20010" if again else "200", {"dataKey": held.key, **_receipt(held), **held.extra})

    def _query(self, said: Mapping[str, Any]) -> Reply:
        stage = self._stages.get(str(said.get("operation")), "")
        if not stage or "." in stage or stage == "query":
            return self._no(Code("10080"))
        held = self._desk.ledger.find(stage, str(said.get("dataKey")))
        if held is None or held.deleted:
            return self._yes({"total": 0, "record": None})
        return self._yes({"total": 1, "record": held.fields, **_receipt(held)})

    def _ask(self, stage: str, said: Mapping[str, Any], now: datetime) -> Reply:
        asked = service(NAME, stage, "request")
        if (found := first_wrong(asked, said)) is not None:
            return self._no(Code(_KINDS[found.kind], found.field), Call({}, {}))
        try:
            told = self._desk.books[stage](asked.home(said), now)
        except Refusal as no:
            code, name = REFUSALS.get(no.code, OTHERWISE)
            return self._no(Code(code, name), Call({}, {}) if name else None)
        return self._yes(service(NAME, stage, "reply").abroad(told))

    # -- section 6: answers ----------------------------------------------------------------------------

    def _yes(self, data: Mapping[str, Any]) -> Reply:
        return self._say("200", data)

    def _no(self, code: Code, call: Call | None = None) -> Reply:
        data = None if call is None else {"field": code.field, "dataKey": call.key}
        return self._say(code.code, data, code.field)

    def _say(self, code: str, data: Mapping[str, Any] | None, name: str = "") -> Reply:
        text = Code(code, name).text
        spelt: int | str = code if self._desk.feels("number-as-string") else int(code)
        return Reply.text(200, TYPE, compact({"code": spelt, "msg": text, "data": data}))


def _receipt(held: Record) -> dict[str, str]:
    return {"receiptNo": held.receipt, "receiveTime": f"{held.received:%Y-%m-%d %H:%M:%S}"}
