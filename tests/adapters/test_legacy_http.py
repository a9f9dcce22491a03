"""legacy-http: one table, two shells; answers wrapped in three ways."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote_plus, unquote_plus

import pytest

from adapters.legacy_http import DIALECT, wire
from hub.catalogue.papers import ROOT, Expectation
from hub.message import Finding
from hub.ports import Answer, Call, Incoming, Outcome, Session, WireReply, WireRequest
from tests.adapters.contract import AT, RECEIPT, Contract, wire_reply, wire_request

SAMPLES = ROOT / "legacy-http" / "samples"


def form(request: WireRequest) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True))


class Legacy(Contract):
    """What both variants share; `pick` takes the variant's half of `r_code 201 / errorCode E2010`."""

    dialect = DIALECT
    files: ClassVar[tuple[str, ...]] = ()
    pick: ClassVar[int] = 0

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        data = json.loads(form(request)["data"])
        return {name: str(value) for name, value in data.items() if value is not None}

    def said(self, code: str, words: str = "m", data: Any = None) -> WireReply:
        raise NotImplementedError

    def read(self, reply: WireReply) -> tuple[str, str, Any]:
        """Code, words and data of one of our answers."""
        raise NotImplementedError

    def wire(self, row: Expectation) -> WireReply:
        ok, error = (("200", "500"), ("SUCCESS", "E9999"))[self.pick]
        receipt = {"sn": "A", "receipt_no": "1"}
        special = {
            "ok (session-rcode)": WireReply(200, {}, quote_plus('{"r_code":200,"data":null}').encode()),
            "ok (appkey-md5)": WireReply(200, {}, b'{"executeResult":"SUCCESS","data":null}'),
            "ok, answer not url-encoded": WireReply(200, {}, b' {"r_code":"200","data":{}}'),
            "data is a JSON text": self.said(ok, data=json.dumps(receipt)),
            "plus or space in answer": self.said(ok, "a b + c", receipt),
            "stack trace": self.said(error, "java.lang.X\n\tat a.b(C.java:1)\n\tat secret.d(E.java:2)"),
            "sign of other case": self.said(("401", "E1001")[self.pick]),
            "empty parameters signed": self.said(("401", "E1001")[self.pick]),
            "session expired": WireReply(200, {}, quote_plus('{"r_code":"405"}').encode()),
            "slow": self.said(ok),
            "answer too big": WireReply(200, {}, b" " * 1048577),
            "unlisted code": self.said("777"),
        }
        if row.situation in special:
            return special[row.situation]
        halves = row.wire.split(" / ")
        assert len(halves) == 2, row
        return self.said(halves[self.pick].rpartition(" ")[2])

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        def auth(code: str) -> tuple[Answer, Incoming]:
            return Answer(401, "auth.failed"), self.incoming(authenticated=False, context={"auth": code})

        def unread(code: str) -> tuple[Answer, Incoming]:
            return Answer(422, "x"), self.incoming(findings=(Finding(code),))

        findings = (
            Finding("field.required", "/body/fields/PROJECT_NAME", "x", "y"),
            Finding("field.length", "/body/fields/ADDRESS"),
        )
        return {
            "accepted": (Answer(202, "0000", data=RECEIPT), None),
            "duplicate (same digest)": (Answer(200, "0000", data=RECEIPT), None),
            "conflict": (Answer(409, "idempotency.conflict"), None),
            "login wrong, sign wrong, unknown system": auth("401"),
            "session unknown or older than 1800 s, time window": auth("405"),
            "not online": (Answer(403, "member.not-online"), None),
            "finding field.required / code.unknown / other": (
                Answer(422, "message.refused", findings=findings),
                None,
            ),
            "data not JSON, duplicate member, float, wrong charset": unread("envelope.malformed"),
            "over limit": (Answer(413, "x"), None),
            "overload": (Answer(503, "hub.busy"), None),
            "unknown module": unread("path.unknown"),
            "internal error": (Answer(500, "hub.internal"), None),
        }[row.situation]

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        code, words, data = self.read(reply)
        if row.situation.startswith("finding"):
            assert code == ("410", "E2001")[self.pick]
            assert words.count("field.") == 2
            return
        assert code == row.wire.split(" / ")[self.pick].split(" ")[0].strip(",")
        if row.kind in ("delivered", "duplicate"):
            assert data["receipt_no"] == RECEIPT["hubId"]
        assert "Traceback" not in words

    def test_the_published_samples_are_read(self) -> None:
        for path in sorted(SAMPLES.glob(f"{self.variant}.*.reply.*")):
            outcome = DIALECT.decode(
                WireReply(200, {}, path.read_bytes()), self.outgoing("eng-project", {}), self.call()
            )
            assert outcome.code not in ("receiver.broken-body", "receiver.unknown-code"), path.name
            if ".error." in path.name:
                assert outcome.code != "ok", path.name

    def test_published_requests_are_read_back(self) -> None:
        for path in sorted(SAMPLES.glob(f"{self.variant}.*.save.request.txt")):
            stage = path.name.split(".")[1]
            like = DIALECT.encode(self.outgoing(stage, {}), self.call())
            held = dict(parse_qsl(path.read_text().strip()))
            call = self.call(session=Session(held.get("sessionid", ""), AT.replace(year=2027)))
            incoming = DIALECT.accept(replace(like, body=path.read_bytes().strip()), call)
            assert (incoming.stage, incoming.authenticated, incoming.findings) == (stage, True, ()), path.name

    def test_no_bare_plus_leaves(self, stage: str) -> None:
        fields = {row.standard: "a + b/ü~" for row in self.papers.rows(stage) if row.form == "text"}
        body = DIALECT.encode(self.outgoing(stage, fields), self.call()).body
        assert re.fullmatch(rb"[A-Za-z0-9._~&=%-]+", body)

    def test_stack_traces_stop_here(self) -> None:
        reply = self.said(("500", "E9999")[self.pick], "java.lang.X\n\tat secret.d(E.java:2)")
        outcome = DIALECT.decode(reply, self.outgoing("eng-project", {}), self.call())
        assert "secret" not in outcome.foreign

    @pytest.mark.parametrize("body", [b"data=%ff", b"data=1&data=2", "data=永".encode(), b"%", b"data={"])
    def test_broken_forms(self, body: bytes) -> None:
        request = DIALECT.encode(self.outgoing("eng-project", {}), self.call())
        incoming = DIALECT.accept(replace(request, body=body), self.call())
        assert not incoming.authenticated
        self.read(DIALECT.reply(Answer(401, "auth.failed"), incoming, self.call()))


class TestSessionRcode(Legacy):
    name = "legacy-http"
    variant = "session-rcode"
    files = ("session-rcode.jsonl", "inward.jsonl")
    pick = 0
    credentials: ClassVar = {"username": "hub6200", "password": "Jt+2026/ggzy"}

    def said(self, code: str, words: str = "m", data: Any = None) -> WireReply:
        text = json.dumps({"r_code": code, "r_msg": words, "count": 1, "data": data}, ensure_ascii=False)
        return WireReply(200, {"content-type": "text/plain"}, quote_plus(text).encode())

    def read(self, reply: WireReply) -> tuple[str, str, Any]:
        answer = json.loads(unquote_plus(reply.body.decode()))
        return answer["r_code"], answer["r_msg"], answer["data"]

    def golden_call(self, golden: dict[str, Any], **change: Any) -> Call:
        call = super().golden_call(golden, **change)
        ends = AT + timedelta(seconds=1800)
        return replace(call, session=Session(golden["secrets"]["sessionid"], ends))

    def golden_outward(self, golden: dict[str, Any]) -> None:
        if golden["request"]["path"] != "/api/login":
            super().golden_outward(golden)
            return
        call = replace(self.golden_call(golden), session=None)
        found = DIALECT.session(wire_reply(golden["reply"]), call)
        if golden["outcome"]["kind"] == "delivered":
            assert found == Session(golden["secrets"]["sessionid"], AT + timedelta(seconds=1800))
            request = DIALECT.login(call)
            assert request is not None
            expected = wire_request(golden["request"])
            assert (request.path, request.body, request.headers) == (
                expected.path,
                expected.body,
                expected.headers,
            )
        else:
            assert isinstance(found, Outcome)
            assert (found.kind.value, found.code) == tuple(golden["outcome"].values())

    def test_the_hub_as_provider_needs_no_memory(self) -> None:
        bare = self.call(session=None)
        login = DIALECT.login(bare)
        assert login is not None
        answered = DIALECT.reply(Answer(422, "message.refused"), DIALECT.accept(login, bare), bare)
        session = DIALECT.session(answered, bare)
        assert isinstance(session, Session)
        assert session.expires == AT + timedelta(seconds=1800)
        for minutes, holds in ((0, True), (29, True), (31, False)):
            now = AT + timedelta(minutes=minutes)
            push = DIALECT.encode(self.outgoing("eng-project", {}), self.call(session=session, now=now))
            incoming = DIALECT.accept(push, replace(bare, now=now))
            assert incoming.authenticated is holds
        assert self.read(DIALECT.reply(Answer(401, "auth.failed"), incoming, bare))[0] == "405"

    def test_sessions_of_the_hub_cannot_be_made_up(self) -> None:
        made = wire.issued("hub6200", "Jt+2026/ggzy", AT, "n-1").value
        assert made != wire.issued("hub6200", "Jt+2026/ggzy", AT, "n-2").value
        assert wire.held(made, "hub6200", "Jt+2026/ggzy", AT)
        older = f"{int(made[:8], 16) + 60:08X}{made[8:]}"
        assert not wire.held(older, "hub6200", "Jt+2026/ggzy", AT)
        assert not wire.held(made, "other", "Jt+2026/ggzy", AT)
        assert not wire.held("", "hub6200", "Jt+2026/ggzy", AT)

    @pytest.mark.parametrize(
        "auth", ["", "!!", "e30=", wire.credential("hub6200", "x"), wire.credential("", "")]
    )
    def test_wrong_logins(self, auth: str) -> None:
        request = WireRequest("POST", "/in/X07/api/login", {}, wire.form({"auth": auth}))
        incoming = DIALECT.accept(request, self.call(system="X07"))
        assert not incoming.authenticated
        assert self.read(DIALECT.reply(Answer(401, "auth.failed"), incoming, self.call()))[0] == "401"

    def test_login_only_when_needed(self) -> None:
        assert DIALECT.login(self.call()) is None
        assert DIALECT.login(self.call(session=None, variant="appkey-md5")) is None


class TestAppkeyMd5(Legacy):
    name = "legacy-http"
    variant = "appkey-md5"
    files = ("appkey-md5.jsonl",)
    pick = 1
    credentials: ClassVar = {"app_key": "ggzy6200", "app_secret": "9fK2#appsecret"}

    def said(self, code: str, words: str = "m", data: Any = None) -> WireReply:
        good = code == "SUCCESS"
        body = {
            "executeResult": "SUCCESS" if good else "ERROR",
            "errorCode": "" if good else code,
            "errorMessage": words,
            "data": data,
        }
        return WireReply(200, {"content-type": "application/json"}, json.dumps(body).encode())

    def read(self, reply: WireReply) -> tuple[str, str, Any]:
        answer = json.loads(reply.body)
        return answer["errorCode"] or answer["executeResult"], answer["errorMessage"], answer["data"]

    def test_sign_of_the_papers(self) -> None:
        values = {
            "serviceCode": "ggzy.zbgg.query",
            "appKey": "ggzy6200",
            "requestTime": "2026-11-22 09:00:00",
            "data": '{"sn":"A"}',
            "empty": "",
        }
        assert wire.sign(values, "9fK2#appsecret") == "DB89914A3FCF4EB65282C1F10FAA82D8"

    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [
            ("appKey", "other", "E1001"),
            ("requestTime", "2026-11-22 08:49:59", "E1002"),
            ("requestTime", "yesterday", "E1002"),
            ("sign", "db89914a3fcf4eb65282c1f10faa82d8", "E1001"),
            ("data", "{}", "E1001"),
            ("serviceCode", "ggzy.zbgg.save", "E1001"),
        ],
    )
    def test_every_parameter_is_judged(self, name: str, value: str, code: str) -> None:
        request = DIALECT.encode(self.outgoing("eng-project", {}), self.call())
        body = wire.form({**form(request), name: value})
        incoming = DIALECT.accept(replace(request, body=body), self.call())
        assert not incoming.authenticated
        assert self.read(DIALECT.reply(Answer(401, "auth.failed"), incoming, self.call()))[0] == code

    def test_a_lower_case_sign_is_wrong(self) -> None:
        request = DIALECT.encode(self.outgoing("eng-project", {}), self.call())
        values = form(request)
        body = wire.form({**values, "sign": values["sign"].lower()})
        assert not DIALECT.accept(replace(request, body=body), self.call()).authenticated

    def test_unknown_service_code(self) -> None:
        values = {
            "serviceCode": "ggzy.nothing.save",
            "appKey": "ggzy6200",
            "requestTime": datetime.strftime(AT, "%Y-%m-%d %H:%M:%S"),
            "data": "{}",
        }
        values["sign"] = wire.sign(values, "9fK2#appsecret")
        incoming = DIALECT.accept(WireRequest("POST", "/gateway.do", {}, wire.form(values)), self.call())
        assert self.read(DIALECT.reply(Answer(422, "x"), incoming, self.call()))[0] == "E1004"
