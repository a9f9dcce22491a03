"""市县平台 JSON 接口 against its papers: golden transcripts, error codes, duplicates, pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

NUMBER = r"SJ\d{16}"
D = "static-token-rest"


def altered(line: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The golden request with some params changed."""
    body = json.loads(line["request"]["body"])
    body["params"] |= changes
    return {**line, "request": {**line["request"], "body": json.dumps(body, ensure_ascii=False)}}


def said(reply: Any) -> dict[str, Any]:
    return dict(json.loads(reply.body))


def test_golden_transcripts_are_replayed(bench: Callable[..., Any]) -> None:
    at = bench(D, "M01")
    for ident in ("push-ok", "push-duplicate", "push-conflict", "push-bad-token", "push-refused"):
        at.golden(ident, numbers=NUMBER)
    at.golden("get-ok")
    at.golden("get-none")
    at.golden("push-code-200", ("status-code-1-vs-200", "number-as-string"), NUMBER)
    assert [record.effects for record in at.desk.ledger] == [1, 1]


def test_the_form_type_variant_answers_as_text(bench: Callable[..., Any]) -> None:
    bench(D, "X05").golden("push-form-type", numbers=NUMBER)


def test_two_cities_say_200(bench: Callable[..., Any]) -> None:
    at = bench(D, "M02")
    assert said(at.say(at.lines["push-ok"]))["status"]["code"] == 200


@pytest.mark.parametrize(
    ("change", "errorno", "field"),
    [
        ({"infotitle": ""}, "E002", "infotitle"),
        ({"infodate": "2026/11/22"}, "E003", "infodate"),
        ({"noticebidnum": "many"}, "E003", "noticebidnum"),
        ({"ispostpone": "maybe"}, "E008", "ispostpone"),
        ({"opertype": "edit"}, "E012", ""),
        ({"opertype": "del"}, "E012", ""),
    ],
)
def test_a_badly_filled_form_is_refused_with_its_code(
    bench: Callable[..., Any], change: dict[str, Any], errorno: str, field: str
) -> None:
    at = bench(D, "M01")
    custom = said(at.say(altered(at.lines["push-ok"], **change)))["custom"]
    assert (custom["errorno"], custom["field"]) == (errorno, field)
    assert at.desk.ledger.effects == 0


def test_versions_go_up_and_a_tombstone_stays(bench: Callable[..., Any]) -> None:
    at = bench(D, "M01")
    first = at.lines["push-ok"]
    steps = [
        ({}, 1, ""),
        ({"opertype": "edit", "version": 2, "infotitle": "新标题"}, 1, ""),
        ({"opertype": "edit", "version": 2, "infotitle": "新标题"}, 0, "E004"),
        ({}, 0, "E010"),
        ({"opertype": "del", "version": 3}, 1, ""),
        ({"version": 3}, 0, "E010"),
    ]
    for change, code, errorno in steps:
        answer = said(at.say(altered(first, **change)))
        assert (answer["status"]["code"], answer["custom"].get("errorno", "")) == (code, errorno), change
    assert said(at.say(at.lines["get-ok"]))["custom"] == {"record": None}


def test_the_other_errors(bench: Callable[..., Any]) -> None:
    at = bench(D, "M01", **{"parent-check": True})
    line = at.lines["push-ok"]
    broken = {**line, "request": {**line["request"], "body": "token=1"}}
    large = {**line, "request": {**line["request"], "body": " " * (2 * 2**20 + 1)}}
    nowhere = {**line, "request": {**line["request"], "path": "/rest/nothing/push"}}
    assert said(at.say(broken))["custom"]["errorno"] == "E011"
    assert said(at.say(large))["custom"]["errorno"] == "E413"
    assert said(at.say(line))["custom"]["errorno"] == "E006"
    assert said(at.say(line, ("busy",)))["custom"]["errorno"] == "E007"
    assert said(at.say(line, ("internal-error",)))["custom"]["errorno"] == "E500"
    assert at.say(nowhere).status == 404


def test_list_pages_and_bad_pages(bench: Callable[..., Any]) -> None:
    at = bench(D, "M01")
    at.say(at.lines["push-ok"])
    get = at.lines["get-ok"]

    def listed(moods: tuple[str, ...] = (), **params: Any) -> dict[str, Any]:
        body = json.dumps({"token": at.desk.credentials["token"], "params": params})
        request = {**get["request"], "path": "/rest/zbgonggao/list", "body": body}
        return dict(said(at.say({**get, "request": request}, moods))["custom"])

    assert listed(pageindex=0, pagesize=20, where={"fromsys": "T03"})["total"] == 1
    assert listed(pageindex=0, pagesize=20, where={"fromsys": "T99"})["total"] == 0
    assert listed(pageindex=0, pagesize=101)["errorno"] == "E009"
    late = ("page-index-from-0-or-1",)
    assert listed(late, pageindex=0, pagesize=20) == {"total": 1, "records": []}
    assert len(listed(late, pageindex=1, pagesize=20)["records"]) == 1
