"""房建市政接口 against its papers: golden transcripts, each check in its order, the file, order and times."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from simulators.desk import Refusal
from simulators.dialects.token_sm4_file import Sm4, form, package, parts_of

Maker = Callable[..., Any]
GIVEN = "9f2c7d0e4b1a4c3e8f5d6a7b8c9d0e1f"


class Hall:
    """A system of the dialect that has just given the golden token, as often as it is wanted."""

    def __init__(self, bench: Maker, ident: str = "P04", **own: Any) -> None:
        self.at = bench("token-sm4", ident, own=own)
        self.at.lines = {
            line["id"]: line for line in self.at.papers.golden() if line["file"] == "outward.jsonl"
        }

    def token(self, at: str = "2026-11-22T09:00:00+08:00") -> None:
        self.at.side.tokens.used.discard(GIVEN)
        self.at.side.tokens.given[GIVEN] = datetime.fromisoformat(at)

    def golden(self, ident: str, moods: tuple[str, ...] = (), numbers: str = "") -> None:
        self.token()
        self.at.golden(ident, moods, numbers)

    def tell(self, ident: str, *moods: str, drop: Any = (), **changes: Any) -> dict[str, Any]:
        """The golden JSON request with members changed or dropped."""
        self.token()
        line = self.at.lines[ident]
        body = {n: v for n, v in {**json.loads(line["request"]["body"]), **changes}.items() if n not in drop}
        return self.said({**line["request"], "body": json.dumps(body, ensure_ascii=False)}, *moods)

    def said(self, request: dict[str, Any], *moods: str) -> dict[str, Any]:
        line = {**self.at.lines["token"], "request": request}
        return dict(json.loads(self.at.say(line, moods).body))

    def file(
        self, file: bytes | None = None, name: str = "", sm3: str = "", **changes: Any
    ) -> dict[str, Any]:
        """The golden file call, its data or file replaced; without a file one is made of the data."""
        self.token()
        head = self.at.lines["push-eng-tender-document"]["request"]
        parts = parts_of(head["headers"]["Content-Type"], head["body"].encode())
        assert parts is not None
        data = {**json.loads(parts["data"].content), **changes}
        data = {key: value for key, value in data.items() if value is not None}
        plain = {n: v for n, v in data.items() if n not in ENVELOPE}
        secret = self.at.desk.credentials
        three = {"platform": secret["platform"], "api_key": secret["api_key"], "token": GIVEN}
        made = package(plain) if file is None else file
        made = b"" if data["operateType"] == "D" else made
        sealed = Sm4(secret["sm4_key"], secret["sm4_iv"])
        kind, body = form(sealed, three, data, made)
        text = body.decode("utf-8", "surrogateescape")
        text = text.replace(".gstf", name) if name else text
        raw = base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
        return self.said({**head, "headers": {"Content-Type": kind}, "body": None, "body_b64": raw})


ENVELOPE = frozenset({"dataKey", "operateType", "dataVersion", "fromSystem", "hubNo", "pushTime"})


def code(said: dict[str, Any]) -> tuple[Any, Any]:
    return said["code"], (said["data"] or {}).get("field")


def test_golden_pushes_of_every_stage(bench: Maker) -> None:
    for ident in Hall(bench).at.lines:
        if ident.startswith("push-") and ident != "push-delete-document":
            hall = Hall(bench)
            hall.golden(ident, numbers=r"P04\d{12}")
            assert hall.at.desk.ledger.effects == 1


def test_golden_repetition_read_back_and_delete(bench: Maker) -> None:
    hall = Hall(bench)
    hall.golden("query-none")
    for ident in ("push-eng-project", "error-20010", "query"):
        hall.golden(ident)
    hall = Hall(bench)
    hall.golden("push-eng-tender-document")
    hall.golden("push-delete-document")
    assert [record.deleted for record in hall.at.desk.ledger] == [True]


@pytest.mark.parametrize(
    ("ident", "mood"),
    [
        ("error-10011", "parent-unknown"),
        ("error-10014-bidSectionCode", "section-not-unique"),
        ("error-10014-bidOpenTime", "after-opening-time"),
        ("error-10014", "code-10014-alone"),
        ("error-10051", "token-reused"),
        ("error-10052", "token-expired"),
        ("error-10060", "key-and-platform-swapped"),
        ("error-10080-regCode", "region-code-01-suffix"),
        ("error-10090", "wrong-file-type"),
        ("error-10091", "sm3-mismatch"),
        ("error-10092", "metadata-differs-from-file"),
        ("error-500", "internal-error-500"),
        ("error-50011", "internal-error"),
        ("error-50012", "busy"),
    ],
)
def test_faults_say_the_golden_words(bench: Maker, ident: str, mood: str) -> None:
    hall = Hall(bench)
    hall.golden(ident, (mood,))
    assert hall.at.desk.ledger.effects == 0


def test_faults_that_take_effect(bench: Maker) -> None:
    hall = Hall(bench)
    hall.golden("code-as-string", ("number-as-string",))
    again = Hall(bench)
    again.golden("error-20010", ("already-pushed",))
    assert [hall.at.desk.ledger.effects, again.at.desk.ledger.effects] == [1, 1]


def test_a_token_is_for_one_call_and_five_minutes(bench: Maker) -> None:
    at = Hall(bench).at
    given = json.loads(at.say(at.lines["token"]).body)["data"]
    assert given["expireSeconds"] == 300 and given["token"] != GIVEN
    line = at.lines["push-eng-project"]
    body = line["request"]["body"].replace(GIVEN, given["token"])
    own = {**line, "request": {**line["request"], "body": body}}

    def hear(late: float) -> int:
        return int(json.loads(at.say(own, late=late).body)["code"])

    assert [json.loads(at.say(line).body)["code"], hear(302.0), hear(301.0), hear(2.0)] == [
        10050,
        10052,
        200,
        10051,
    ]


def test_a_refusal_before_the_token_is_looked_at_leaves_it_good(bench: Maker) -> None:
    hall = Hall(bench)
    hall.token()
    swapped = {
        "platform": hall.at.desk.credentials["api_key"],
        "api_key": hall.at.desk.credentials["platform"],
    }
    line = hall.at.lines["push-eng-project"]
    body = {**json.loads(line["request"]["body"]), **swapped}
    assert hall.said({**line["request"], "body": json.dumps(body)})["code"] == 10060
    assert hall.said(line["request"])["code"] == 200
    assert hall.said(line["request"])["code"] == 10051


def test_what_cannot_be_read(bench: Maker) -> None:
    hall = Hall(bench)
    line = hall.at.lines["push-eng-project"]["request"]
    twice = line["body"].replace('"dataVersion":1', '"dataVersion":1,"dataVersion":1')
    fraction = line["body"].replace('"dataVersion":1', '"dataVersion":1.0')
    for body in ("{", "[]", twice, fraction, '{"platform":1}'):
        assert hall.said({**line, "body": body}) == {"code": 10080, "msg": "参数错误", "data": None}
    assert hall.said({**line, "body": " " * 10_485_761})["code"] == 10093
    assert hall.said({**line, "path": "/gsggzy/api/receiveDocument"})["code"] == 10080
    nowhere = {**hall.at.lines["token"], "request": {**line, "path": "/gsggzy/api/receiveAll"}}
    assert hall.at.say(nowhere).status == 404


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"projectName": ""}, (10020, "projectName")),
        ({"projectName": 7}, (10040, "projectName")),
        ({"createTime": "2026-11-20"}, (10040, "createTime")),
        ({"dataVersion": "1"}, (10040, "dataVersion")),
        ({"regCode": "110000"}, (10080, "regCode")),
        ({"regCode": "110000", "createTime": "x"}, (10040, "createTime")),
        ({"operateType": "X"}, (10080, "operateType")),
        ({"operateType": "U"}, (10010, "")),
        ({"operateType": "D"}, (10010, "")),
    ],
)
def test_a_badly_filled_record(bench: Maker, change: dict[str, Any], wanted: tuple[int, str]) -> None:
    hall = Hall(bench)
    assert code(hall.tell("push-eng-project", **change)) == wanted
    assert hall.at.desk.ledger.effects == 0


def test_versions(bench: Maker) -> None:
    hall = Hall(bench)
    steps: list[tuple[dict[str, Any], int]] = [
        ({"dataVersion": 2}, 200),
        ({"dataVersion": 2, "pushTime": "2026-11-22 10:00:00", "hubNo": "again"}, 20010),
        ({"dataVersion": 2, "projectName": "别的"}, 10012),
        ({}, 10013),
        ({"dataVersion": 2, "operateType": "U"}, 20010),
        ({"dataVersion": 3, "operateType": "U", "projectName": "别的"}, 200),
        ({"dataVersion": 4, "operateType": "D"}, 200),
        ({"dataVersion": 4}, 10013),
    ]
    assert [hall.tell("push-eng-project", **change)["code"] for change, _ in steps] == [c for _, c in steps]


def test_the_file_is_looked_at(bench: Maker) -> None:
    hall = Hall(bench)
    assert code(hall.file(b"PK\x03\x04")) == (10090, "")
    assert code(hall.file(b"%PDF-1.4 x", name=".zip")) == (10090, "")
    assert code(hall.file(package({"docName": "x"}))) == (10092, "bidDocReferEndTime")
    said = hall.file(name=".GSTF")
    assert said["code"] == 200 and len(said["data"]["fileUid"]) == 32
    assert hall.file()["data"] == said["data"], "the first receipt, file number and all"
    assert Hall(bench).file(b"%PDF-1.4 x", name=".Pdf")["code"] == 200
    line = hall.at.lines["push-eng-tender-document"]["request"]
    hall.token()
    assert hall.said({**line, "body": line["body"].replace("第一开标室", "第二开标室", 1)})["code"] == 10092
    hall.token()
    changed = line["body"].replace("GSTF1\n{", "GSTF1\n {")
    assert hall.said({**line, "body": changed})["code"] == 10091


def test_the_form_is_read_however_it_is_written(bench: Maker) -> None:
    hall = Hall(bench)
    line = hall.at.lines["push-eng-tender-document"]["request"]
    boundary = line["headers"]["Content-Type"].partition("=")[2]
    parts = line["body"].split(f"--{boundary}")
    turned = f"--{boundary}".join([parts[0], *reversed(parts[1:-1]), parts[-1]]).replace(boundary, "B 7")
    turned = turned.replace("Content-Disposition", "content-disposition")
    hall.token()
    quoted = {**line, "headers": {"Content-Type": 'multipart/form-data; boundary="B 7"'}, "body": turned}
    assert hall.said(quoted)["code"] == 200
    for body in (
        line["body"].replace('name="token"', 'name="data"'),
        line["body"].replace("\r\n--" + boundary, ""),
    ):
        assert hall.said({**line, "body": body})["code"] == 10080
    assert hall.said({**line, "body": line["body"].replace("AB6scJ", "AB6scK")})["code"] in (10080, 10060)


def test_quirk_p04_file_equals_data(bench: Maker) -> None:
    other = package({"docName": "x"})
    assert Hall(bench, "P04").file(other)["code"] == 10092
    assert Hall(bench, "P04", file_must_equal_data=False).file(other)["code"] == 200


@pytest.mark.parametrize(("ident", "seat"), [("P04", "620100"), ("T02", "620100"), ("M09", "620900")])
def test_quirk_seats_are_spelt_xx01(bench: Maker, ident: str, seat: str) -> None:
    """P04-seat-xx01, T02-seat-xx01, M09-own-seat-620901."""
    own = seat[:4] + "01"
    assert code(Hall(bench, ident).tell("push-eng-project", regCode=seat)) == (10080, "regCode")
    assert Hall(bench, ident).tell("push-eng-project", regCode=own)["code"] == 200
    assert Hall(bench, ident, seat_code="").tell("push-eng-project", regCode=seat)["code"] == 200
    assert Hall(bench, "P01").tell("push-eng-project", regCode=seat)["code"] == 200
    assert Hall(bench, ident).tell("push-eng-project", regCode="620200")["code"] == 200


def test_a_section_is_there_once(bench: Maker) -> None:
    hall = Hall(bench)
    assert hall.tell("push-eng-section")["code"] == 200
    assert code(hall.tell("push-eng-section", dataKey="0" * 32)) == (10014, "bidSectionCode")
    assert hall.tell("push-eng-section", dataKey="0" * 32, bidSectionCode="E2")["code"] == 200


ORDER = (
    "push-eng-section",
    "push-eng-bidder-list",
    "push-eng-bid-margin",
    "push-eng-expert-draw",
    "push-eng-award-letter",
)


def test_quirk_p01_push_order(bench: Maker) -> None:
    hall = Hall(bench, "P01", rejects_after_opening=False)
    section = json.loads(hall.at.lines[ORDER[0]]["request"]["body"])["bidSectionCode"]
    early = [hall.tell(ident, bidSectionCode=section)["code"] for ident in ORDER]
    assert early == [10015] * 5
    assert hall.file()["code"] == 200
    assert [hall.tell(ident, bidSectionCode=section)["code"] for ident in ORDER] == [200] * 5
    assert (
        hall.tell("push-eng-bidder-list", bidSectionCode=f"{section};E9", dataKey="1" * 32)["code"] == 10015
    )
    assert hall.tell("push-eng-bidder-list", drop=("bidSectionCode",), dataKey="2" * 32)["code"] == 200
    free = Hall(bench, "P01", order="free", rejects_after_opening=False)
    assert [free.tell(ident, bidSectionCode=section)["code"] for ident in ORDER] == [200] * 5


def test_quirk_p01_deleted_files_are_not_there(bench: Maker) -> None:
    hall = Hall(bench, "P01")
    hall.file()
    assert hall.file(operateType="D", dataVersion=2)["code"] == 200
    assert hall.tell("push-eng-section")["code"] == 10015


@pytest.mark.parametrize(
    ("ident", "own"), [("push-eng-bidder-list", "checkinTime"), ("push-eng-bid-margin", "marginReceiveTime")]
)
def test_quirk_p01_after_opening_judges_by_the_records_own_time(bench: Maker, ident: str, own: str) -> None:
    hall = Hall(bench, "P01", order="free")
    notice = json.loads(hall.at.lines["push-eng-tender-notice"]["request"]["body"])
    opening, section = notice["bidOpenTime"], notice["bidSectionCode"].partition(";")[0]
    late = {own: opening, "bidSectionCode": section}
    assert hall.tell(ident, dataKey="3" * 32, **late)["code"] == 200, "no notice, no opening known"
    assert hall.tell("push-eng-tender-notice")["code"] == 200
    assert code(hall.tell(ident, **late)) == (10014, "bidOpenTime")
    assert hall.tell(ident, drop=(own,), bidSectionCode=section)["code"] == 200
    assert hall.tell(ident, **{**late, own: "2026-01-01 00:00:00"}, dataKey="4" * 32)["code"] == 200
    off = Hall(bench, "P01", order="free", rejects_after_opening=False)
    off.tell("push-eng-tender-notice")
    assert off.tell(ident, **late)["code"] == 200


def test_services_from_golden_books(bench: Maker) -> None:
    hall = Hall(bench, "M09")
    asked: list[dict[str, Any]] = []
    told = {
        "venues": [
            {
                "venueCode": "JQ-K01",
                "name": "酒泉开标一室",
                "regionCode": "620900",
                "venueKind": "opening-room",
                "capacity": 40,
            }
        ],
        "asOf": "2026-11-22T09:00:00+08:00",
    }

    def free(question: dict[str, Any], now: datetime) -> dict[str, Any]:
        asked.append(question)
        return told

    hall.at.desk.books["venue.query"] = free
    hall.golden("venue.query")
    assert asked[0]["TRA_PLACE_CODE"] == "620900" and asked[0]["capacity"] == 20

    def taken(question: dict[str, Any], now: datetime) -> dict[str, Any]:
        raise Refusal("venue.taken")

    hall.at.desk.books["venue.reserve"] = taken
    hall.golden("venue.reserve-taken")
    hall.at.desk.books["venue.reserve"] = lambda question, now: {
        "reserveNo": "YYH-0001",
        "state": "held",
        "resultState": "done",
    }
    hall.golden("venue.reserve")


def test_registers_answer_the_golden_questions(bench: Maker) -> None:
    """The systems' own data behind the services, as a fleet opens them."""
    from simulators.systems.books import open_books

    def hall(ident: str) -> Hall:
        made = Hall(bench, ident)
        made.at.desk.switches["region"] = "620900" if ident == "M09" else "620000"
        open_books(made.at.desk, 1)
        return made

    centre, entry = hall("M09"), hall("P01")
    venues = centre.tell("venue.query")["data"]["venues"]
    assert [(venue["regCode"], venue["capacity"]) for venue in venues] == [
        ("620901", "40"),
        ("620901", "32"),
        ("620901", "24"),
    ]
    assert centre.tell("venue.query", capacity=41)["code"] == 10033
    assert centre.tell("venue.query", tradeRegCode="621001")["code"] == 10036
    assert centre.tell("venue.query", endTime="2026-12-14 09:00:00")["code"] == 10035
    assert centre.tell("seat.query")["data"]["freeCount"] == 9 + 4 + 4
    assert centre.tell("seat.query", seatCount=18)["code"] == 10034
    room = {"venueCode": "P01-K01"}
    first = entry.tell("venue.reserve", **room)
    assert (first["code"], first["data"]["state"]) == (200, "2")
    assert entry.tell("venue.reserve", **room) == first, "the same request number"
    assert code(entry.tell("venue.reserve", **room, requestNo="other")) == (10032, "venueCode")
    cancel = {**room, "requestNo": "third", "action": "3", "reserveNo": first["data"]["reserveNo"]}
    assert entry.tell("venue.reserve", **cancel)["data"]["state"] == "4"
    assert entry.tell("venue.reserve", **room, requestNo="fourth")["code"] == 200


def test_an_entry_decision_is_told_once(bench: Maker) -> None:
    from simulators.systems.books import open_books

    hall = Hall(bench, "T02")
    open_books(hall.at.desk, 1)
    first = hall.tell("entry.accept")
    assert first["code"] == 200 and first["data"]["receiptState"] == "1"
    assert hall.tell("entry.accept") == first
    assert hall.tell("entry.accept", decision="3")["code"] == 10038
    assert hall.at.desk.ledger.effects == 1


def test_a_fault_waits_for_the_call_it_is_about() -> None:
    from simulators.faults import FaultPlan
    from simulators.wire import Request

    plan = FaultPlan("token-sm4")
    plan.arm("busy")
    plan.arm("http-503")
    errand, business = Request("POST", "/gsggzy/api/getToken"), Request("POST", "/gsggzy/api/receiveProject")
    assert [plan.next(call)[0] for call in (errand, business, errand)] == ["http-503", "busy", ""]
