"""Service messages are checked by the rows of their request, nested types included."""

from __future__ import annotations

from typing import Any

from hub.standard import Standard


def message(kind: str, fields: dict[str, Any], **body: Any) -> dict[str, Any]:
    head = {
        "ver": "1", "realm": "sandbox", "from": "T01", "msgId": "m-1", "msgType": kind,
        "time": "2026-11-22T09:00:00+08:00", "nonce": "0123456789",
    }  # fmt: skip
    return {"head": head, "body": {"fields": fields, **body}}


QUERY = {"queryKind": "invest-code", "INVEST_PROJECT_CODE": "2602-620102-89-01-000001", "purpose": "一键获取"}


def told(standard: Standard, kind: str, fields: dict[str, Any]) -> set[tuple[str, str]]:
    return {(finding.code, finding.at) for finding in standard.check(message(kind, fields))}


def test_a_good_query(standard: Standard) -> None:
    assert standard.check(message("project.query", QUERY)) == []


def test_rows_are_checked_like_fields(standard: Standard) -> None:
    wrong = {"queryKind": "by-guess", "INVEST_PROJECT_CODE": "1", "REGION_CODE": "629998", "colour": "red"}
    assert told(standard, "project.query", wrong) == {
        ("code.unknown", "/body/fields/queryKind"),
        ("field.format", "/body/fields/INVEST_PROJECT_CODE"),
        ("code.region", "/body/fields/REGION_CODE"),
        ("field.unknown", "/body/fields/colour"),
        ("field.required", "/body/fields/purpose"),
    }


def test_nested_types_are_checked_where_they_stand(standard: Standard) -> None:
    service = standard.services["project.info"]
    assert {row.name for row in service.request if row.type == "object"} >= {"owner", "approval"}
    owner = {"type": "1", "code": "91359128593462349A", "name": "示例"}
    found = told(standard, "project.info", {"owner": owner, "attachments": [3, {"size": "x"}]})
    assert ("party.code-check", "/body/fields/owner/code") in found
    assert ("field.type", "/body/fields/attachments/0") in found
    assert any(at.startswith("/body/fields/attachments/1/") for _, at in found)
    assert ("field.required", "/body/fields/approval") in found


def test_deep_nesting_ends(standard: Standard) -> None:
    value: Any = {}
    for _ in range(200):
        value = {"attachments": [value], "owner": value}
    assert standard.check(message("project.info", value))


def test_every_service_has_rows_and_errors(standard: Standard) -> None:
    for service in standard.services.values():
        assert service.reply, service.name
        assert service.request or service.body == "record", service.name
        assert service.errors
        assert standard.check(message(service.name, {"x": 1}))
    total = sum(len(service.request) + len(service.reply) for service in standard.services.values())
    assert total == 1505


def test_a_record_in_a_carrying_service(standard: Standard) -> None:
    carrying = [one for one in standard.services.values() if one.body == "record"]
    service = next(one for one in carrying if "eng-tender-notice" in one.carries)
    envelope = standard.sample("eng-tender-notice", 1)
    envelope["head"]["msgType"] = service.name
    codes = {(f.code, f.at.rpartition("/")[0]) for f in standard.check(envelope)}
    assert codes <= {("field.required", "/body/ext")}
