"""开放接口 against its papers: both ways of signing, times with offsets, plans and packages, golden lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.catalogue.papers import ROOT
from hub.message import CST
from hub.standard import load
from simulators.desk import Refusal
from simulators.dialects.hmac_proof import XCa, XClient, content_md5, encoded, text_of
from simulators.faults.plan import MECHANISMS, known
from simulators.senders import sender
from simulators.systems.books import open_books
from simulators.trading.voice import Saying
from simulators.wire import Request

Maker = Callable[..., Any]
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=CST)
NUMBERS = r"(GF|BY)\d{12}"


class Door:
    """A system of the dialect; requests signed anew for every call."""

    def __init__(self, bench: Maker, ident: str, **own: Any) -> None:
        self.at = bench("hmac-open", ident, own=own)
        file = "x-ca.jsonl" if self.at.desk.variant == "x-ca" else "x-client.jsonl"
        self.at.lines = {line["id"]: line for line in self.at.papers.golden() if line["file"] == file}
        self.proof: Any = (XCa if self.at.desk.variant == "x-ca" else XClient)(self.at.desk.credentials)
        self.serial = 0
        open_books(self.at.desk, 1)

    def call(
        self, method: str, target: str, body: bytes = b"", *moods: str, late: Any = 0.0, **head: str
    ) -> Any:
        self.serial += 1
        path, _, query = target.partition("?")
        plain = Request(method, path, query, {}, body)
        made = self.proof.headers(plain, NOW + timedelta(seconds=late), f"n-{self.serial}")
        headers = {**made, **{name.replace("_", "-"): value for name, value in head.items()}}
        headers = {name: value for name, value in headers.items() if value != "-"}
        request = {"method": method, "path": target, "headers": headers, "body": body.decode()}
        line = {"at": NOW.isoformat(), "request": request}
        return self.at.say(line, moods, late)

    def tell(
        self, ident: str, *moods: str, late: Any = 0.0, drop: Any = (), **changes: Any
    ) -> dict[str, Any]:
        line = self.at.lines[ident]["request"]
        body = {n: v for n, v in {**json.loads(line["body"]), **changes}.items() if n not in drop}
        text = json.dumps(body, ensure_ascii=False).encode()
        return dict(json.loads(self.call("POST", line["path"], text, *moods, late=late).body))


def test_worked_examples() -> None:
    signed = XClient({"client_id": "ggzy-hub-6200", "client_secret": "cs-4f7a1e90b2d3"})
    made = signed.headers(Request("POST", "/"), NOW, "65c98a939f61dc2069e033118890ad98")
    assert made["X-Signature"] == "MR9ty3o32VTcyjT0NIZOUp1TRZ5NFRUnwWmf5Q0haKE="
    lines = XCa({"app_key": "26000062", "app_secret": "as-9b1c7d2e5f3a"})
    post = Request("POST", "/openapi/v1/witness/items", "", {}, b'{"requestId":"A"}')
    assert content_md5(post.body) == "qRiTURcvhS15NGvuazEjyA=="
    nonce = "2a2cbb2374c9b98a684d212e5588d2ae"
    assert lines.headers(post, NOW, nonce)["X-Ca-Signature"] == "qQTZPzrcGgGy63laADJl2ggKrMWQvr9cWWNkXXiiGX4="
    query = encoded({"requestId": "A", "at": "2026-11-22T09:00:00+08:00"})
    assert query == "at=2026-11-22T09%3A00%3A00%2B08%3A00&requestId=A"
    get = Request("GET", "/openapi/v1/witness/items", query)
    assert lines.headers(get, NOW, nonce)["X-Ca-Signature"] == "5H9tt2sUqG8aq8HAbnXxsiDtmdr1v50vuekAUzOUqtU="


@pytest.mark.parametrize("who", ["D02", "L03"])
def test_golden_pushes(bench: Maker, who: str) -> None:
    pushes = [
        ident for ident in Door(bench, who).at.lines if ident.startswith("push-") and ident != "push-remove"
    ]
    assert len(pushes) == (5 if who == "D02" else 2)
    for ident in pushes:
        door = Door(bench, who, real_time_s=0)
        door.at.golden(ident, numbers=NUMBERS)
        assert door.at.desk.ledger.effects == 1


def test_golden_repetition_read_back_and_removal(bench: Maker) -> None:
    door = Door(bench, "D02")
    for ident in ("read-gp-project-none", "push-gp-project", "error-2010", "read-gp-project", "push-remove"):
        door.at.golden(ident, numbers=NUMBERS)
    late = door.call("GET", door.at.lines["read-gp-project"]["request"]["path"])
    assert json.loads(late.body)["data"]["total"] == 0
    other = Door(bench, "P11")
    for ident in ("read-witness-record-none", "push-witness-record", "read-witness-record"):
        other.at.golden(ident, numbers=NUMBERS)


@pytest.mark.parametrize(
    ("who", "ident", "mood"),
    [
        ("D02", "error-1001", "client-unknown"),
        ("D02", "error-1002", "sign-mismatch"),
        ("D02", "error-1003", "clock-skew"),
        ("D02", "error-1005", "nonce-reuse"),
        ("D02", "error-1006", "service-not-granted"),
        ("D02", "error-2014", "parent-unknown"),
        ("D02", "error-3001", "busy"),
        ("D02", "error-9999", "internal-error"),
        ("P11", "error-1004", "accept-missing"),
        ("P11", "error-1007", "body-digest"),
        ("P11", "refused-header-order", "header-order"),
        ("P11", "refused-newline", "newline-mix"),
        ("P11", "refused-url-encoded", "sign-over-urlencoded"),
    ],
)
def test_faults_say_the_golden_words(bench: Maker, who: str, ident: str, mood: str) -> None:
    door = Door(bench, who)
    line = door.at.lines[ident]
    push = door.at.lines["push-gp-project" if who == "D02" else "push-witness-record"]
    said = json.loads(door.at.say(push, (mood,)).body)
    assert said == json.loads(line["reply"]["body"])
    assert door.at.desk.ledger.effects == 0


def test_faults_on_the_wire(bench: Maker) -> None:
    door = Door(bench, "D02")
    assert door.tell("push-gp-project", "code-as-number")["code"] == 0
    row = known("throttled-429", "hmac-open")
    rewrite = MECHANISMS[row.mechanism](row).rewrite
    assert rewrite is not None
    reply, wanted = rewrite(None, Request("POST", "/")), door.at.lines["throttled-x-client"]["reply"]  # type: ignore[arg-type]
    assert (reply.status, reply.headers["Retry-After"]) == (429, wanted["headers"]["Retry-After"])
    assert reply.body.decode() == wanted["body"]
    with pytest.raises(ValueError, match="hmac-open/x-ca"):
        known("accept-missing", "hmac-open", "x-client")


def codes(door: Door, target: str, body: bytes) -> Callable[..., str]:
    def say(**head: str) -> str:
        return str(json.loads(door.call("POST", target, body, **head).body)["code"])

    return say


def test_checks_in_their_order_x_client(bench: Maker) -> None:
    door = Door(bench, "D02")
    target = "/openapi/v1/procurement/projects"
    say = codes(door, target, b"{")
    assert codes(door, target, b" " * 1_048_577)(X_Client_Id="x") == "3002"
    assert say(X_Client_Id="x", X_Timestamp="1") == "1001"
    assert say(X_Timestamp="1795308599999", X_Signature="x") == "1003"
    assert [say(X_Timestamp=text) for text in ("soon", "")] == ["1003", "1003"]
    assert say(X_Signature="x") == "1002"
    assert codes(door, "/openapi/v1/ca/lists", b"{}")() == "1006"
    assert codes(door, "/openapi/v1/witness/items", b"{}")() == "1006"
    assert say() == "2005"
    assert [codes(door, target, text)() for text in (b"[]", b'{"a":1,"a":1}', b'{"a":1.5}')] == ["2005"] * 3
    replayed = door.at.lines["push-gp-project"]
    assert [json.loads(door.at.say(replayed).body)["code"] for _ in range(2)] == ["0", "1005"]
    assert door.call("PUT", target).status == 404


def test_checks_in_their_order_x_ca(bench: Maker) -> None:
    door = Door(bench, "P11")
    say = codes(door, "/openapi/v1/witness/items", b"{}")
    assert say(Accept="-", X_Ca_Key="x") == "1004"
    assert say(X_Ca_Key="x", X_Ca_Timestamp="1") == "1001"
    assert say(X_Ca_Timestamp="1", Content_MD5="x") == "1003"
    assert say(Content_MD5="x", X_Ca_Signature="x") == "1007"
    assert say(Content_MD5="-") == "1007"
    assert say(X_Ca_Signature="x") == "1002"
    assert say(X_Ca_Signature_Headers="x-ca-key,x-ca-timestamp") == "1002"
    assert say() == "2001"


def test_listed_headers_may_stand_in_any_order(bench: Maker) -> None:
    door = Door(bench, "P11")
    line = door.at.lines["push-witness-record"]["request"]
    turned = ["x-ca-timestamp", "x-ca-key", "x-ca-nonce"]
    from simulators.dialects.hmac_proof import signed

    lower = {name.lower(): value for name, value in line["headers"].items()}
    head = {**lower, "x-ca-signature-headers": ",".join(turned)}
    request = Request("POST", line["path"], "", head, line["body"].encode())
    secret = door.at.desk.credentials["app_secret"]
    for joint, wanted in (("\n", "0"), ("\r\n", "1002")):
        head["x-ca-signature"] = signed(secret, text_of(request, turned).replace("\n", joint))
        fresh = {"at": NOW.isoformat(), "request": {**line, "headers": head}}
        assert json.loads(Door(bench, "P11").at.say(fresh).body)["code"] == wanted


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"planName": None}, ("2001", "planName")),
        ({"planName": 7}, ("2002", "planName")),
        ({"version": "1"}, ("2002", "version")),
        ({"budgetCurrency": "XXX"}, ("2003", "budgetCurrency")),
        ({"sendTime": "2026/11/22"}, ("2002", "sendTime")),
        ({"operation": "modify"}, ("2013", None)),
    ],
)
def test_a_badly_filled_record(bench: Maker, change: dict[str, Any], wanted: tuple[str, Any]) -> None:
    door = Door(bench, "D02")
    said = door.tell("push-gp-project", **change)
    assert (said["code"], (said["data"] or {}).get("field")) == wanted
    assert door.at.desk.ledger.effects == 0


def test_x_client_does_not_insist_on_an_offset(bench: Maker) -> None:
    assert Door(bench, "D02").tell("push-gp-project", sendTime="2026-11-22T09:00:00")["code"] == "0"


def test_versions(bench: Maker) -> None:
    door = Door(bench, "D02")
    steps: list[tuple[dict[str, Any], str]] = [
        ({"version": 2}, "0"),
        ({"version": 2, "sendTime": "2026-11-22T10:00:00+08:00", "hubId": "x"}, "2010"),
        ({"version": 2, "planName": "别的"}, "2011"),
        ({}, "2012"),
        ({"version": 3, "operation": "modify", "planName": "别的"}, "0"),
        ({"version": 4, "operation": "remove"}, "0"),
        ({"version": 4}, "2012"),
    ]
    assert [door.tell("push-gp-project", **change)["code"] for change, _ in steps] == [
        code for _, code in steps
    ]


def test_quirk_d02_plan_package_key(bench: Maker) -> None:
    door = Door(bench, "D02")
    assert door.tell("push-gp-project")["code"] == "0"
    assert door.tell("push-gp-project", requestId="a" * 32)["code"] == "2107"
    assert door.tell("push-gp-project", requestId="a" * 32, packageNo="2")["code"] == "0", "another package"
    assert door.tell("push-gp-project", version=2, operation="remove")["code"] == "0"
    assert door.tell("push-gp-project", requestId="b" * 32)["code"] == "0", "the first is gone"
    free = Door(bench, "D02", unique=[])
    assert [free.tell("push-gp-project", requestId=key * 32)["code"] for key in "cd"] == ["0", "0"]


def test_quirk_d02_yuan_two_decimals(bench: Maker) -> None:
    for amount, code in (("33690000", "2002"), ("33690000.5", "2002"), ("5.00", "0"), ("5.125", "0")):
        said = Door(bench, "D02").tell("push-gp-project", programBudget=amount)
        assert said["code"] == code
        assert code == "0" or said["data"] == {"field": "programBudget"}
    assert Door(bench, "D02", amounts="").tell("push-gp-project", programBudget="5")["code"] == "0"


def test_quirk_p11_zone_required(bench: Maker) -> None:
    bare = {"witnessTime": "2026-04-06T09:30:00"}
    said = Door(bench, "P11").tell("push-witness-record", drop=("source",), **bare)
    assert (said["code"], said["data"]) == ("2004", {"field": "witnessTime"}), "before what is missing"
    assert Door(bench, "P11", zone_required=False).tell("push-witness-record", **bare)["code"] == "0"
    for text in ("2026-04-06T01:30:00Z", "2026-04-06T10:30:00+09:00", "2026-04-06T09:30:00.5+08:00"):
        assert Door(bench, "P11").tell("push-witness-record", witnessTime=text)["code"] == "0"
    assert Door(bench, "P11").tell("push-witness-record", witnessTime="yesterday")["code"] == "2002"
    asked = Door(bench, "P11").tell("witness.video", startTime="2026-04-06T09:30:00")
    assert asked["data"] == {"field": "startTime"} and asked["code"] == "2004"


def test_quirk_l03_real_time(bench: Maker) -> None:
    door = Door(bench, "L03")
    door.at.golden("late", numbers=NUMBERS)
    again = door.tell("push-witness-record")
    assert (again["code"], again["data"]["late"]) == ("2010", True)
    just = (NOW - timedelta(seconds=10)).isoformat()
    assert "late" not in Door(bench, "L03").tell("push-witness-record", witnessTime=just)["data"]
    past = (NOW - timedelta(seconds=11)).isoformat()
    assert Door(bench, "L03").tell("push-witness-record", witnessTime=past)["data"]["late"] is True
    assert (
        "late" not in Door(bench, "L03", real_time_s=0).tell("push-witness-record", witnessTime=past)["data"]
    )
    assert "late" not in Door(bench, "P11").tell("push-witness-record", witnessTime=past)["data"]


def test_quirk_p11_video_short_lived(bench: Maker) -> None:
    for who, own, minutes in (("P11", {}, 5), ("P11", {"stream_minutes": 90}, 90), ("L03", {}, 60)):
        door = Door(bench, who, **own)
        told = door.tell("witness.video")["data"]
        end = (NOW + timedelta(minutes=minutes)).isoformat()
        assert told["expireTime"] == end
        assert [stream["expireTime"] for stream in told["streams"]] == [end]
        assert told["streams"][0]["endTime"] is None and told["clockOffsetMs"] == 120


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"placeCode": "nowhere"}, "4103"),
        ({"viewer": {"name": "何文"}}, "4102"),
        ({"startTime": "2027-01-01T00:00:00+08:00"}, "4101"),
        ({"camera": "DRONE"}, "2003"),
        ({"purpose": ""}, "2001"),
    ],
)
def test_videos_are_refused(bench: Maker, change: dict[str, Any], code: str) -> None:
    assert Door(bench, "P11").tell("witness.video", **change)["code"] == code


def test_only_so_many_streams_at_once(bench: Maker) -> None:
    door = Door(bench, "P11")
    heard = [door.tell("witness.video", camera="ALL")["code"] for _ in range(5)]
    assert heard == ["0"] * 4 + ["4104"]
    assert door.tell("witness.video", late=301.0)["code"] == "0", "the others have expired"


def test_events_are_told_once(bench: Maker) -> None:
    door = Door(bench, "L03")
    first = door.tell("supervise.event", sequence=7)
    assert first["data"]["lastSequence"] == 7 and first["data"]["receiptState"] == "ACCEPTED"
    assert door.tell("supervise.event", sequence=7) == first
    assert door.tell("supervise.event", eventId="other", sequence=3)["data"]["lastSequence"] == 7


def test_plans_are_asked_by_their_number_only(bench: Maker) -> None:
    door = Door(bench, "D02")
    told = door.tell("project.query")["data"]
    assert told["found"] is True and told["investProjectCode"] is None and told["budget"].endswith(".00")
    assert told["approvalResult"] == "FILED"
    cases: list[tuple[dict[str, Any], tuple[str, Any]]] = [
        ({"queryKind": "NAME", "projectName": "x"}, ("2003", "queryKind")),
        ({"planNo": None}, ("2001", "planNo")),
        ({"planNo": "nothing"}, ("4001", None)),
        ({"regionCode": "620100"}, ("4004", None)),
        ({"planNo": "620000-CG2026-000404", "packageNo": None}, ("4003", None)),
        ({"planNo": "620000-CG2026-000300", "packageNo": None}, ("4002", None)),
    ]
    for change, wanted in cases:
        said = door.tell("project.query", **change)
        assert (said["code"], (said["data"] or {}).get("field")) == wanted

    def down(asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        raise Refusal("upstream.unavailable" if asked["planNo"].startswith("6") else "some.thing")

    door.at.desk.books["project.query"] = down
    assert door.tell("project.query")["code"] == "4301"
    assert door.tell("project.query", planNo="1")["data"] == {"reason": "some.thing"}


# -- what these systems say to the hub ---------------------------------------------------------------


def test_the_voices_say_the_golden_bytes(bench: Maker) -> None:
    records = json.loads((ROOT / "records.json").read_text("utf-8"))
    golden = [line for line in bench("hmac-open", "D02").papers.golden() if line["file"] == "inward.jsonl"]
    pushes = [line for line in golden if line["id"].startswith("in-push-")]
    assert len(pushes) >= 6
    for line in pushes:
        who = line["request"]["path"].split("/")[2]
        at = bench("hmac-open", who)
        resource = line["request"]["path"].partition("/openapi/v1/")[2]
        stage = next(s for s, r in at.papers.facts["operations"].items() if r == resource)
        wanted = json.loads(line["request"]["body"])
        moment = datetime.fromisoformat(line["at"])
        voice = sender(at.desk, load())
        voice._nonce = lambda line=line: line["secrets"]["nonce"]  # type: ignore[attr-defined]
        saying = Saying("", wanted["requestId"], stage, records[stage]["fields"], False, moment)
        wire = voice.write(saying, moment)
        assert wire.path == line["request"]["path"]
        assert wire.body.decode() == line["request"]["body"]
        assert dict(wire.headers) == line["request"]["headers"]


def test_the_voices_ask_in_golden_bytes_and_hear(bench: Maker) -> None:
    from simulators.nested import service

    golden = [line for line in bench("hmac-open", "D02").papers.golden() if line["file"] == "inward.jsonl"]
    asked = 0
    for line in golden:
        stage = line["id"].removeprefix("in-")
        if stage not in ("plan.notice", "venue.reserve", "witness.exception", "supervise.event"):
            continue
        asked += 1
        at = bench("hmac-open", line["request"]["path"].split("/")[2])
        fields = service("hmac-open", stage, "request").home(json.loads(line["request"]["body"]))
        voice = sender(at.desk, load())
        saying = Saying("", "", stage, fields, True)
        assert voice.write(saying, NOW).body.decode() == line["request"]["body"]
        heard = voice.read(saying, line["reply"]["status"], line["reply"]["body"].encode())
        assert heard.ok and heard.told
    assert asked == 4
    voice = sender(bench("hmac-open", "D02").desk, load())
    outcomes = {
        line["id"]: voice.read(Saying("", "", "gp-project", {}), 200, line["reply"]["body"].encode())
        for line in golden
    }
    assert outcomes["in-duplicate"].repeat and outcomes["in-conflict"].done and not outcomes["in-conflict"].ok
    assert not outcomes["in-clock"].done


def test_c05_over_the_wire(bench: Maker) -> None:
    """What it has registered it vouches for, by digest; lists only go up; golden lines by its own books."""
    from certs.algorithms.digest import digest

    door = Door(bench, "C05")
    certificate = door.at.desk.switches["hierarchy"].signer("neighbour").certificate
    mark = f"sm3:{digest(certificate).hex()}"
    own = {"name": "a.cer", "digest": mark, "size": 1, "media": "application/pkix-cert"}
    told = door.tell("ca.verify", certificate=own)
    assert told["code"] == "0" and told["data"]["verdict"] == "valid"
    assert told["data"]["reasons"] == [
        {"code": "ca.note.cross-province", "at": None, "severity": "info", "clause": None}
    ]
    assert door.tell("ca.verify")["code"] == "4202"
    assert door.tell("ca.status")["code"] == "4206"
    door.at.golden("ca.sync", numbers=NUMBERS)
    assert door.tell("ca.sync")["code"] == "0"
    assert door.tell("ca.sync", listVersion="20261121090000")["code"] == "4212"
    assert door.tell("ca.sync", listVersion="20261122090001", previousDigest="x")["code"] == "4213"
    assert door.tell("ca.sync-delta")["data"]["appliedVersion"] == "20261122100000"
    assert (
        door.tell("ca.sync", listVersion="20261122110000", nextUpdate="2026-11-22 08:00:00")["code"] == "4214"
    )
