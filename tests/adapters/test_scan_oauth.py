"""scan-oauth: signed calls under a token; tickets, one-time codes, and signatures that come by callback."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest

from adapters.scan_oauth import DIALECT, papers, proof
from hub.catalogue.papers import ROOT, Expectation, Papers
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import Answer, Call, Incoming, Kind, Outcome, Outgoing, Session, WireReply, WireRequest
from tests.adapters.contract import AT, BOMB, COMMON, answer_to, mutants, wire_reply, wire_request
from tests.adapters.questions import expected, service_fields, unified
from tests.rows import each

PAPERS = Papers.load("scan-oauth")
SERVICES = tuple(name for name in PAPERS.facts["operations"])
OPERATIONS = {code: name for name, code in PAPERS.facts["operations"].items()}
SAMPLES = ROOT / "scan-oauth" / "samples"
CALLS = sorted((name, system) for system, row in PAPERS.facts["systems"].items() for name in row["call"])
TOKEN = "at-7f31c0de20261122"


def typed(service: str, direction: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Foreign paths put into objects, with the JSON types of the papers."""
    types = {
        r.foreign: r.foreign_type for r in PAPERS.fields if (r.stage, r.direction) == (service, direction)
    }
    body: dict[str, Any] = {}

    def one(path: str, text: str) -> Any:
        kind = types[path]
        return int(text) if kind == "integer" else text == "true" if kind == "boolean" else text

    for path, value in wanted.items():
        *above, last = path.split("/")
        place = body
        for name in above:
            place = place.setdefault(name, {})
        if isinstance(value, list):
            place[last] = [
                {k: one(f"{path}[]/{k}", v) for k, v in item.items()} if isinstance(item, dict) else item
                for item in value
            ]
        else:
            place[last] = one(path, value)
    return body


def answered(code: object, data: Any = None) -> WireReply:
    return WireReply(200, {}, json.dumps({"code": code, "msg": "m", "data": data}).encode())


class TestScanOauth:
    name = "scan-oauth"
    credentials: ClassVar = {"client_id": "gs-hub-620000", "client_secret": "9d3F#scan-secret-2026"}

    def call(self, **change: Any) -> Call:
        session = Session(TOKEN, AT + timedelta(hours=2))
        base = Call("P23", "", self.credentials, AT, "000102030405060708090a0b0c0d0e0f", "key-1", session)
        return replace(base, **change)

    def question(self, service: str, fields: dict[str, Any] | None = None) -> Outgoing:
        return Outgoing(service, "", "query", 1, fields or {}, sender="T03", key="K-1")

    # -- outward --------------------------------------------------------------------------------
    @each("service", SERVICES)
    def test_a_question_and_its_answer(self, service: str) -> None:
        for seed in range(5):
            share = 0.5 if seed else 1.0
            fields = service_fields(PAPERS, service, "request", seed, share)
            request = DIALECT.encode(self.question(service, fields), self.call())
            assert OPERATIONS[request.path.rpartition("/")[2]] == service
            assert request.headers["Authorization"] == f"Bearer {TOKEN}"
            assert json.loads(request.body) == typed(
                service, "request", expected(PAPERS, service, "request", fields)
            )
            told = service_fields(PAPERS, service, "reply", seed, share)
            if service == "auth.state":
                told["code"] = "c0de"
            data = typed(service, "reply", expected(PAPERS, service, "reply", told))
            outcome = DIALECT.decode(answered("200", data), self.question(service), self.call())
            assert (outcome.kind, dict(outcome.data)) == (Kind.DELIVERED, told)
            again = DIALECT.decode(answered(4401, data), self.question(service), self.call())
            assert (again.kind, dict(again.data)) == (Kind.DUPLICATE, told)

    def test_golden_transcripts(self, golden: dict[str, Any]) -> None:
        session = Session(golden["secrets"]["access_token"], AT + timedelta(seconds=7200))
        headers = golden["request"]["headers"]
        call = self.call(
            credentials=golden["secrets"],
            now=datetime.fromisoformat(golden["at"]),
            session=session,
            nonce=headers["X-Nonce"],
        )
        if golden["file"] == "inward.jsonl":
            self.golden_inward(golden, call)
            return
        if golden["request"]["path"] == "/oauth/token":
            made = DIALECT.login(replace(call, session=None))
            assert made is not None
            found = DIALECT.session(wire_reply(golden["reply"]), call)
            if isinstance(found, Session):
                assert (found.value, found.expires) == (TOKEN, call.now + timedelta(seconds=7200))
            else:
                assert found.code == golden["outcome"]["code"]
        else:
            name = OPERATIONS[golden["request"]["path"].rpartition("/")[2]]
            body = json.loads(golden["request"]["body"])
            outgoing = self.question(name, unified(PAPERS, name, "request", body))
            made = DIALECT.encode(outgoing, call)
            outcome = DIALECT.decode(wire_reply(golden["reply"]), outgoing, call)
            assert (outcome.kind.value, outcome.code) == (
                golden["outcome"]["kind"],
                golden["outcome"]["code"],
            )
        assert (made.path, made.body.decode()) == (golden["request"]["path"], golden["request"]["body"])
        if golden["id"] != "token-bad-sign":
            assert {name: made.headers[name] for name in headers} == headers

    def golden_inward(self, golden: dict[str, Any], call: Call) -> None:
        call = replace(call, system=golden["request"]["path"].split("/")[2])
        incoming = DIALECT.accept(wire_request(golden["request"]), call)
        kind, code = golden["outcome"]["kind"], golden["outcome"]["code"]
        data = json.loads(golden["reply"]["body"])["data"]
        told = unified(PAPERS, incoming.message, "reply", data) if incoming.message and data else {}
        answer = {
            "delivered": Answer(202, "0000", data=told),
            "duplicate": Answer(200, "0000", data=told),
        }.get(kind, Answer(401 if code.startswith("auth.") else 422, code))
        reply = DIALECT.reply(answer, incoming, call)
        assert (reply.status, reply.body.decode()) == (golden["reply"]["status"], golden["reply"]["body"])

    def test_answers_mean_what_the_papers_say(self, row: Expectation) -> None:
        outcome = DIALECT.decode(self.wire(row), self.question("auth.state"), self.call())
        if row.situation.startswith("licence revoked"):
            outcome = DIALECT.decode(answered(4301), self.question("auth.identity"), self.call())
        blame = outcome.blame.value if outcome.blame else "-"
        assert (outcome.kind.value, outcome.code, blame) == (row.kind, row.code, row.blame)
        if row.situation.startswith("ticket "):
            assert outcome.data["state"] == ("scanned" if "scanned" in row.situation else "expired")
            assert "code" not in outcome.data

    def wire(self, row: Expectation) -> WireReply:
        if row.situation in COMMON:
            return COMMON[row.situation]
        if row.situation.startswith("code "):
            return answered(int(row.situation[5:]))
        return {
            "ok": answered(200, {"state": 1}),
            "slow": answered("200", {}),
            "ticket new or scanned, not confirmed": answered(200, {"state": 1, "expire_time": 1}),
            "ticket state 4": answered(200, {"state": 4, "expire_time": 1}),
            "state confirmed without code": answered(200, {"state": 2}),
            "licence revoked between scan and confirm": answered(200, {"state": 2, "code": "c"}),
            "answer too big": WireReply(200, {}, b"{" + b" " * papers.LIMIT),
            "unlisted code": answered(7777),
        }[row.situation]

    def test_the_worked_example_of_the_papers(self) -> None:
        made = proof.sign(
            "9d3F#scan-secret-2026", "/oauth/token", "1795309200000", "0123456789abcdef",
            b'{"grant_type":"client_credentials"}',
        )  # fmt: skip
        assert made == "fe0e66156c59d5032d1619e64ee5e616b5fca809c4882d0762bad8e861a69e84"

    def test_a_token_is_renewed_in_its_last_minute(self) -> None:
        assert DIALECT.login(self.call(session=Session("s", AT + timedelta(seconds=61)))) is None
        assert DIALECT.login(self.call(session=Session("s", AT + timedelta(seconds=59)))) is not None
        assert DIALECT.login(self.call(session=None)) is not None

    @pytest.mark.parametrize(
        "data",
        [
            None,
            {},
            [1],
            {"access_token": "short", "expires_in": 7200},
            {"access_token": "a" * 20, "expires_in": 0},
            {"access_token": "a b" * 10, "expires_in": 1},
            {"access_token": "a" * 20, "expires_in": "x"},
        ],
    )
    def test_a_token_that_is_none_is_told_so(self, data: Any) -> None:
        found = DIALECT.session(answered(200, data), self.call())
        assert isinstance(found, Outcome)
        assert found.kind is Kind.UNKNOWN

    def test_nothing_is_asked_before_a_repetition(self) -> None:
        """What has a number is repeated as it is; the hub ends its chain after an unknown identity."""
        for service in SERVICES:
            assert DIALECT.ask(self.question(service), self.call()) is None

    def test_sections_never_leave_with_what_people_are_told(self) -> None:
        for service in ("todo.push", "progress.push", "subscribe.push"):
            fields = service_fields(PAPERS, service, "request", 1) | {
                "section": {"BID_SECTION_CODE": "E-SECRET"}
            }
            assert b"E-SECRET" not in DIALECT.encode(self.question(service, fields), self.call()).body

    def test_every_bad_value_is_named(self) -> None:
        fields = {
            "requestNo": "1",
            "expireTime": "?",
            "digestAlgorithm": "?",
            "certificate": {"notBefore": "?"},
        }
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.question("ca.sign", fields), self.call())
        assert {f.at for f in refused.value.findings} == {
            "/body/fields/expireTime",
            "/body/fields/digestAlgorithm",
            "/body/fields/certificate.notBefore",
        }
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.question("ca.verify"), self.call())
        assert refused.value.code == "mapping.no-place"

    def test_a_nonce_of_another_shape_is_brought_into_theirs(self) -> None:
        for nonce in ("a-b_c", "x" * 65, "短"):
            made = DIALECT.encode(self.question("auth.ticket"), self.call(nonce=nonce)).headers["X-Nonce"]
            assert made.isalnum() and made.isascii() and len(made) == 32

    # -- inward ---------------------------------------------------------------------------------
    def signed(self, path: str, body: Any, **change: Any) -> WireRequest:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        call = self.call(**change)
        headers = proof.headers(call.credentials, path, call.now, call.nonce, raw)
        assert call.session is not None
        return WireRequest("POST", path, {**headers, "Authorization": f"Bearer {call.session.value}"}, raw)

    @each(("service", "system"), CALLS)
    def test_a_question_to_the_hub_and_its_answer(self, service: str, system: str) -> None:
        for seed in range(4):
            fields = service_fields(PAPERS, service, "request", seed, 0.5 if seed else 1.0)
            request = DIALECT.encode(self.question(service, fields), self.call())
            incoming = DIALECT.accept(request, self.call(system=system))
            assert (incoming.message, incoming.authenticated, incoming.findings) == (service, True, ())
            assert dict(incoming.fields) == fields
            assert incoming.context["nonce"] == request.headers["X-Nonce"]
            told = service_fields(PAPERS, service, "reply", seed, 0.5 if seed else 1.0)
            reply = json.loads(DIALECT.reply(Answer(200, "0000", data=told), incoming, self.call()).body)
            assert reply["code"] == 200
            assert reply["data"] == typed(service, "reply", expected(PAPERS, service, "reply", told))

    def test_an_identity_is_never_the_same_question_twice(self) -> None:
        def number(service: str, nonce: str) -> str:
            request = DIALECT.encode(
                self.question(service, {"requestNo": "R", "code": "C"}), self.call(nonce=nonce)
            )
            return DIALECT.accept(request, self.call(nonce=nonce)).message_id

        assert number("auth.ticket", "a" * 16) == number("auth.ticket", "b" * 16)
        assert number("auth.identity", "a" * 16) != number("auth.identity", "b" * 16)

    def callback(self, event: str, data: Any, number: str = "CAS-0002", system: str = "C04") -> Incoming:
        body = {"event": event, "req_no": number, "data": data}
        return DIALECT.accept(self.signed("/oauth/callback", body), self.call(system=system))

    @pytest.mark.parametrize(
        ("event", "service"), [("sign", "ca.sign"), ("seal", "ca.seal"), ("cert", "ca.issue")]
    )
    def test_a_callback_brings_the_reply(self, event: str, service: str) -> None:
        for seed in range(3):
            told = service_fields(PAPERS, service, "reply", seed, 0.6 if seed else 1.0)
            data = typed(service, "reply", expected(PAPERS, service, "reply", told))
            incoming = self.callback(event, data)
            assert (incoming.message, incoming.op, incoming.findings) == (service, "callback", ())
            assert dict(incoming.fields) == {**told, "requestNo": "CAS-0002"}
            assert incoming.message_id == f"{event}:CAS-0002:{data['state']}"

    def test_callbacks_that_were_not_agreed_are_closed(self) -> None:
        for event, system in (("cert", "N05"), ("state", "C04"), ("sign", "P23"), ("x", "C04")):
            incoming = self.callback(event, {"state": 2}, system=system)
            reply = DIALECT.reply(Answer(422, "message.refused"), incoming, self.call())
            assert json.loads(reply.body)["code"] == 4506
        state = self.callback("state", {"state": 2, "code": "c", "ticket": "Q"}, system="N05")
        assert dict(state.fields) == {
            "state": "confirmed",
            "code": "c",
            "ticket": "Q",
            "requestNo": "CAS-0002",
        }

    @pytest.mark.parametrize("body", [{"event": "sign"}, {"event": "sign", "req_no": "1", "data": []}])
    def test_half_a_callback_is_a_finding(self, body: dict[str, Any]) -> None:
        incoming = DIALECT.accept(self.signed("/oauth/callback", body), self.call(system="C04"))
        reply = DIALECT.reply(answer_to(incoming), incoming, self.call())
        assert json.loads(reply.body)["code"] == 4501

    def test_inward_answers_are_those_of_the_papers(self, inward_row: Expectation) -> None:
        findings = (Finding("field.required", "/body/fields/requestNo", "x", "y"), Finding("field.length"))
        good = self.signed("/oauth/api/ticket", {"req_no": "1"})
        told = self.signed("/oauth/callback", {"event": "sign", "req_no": "1", "data": {"state": 2}})
        ticket = {"ticket": "Q", "qrContent": "q", "expireTime": AT.isoformat(), "pollSeconds": 2}
        late = self.signed("/oauth/api/ticket", {}, now=AT - timedelta(seconds=301))
        refused = Answer(401, "auth.failed")
        answer, request, system = {
            "accepted": (Answer(200, "0000", data=ticket), good, "P23"),
            "callback told again": (Answer(200, "0000"), told, "C04"),
            "conflict": (Answer(409, "idempotency.conflict"), good, "P23"),
            "unknown client, wrong sign": (refused, replace(good, body=b"{}"), "P23"),
            "timestamp off by more than 300 s": (refused, late, "P23"),
            "nonce seen": (Answer(401, "auth.nonce-reused"), good, "P23"),
            "access token unknown or expired": (
                refused,
                replace(good, headers={**good.headers, "Authorization": "Bearer x"}),
                "P23",
            ),
            "not online": (Answer(403, "member.not-online"), good, "P23"),
            "callback for a ticket that is not ours": (Answer(422, "ticket.unknown"), told, "C04"),
            "callback for an expired ticket": (Answer(422, "ticket.expired"), told, "C04"),
            "finding field.required / code.unknown / other": (
                Answer(422, "x", findings=findings),
                good,
                "P23",
            ),
            "not JSON, duplicate member, float": (
                Answer(422, "x"),
                self.signed("/oauth/api/ticket", b'{"a":1.5}'),
                "P23",
            ),
            "over limit": (refused, replace(good, body=b" " * (papers.LIMIT + 1)), "P23"),
            "unknown path": (Answer(404, "path.unknown"), replace(good, path="/oauth/api/x"), "P23"),
            "overload": (Answer(503, "hub.busy"), good, "P23"),
            "internal error": (Answer(500, "hub.internal"), good, "P23"),
        }[inward_row.situation]
        reply = DIALECT.reply(answer, DIALECT.accept(request, self.call(system=system)), self.call())
        assert str(reply.status) == inward_row.wire_status
        if reply.status == 404:
            assert reply.body == b""
            return
        body = json.loads(reply.body)
        assert str(body["code"]) in inward_row.wire
        if inward_row.situation == "callback told again":
            assert body["data"] == {"received": True}
        if inward_row.situation.startswith("finding"):
            assert (body["msg"], body["data"]) == ("req_no:field.required;报文:field.length", None)

    @each(
        ("header", "value", "code"),
        [
            ("X-Client-Id", "other", "4002"),
            ("X-Client-Id", "\udcff", "4002"),
            ("X-Timestamp", "²", "4003"),
            ("X-Timestamp", "9" * 40, "4003"),
            ("X-Timestamp", "1795309200001", "4002"),
            ("X-Nonce", "short", "4002"),
            ("X-Nonce", "\udcff" * 20, "4002"),
            ("X-Sign", "", "4002"),
            ("X-Sign", "\udcff", "4002"),
            ("Authorization", "Bearer ", "4010"),
            ("Authorization", TOKEN, "4010"),
        ],
    )
    def test_every_header_is_judged(self, header: str, value: str, code: str) -> None:
        request = self.signed("/oauth/api/ticket", {"req_no": "1"})
        incoming = DIALECT.accept(replace(request, headers={**request.headers, header: value}), self.call())
        assert (incoming.authenticated, incoming.context["auth"]) == (False, code)
        reply = DIALECT.reply(Answer(401, "auth.failed"), incoming, self.call())
        assert json.loads(reply.body)["code"] == int(code)

    def test_a_signature_is_for_one_path_body_and_secret(self) -> None:
        request = self.signed("/oauth/api/ticket", {"req_no": "1"})
        for other in (replace(request, path="/oauth/api/state"), replace(request, body=b'{"req_no":"2"}')):
            assert not DIALECT.accept(other, self.call()).authenticated
        for credentials in ({}, {**self.credentials, "client_secret": ""}, {"client_id": "gs-hub-620000"}):
            emptied = {"client_id": "", "client_secret": "", **credentials}
            bare = self.signed("/oauth/api/ticket", {}, credentials=emptied)
            assert not DIALECT.accept(bare, self.call(credentials=credentials)).authenticated
        below = replace(request, path="/in/P23/oauth/api/ticket")
        assert DIALECT.accept(below, self.call()).authenticated

    def test_the_hub_as_provider_needs_no_memory(self) -> None:
        """Fetch, ask under what was fetched, and the same token is refused once it has run out."""
        bare = self.call(session=None)
        fetch = DIALECT.login(bare)
        assert fetch is not None
        incoming = DIALECT.accept(fetch, bare)
        session = DIALECT.session(DIALECT.reply(Answer(422, "message.refused"), incoming, bare), bare)
        assert isinstance(session, Session)
        assert timedelta(hours=1) <= session.expires - AT <= timedelta(hours=2)
        for moment, holds in (
            (AT, True),
            (session.expires - timedelta(seconds=1), True),
            (session.expires, False),
        ):
            asked = DIALECT.encode(self.question("auth.ticket"), self.call(session=session, now=moment))
            assert DIALECT.accept(asked, replace(bare, now=moment)).authenticated is holds
        reused = DIALECT.reply(Answer(401, "auth.nonce-reused"), incoming, bare)
        assert json.loads(reused.body)["code"] == 4004

    def test_nothing_raises_on_hostile_bytes(self) -> None:
        seeds = [wire_reply(g["reply"]).body for g in PAPERS.golden()]
        seeds += [wire_request(g["request"]).body for g in PAPERS.golden()]
        for body in mutants(seeds, 500):
            for service in ("auth.state", "ca.seal"):
                reply = WireReply(200, {}, body)
                assert isinstance(DIALECT.decode(reply, self.question(service), self.call()), Outcome)
            assert isinstance(DIALECT.session(WireReply(200, {}, body), self.call()), Session | Outcome)
            for path, system in (
                ("/oauth/api/ticket", "P23"),
                ("/oauth/callback", "C04"),
                ("/oauth/token", "L02"),
            ):
                incoming = DIALECT.accept(self.signed(path, body), self.call(system=system))
                assert isinstance(DIALECT.reply(answer_to(incoming), incoming, self.call()), WireReply)

    def test_entities_stay_inert(self) -> None:
        outcome = DIALECT.decode(WireReply(200, {}, BOMB), self.question("auth.state"), self.call())
        assert (outcome.kind, "root:" in outcome.foreign) == (Kind.UNKNOWN, False)

    def test_the_published_samples_are_read(self) -> None:
        for path in sorted(SAMPLES.glob("*.reply.json")):
            if path.name.startswith(("in-", "token")):
                continue
            name = path.name.removesuffix(".reply.json")
            service = name if name in SERVICES else "auth.state"
            outcome = DIALECT.decode(
                WireReply(200, {}, path.read_bytes()), self.question(service), self.call()
            )
            assert outcome.code not in ("receiver.broken-body", "receiver.unknown-code"), path.name
            assert (outcome.kind is Kind.DELIVERED) is not name.startswith("error."), path.name


def test_what_was_agreed_is_what_the_papers_say() -> None:
    systems = PAPERS.facts["systems"]
    calls = {name: set(row["call"]) for name, row in systems.items() if row["call"]}
    assert {system: set(names) for system, names in papers.ADMITTED.items()} == calls
    told = {name: set(row["callback"]) for name, row in systems.items() if row["callback"]}
    assert {system: set(names) for system, names in papers.TOLD.items()} == told
