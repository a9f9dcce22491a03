"""soap-cdata-package (D14, N04) against its papers: golden packages, the gateway's own errors, repetition."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from simulators.desk import Refusal
from simulators.dialects.xmlread import read
from simulators.dialects.xmltree import lists, read_tree
from simulators.nested import service
from simulators.roll import roll
from simulators.systems.books import open_books
from simulators.systems.build import Making, build

Maker = Callable[..., Any]
D = "exch-hmac"
MESSAGES = {
    "ryhy": "person.verify", "srhy": "real-person.verify", "sfhq": "auth.identity",
    "qyhy": "entity.verify", "zzcx": "qualification.query",
}  # fmt: skip


def at_of(bench: Maker, ident: str, *, signed_in: bool = True) -> Any:
    at = bench(D, ident, "soap-cdata-package")
    open_books(at.desk, 1)
    if signed_in:
        at.say(at.lines["secret"], late=0.0)
    return at


def record_of(body: str) -> Any:
    """The record of a golden answer."""
    record = read(body.partition("<![CDATA[")[2].partition("]]>")[0]).find("DATA/RECORD")
    assert record is not None
    return record


@pytest.mark.parametrize(
    ("line", "ident", "name"),
    [
        ("pkg-ryhy", "D14", "ryhy"),
        ("pkg-srhy", "D14", "srhy"),
        ("pkg-sfhq", "D14", "sfhq"),
        ("pkg-qyhy", "N04", "qyhy"),
        ("pkg-zzcx", "N04", "zzcx"),
    ],
)
def test_golden_questions_get_the_golden_packages(bench: Maker, line: str, ident: str, name: str) -> None:
    """The book is played: what it would have had to know, read from the golden answer."""
    at, message = at_of(bench, ident), MESSAGES[name]
    form = service(D, message, "reply", typed=False)
    record = record_of(at.lines[line]["reply"]["body"])
    known = form.home(read_tree(record, lists(form.rows)))
    asked: list[dict[str, Any]] = []

    def book(question: dict[str, Any], now: datetime) -> dict[str, Any]:
        asked.append(question)
        return known

    at.desk.books[message] = book
    at.golden(line)
    at.golden(line)
    assert len(asked) == 1 and at.desk.ledger.effects == 1, "the first answer again, nothing done twice"
    wanted = {row.standard for row in service(D, message, "request").rows if row.required}
    stated = set(asked[0])
    assert {name for name in wanted if "[]" not in name} <= stated


def test_the_systems_own_books_answer_the_golden_questions(bench: Maker) -> None:
    for ident, line in (("D14", "pkg-ryhy"), ("D14", "pkg-srhy")):
        at_of(bench, ident).golden(line)
    for ident, line in (("D14", "pkg-sfhq"), ("N04", "pkg-qyhy"), ("N04", "pkg-zzcx")):
        at = at_of(bench, ident)
        assert "<JGDM>0</JGDM>" in at.say(at.lines[line]).body.decode()


def test_the_gateway_speaks_json(bench: Maker) -> None:
    at = at_of(bench, "D14")
    at.golden("pkg-bad-sign")
    at.golden("pkg-expired", ("secret-expired",))
    assert at.desk.ledger.effects == 0
    nobody = at_of(bench, "D14", signed_in=False)
    assert '"code":"1002"' in nobody.say(nobody.lines["pkg-ryhy"]).body.decode()
    for mood, code in (("sign-mismatch", "1001"), ("busy", "3001"), ("throttled", "3002")):
        assert f'"code":"{code}"' in at.say(at.lines["pkg-ryhy"], (mood,)).body.decode()
    inside = at.say(at.lines["pkg-ryhy"], ("internal-error",)).body.decode()
    assert "<JGDM>5000</JGDM>" in inside and "4ACB14FB1F1E0DB7FC77F3A7CE76CC7E" in inside


def test_a_service_of_the_other_system_is_not_subscribed(bench: Maker) -> None:
    at = at_of(bench, "D14")
    assert '"code":"1005"' in at.say(at.lines["pkg-qyhy"]).body.decode()
    rest = bench(D, "R01")
    rest.say(rest.lines["secret"], late=0.0)
    assert rest.say(at.lines["pkg-qyhy"]).status == 404, "no such service where JSON is spoken"


def test_n04_wants_a_registered_business_code_and_d14_does_not_ask(bench: Maker) -> None:
    at = at_of(bench, "N04")
    at.desk.switches["unregistered"] = ("zzcx",)
    at.golden("pkg-not-registered", ("code-type-flip",))
    other = ("<YWDM>GGZY-HY-01<", "<YWDM>OTHER<")
    for ident, code in (("N04", '"code":"1005"'), ("D14", "<JGDM>0</JGDM>")):
        at = at_of(bench, ident)
        line = at.lines["pkg-ryhy"]
        body = line["request"]["body"].replace(*other)
        assert code in at.say({**line, "request": {**line["request"], "body": body}}).body.decode()


def test_a_secret_is_worth_nothing_from_its_last_moment_on(bench: Maker) -> None:
    """N04's quirk secret-end-time: at endTime, not a second later."""
    at = at_of(bench, "N04")
    secret, end = at.side._secrets[-1]
    line = at.lines["pkg-ryhy"]
    head = line["request"]["headers"]

    def code(moment: int) -> str:
        rtime = str(moment)
        text = head["sid"] + head["rid"] + rtime
        sign = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
        request = {**line["request"], "headers": {**head, "rtime": rtime, "sign": sign}}
        late = moment / 1000 - datetime.fromisoformat(line["at"]).timestamp()
        said = at.say({**line, "request": request}, late=late).body.decode()
        found = re.search(r'"code":"(\d+)"|<JGDM>(\d+)<', said)
        assert found is not None
        return found[1] or found[2]

    assert (code(end - 1000), code(end)) == ("0", "1002")


def test_codes_of_the_service_stand_in_the_package(bench: Maker) -> None:
    def no(code: str, field: str = "") -> Any:
        def book(asked: dict[str, Any], now: datetime) -> dict[str, Any]:
            raise Refusal(code, {"field": field} if field else None)

        return book

    at = at_of(bench, "D14")
    at.desk.books["person.verify"] = no("field.required", "person.idNo")
    at.golden("pkg-field")
    at = at_of(bench, "N04")
    at.desk.books["entity.verify"] = no("verify.not-found")
    at.golden("pkg-unknown-body")
    line = at.lines["pkg-ryhy"]
    at = at_of(bench, "D14")

    def tell(*swap: str) -> str:
        body = line["request"]["body"].replace(*swap)
        found = re.search(
            r"<JGDM>(\d+)<", at.say({**line, "request": {**line["request"], "body": body}}).body.decode()
        )
        assert found is not None
        return found[1]

    assert tell("<QQDWLB>FR", "<QQDWLB>XX") == "2003"
    assert tell("<YWSY>投标人代表身份核验</YWSY>", "") == "2001"
    assert tell("<FWQQBH>4A", "<FWQQBH>zz") == "2002"
    assert tell("<PACKAGE>", "<!DOCTYPE a><PACKAGE>") == "2010"
    assert tell("620121198805060174", "620121198805060175") == "4001"
    at = at_of(bench, "D14")
    assert tell("<ZJHM>620121198805060174</ZJHM>", "") == "2001"


def test_truncated_packages(bench: Maker) -> None:
    for line, moods in (
        ("pkg-truncated", ("cdata-package-truncated",)),
        ("pkg-count", ("cdata-package-truncated", "cdata-package-truncated:count")),
    ):
        at = at_of(bench, "D14")
        at.golden(line, moods)
        assert at.desk.ledger.effects == 1, "the effect was there, the answer was not whole"
        at.golden("pkg-ryhy")


def test_repetition_ends_after_ten_minutes_and_codes_are_used_once(bench: Maker) -> None:
    at = at_of(bench, "D14")
    line = at.lines["pkg-sfhq"]
    assert "<JGDM>0<" in at.say(line).body.decode() and "<JGDM>0<" in at.say(line).body.decode()
    other = line["request"]["body"].replace("<FWQQBH>4", "<FWQQBH>5")
    again = at.say({**line, "request": {**line["request"], "body": other}}).body.decode()
    assert "<JGDM>4001<" in again, "the same one-time code under another number"


def test_nothing_personal_is_kept(bench: Maker) -> None:
    at = at_of(bench, "D14")
    at.golden("pkg-ryhy")
    kept = str([record.shown() for record in at.desk.ledger])
    assert "620121198805060174" not in kept and "张丽" not in kept


def test_five_missed_faces_lock(bench: Maker) -> None:
    at = at_of(bench, "D14")
    line = at.lines["pkg-srhy"]
    answers = []
    for number in range(8):
        body = line["request"]["body"].replace("6C4D39E5F5D1158F", f"6C4D39E5F5D1158{number}")
        body = body.replace("sm3:7e7e", f"sm3:7e7{min(number, 1)}")
        said = at.say({**line, "request": {**line["request"], "body": body}}).body.decode()
        found = re.search(r"<JGDM>(\d+)<.*?(?:<SFTG>(\w))?", said)
        assert found is not None
        answers.append(found[1] + ("Y" if "<SFTG>Y" in said else ""))
    assert answers == ["0Y", "0", "0", "0", "0", "0", "3002", "3002"]


def test_they_start_with_the_fleet() -> None:
    for ident in ("D14", "N04"):
        system = build(roll()[ident], Making())
        assert set(system.desk.books) and system.desk.credentials["ywdm"] == "GGZY-HY-01"
        assert set(system.desk.credentials) >= {"sid", "app_key", "qqdwdm", "rid_ryhy"}
