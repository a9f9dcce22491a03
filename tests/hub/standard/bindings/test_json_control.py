"""The control commands: one table, the schemas made from it, and the reference system that obeys them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hub.standard import Standard, StandardDataError
from hub.standard.bindings.json_control import control_schema
from hub.standard.loading import DATA, build
from simulators.systems.t01.commands import SCHEMAS
from tests.rows import each


def accepts(schema: dict[str, Any], case: Any) -> bool:
    jsonschema.Draft202012Validator.check_schema(schema)
    return bool(jsonschema.Draft202012Validator(schema).is_valid(case))


def test_the_reference_system_obeys_exactly_these_commands(standard: Standard) -> None:
    assert list(standard.control) == list(SCHEMAS)
    for name, theirs in SCHEMAS.items():
        ours = control_schema(standard, name)["properties"]["arguments"]
        assert set(ours["properties"]) == set(theirs["properties"]), name
        assert set(ours["required"]) == set(theirs.get("required", ())), name
        for argument, schema in theirs["properties"].items():
            assert ours["properties"][argument]["type"] == schema["type"], (name, argument)


@each(
    ("command", "told", "good"),
    [
        ("publish-notice", {"command": "publish-notice", "arguments": {"seed": 7}}, True),
        ("publish-notice", {"command": "publish-notice", "arguments": {"seed": -1}}, False),
        ("publish-notice", {"command": "publish-notice", "arguments": {"seed": "7"}}, False),
        ("publish-notice", {"command": "publish-notice", "arguments": {"seed": 7, "sed": 1}}, False),
        ("publish-notice", {"command": "publish-notice"}, False),
        ("open-bids", {"command": "publish-notice", "arguments": {"seed": 7}}, False),
        ("send", {"command": "send", "arguments": {"seed": 1, "stage": "eng-section"}}, True),
        ("send", {"command": "send", "arguments": {"seed": 1, "stage": "eng-sektion"}}, False),
        ("connect", {"command": "connect", "arguments": {"hub": ""}}, False),
        ("reset", {"command": "reset"}, True),
        ("reset", {"command": "reset", "arguments": {"all": True}}, False),
    ],
)
def test_requests(standard: Standard, command: str, told: Any, good: bool) -> None:
    assert accepts(control_schema(standard, command), told) is good


def test_replies_may_tell_more_but_not_less(standard: Standard) -> None:
    schema = control_schema(standard, "sent", "reply")
    assert accepts(schema, {"known": False})
    assert accepts(schema, {"known": True, "attempts": 1, "status": None, "done": False, "answer": None})
    assert not accepts(schema, {"attempts": 1})
    assert not accepts(control_schema(standard, "send", "reply"), {"msgId": "1"})


def test_an_unknown_command_names_the_nearest(standard: Standard) -> None:
    with pytest.raises(KeyError, match="publish-notice"):
        control_schema(standard, "publish-notise")


def test_contradictions_are_named_by_row(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    path = data / "control.csv"
    lines = path.read_text("utf-8").splitlines()
    lines += [
        "send,argument,3,seed,样例种子,again,integer,9,1,product rule",
        "stop,argument,1,x,x,x,text,,1,ours",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(StandardDataError) as refused:
        build(data)
    row = len(lines) - 1
    assert f"control.csv:{row}: seed stands twice in send" in refused.value.problems
    assert f"control.csv:{row + 1}: unknown type 'text'" in refused.value.problems
