"""Rules come from files: what cannot be used, or could take too long, is refused with a name."""

import json
import re
from typing import Any

import pytest

from certs.subject import Rule, RuleError, read_rules
from tests.rows import each

GOOD = {"id": "a", "where": "extension", "oid": "1.2.3", "kinds": ["uscc"]}


def test_rules_survive_json() -> None:
    rules = read_rules([{**GOOD, "take": "(?P<uscc>.{18}).{0,9}"}, {**GOOD, "id": "b", "role": "agent"}])
    assert read_rules(json.loads(json.dumps([rule.as_row() for rule in rules]))) == rules


@each(
    "change",
    [
        {"id": ""},
        {"where": "issuer"},
        {"oid": "1.2.x"},
        {"oid": "9.9"},
        {"kinds": []},
        {"kinds": ["passport"]},
        {"kinds": "uscc"},
        {"role": "owner"},
        {"more": 1},
        {"take": "(?P<uscc>[0-9"},
        {"take": "[0-9]{18}"},
        {"take": "(?P<bank>.*)"},
        {"take": "(?P<code>(a+)+)"},
        {"take": r"(?P<code>.*)\1"},
        {"take": "(?P<code>.*)(?P=code)"},
        {"take": "(?=x)(?P<code>.*)"},
        {"take": "(?<!x)(?P<code>.*)"},
        {"take": "(?P<code>.*.*.*)"},
        {"take": "(?P<code>.{1,200}.{1,200}.{1,200})"},
        {"take": "(?P<code>" + "x" * 300 + ")"},
        {"take": "(?P<code>a{99999999999})"},
        {"take": "a?" * 21 + "(?P<code>a{20}b)"},
        {"take": "(?:a|a)" * 21 + "(?P<code>b)"},
    ],
    ids=lambda change: str(change)[:40],
)
def test_unusable_rules_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(RuleError):
        read_rules([{**GOOD, **change}])


def test_twice_and_too_many() -> None:
    with pytest.raises(RuleError, match="twice"):
        read_rules([GOOD, GOOD])
    with pytest.raises(RuleError, match="more than"):
        read_rules([{**GOOD, "id": str(number)} for number in range(100)])


def test_a_group_called_code_leaves_out_kinds_with_a_group_of_their_own() -> None:
    rule = Rule("a", "subject", "2.5.4.3", ("resident", "uscc"), "(?:0(?P<resident>.{18})|N(?P<code>.{18}))")
    assert rule.kinds_in("code") == ("uscc",)
    assert rule.kinds_in("resident") == ("resident",)
    assert isinstance(rule.pattern, re.Pattern)
