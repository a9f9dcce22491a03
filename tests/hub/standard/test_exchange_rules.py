"""One clause, one id, one meaning in table, findings and conformance register; proved, or said why not."""

from __future__ import annotations

import ast
import csv
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.message import check_shape, check_time, parse, verify, verify_request
from hub.standard.exchange import CHAPTERS
from hub.standard.loading import DATA, build
from hub.standard.tables import StandardDataError

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("hub", "adapters", "simulators", "conformance", "loadtests", "certs", "examples")
CITED = re.compile(r"\bEX-[A-Z]+-[0-9]{2}\b")
CODE = re.compile(r"[a-z][a-z0-9]*(?:\.[a-z][a-z0-9-]*)+|not-found")
# Verbs and desks of the centre explain themselves where they stand; these never answer a message.
ELSEWHERE = ("onboard", "onboarding", "outbox", "page", "settings", "catalogue", "network", "peer")
FOLDERS = (
    "message",
    "pipeline",
    "services",
    "server",
    "standard/check",
    "standard/bindings",
    "delivery/attempt.py",
    "files",
)


def _files():
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in {".py", ".csv", ".md"} and path.name != "exchange_rules.csv":
                yield path


@pytest.fixture(scope="module")
def register():
    with (ROOT / "conformance/requirements.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_every_id_cited_anywhere_is_a_clause_of_the_table(standard):
    cited = {name: path for path in _files() for name in CITED.findall(path.read_text("utf-8"))}
    assert len(cited) >= 40
    cited.pop("EX-IDM-99", None)  # the tests' own example of an id that is not there
    assert {name: path for name, path in cited.items() if name not in standard.exchange.rules} == {}


def test_every_clause_is_proved_or_says_why_not(standard, register):
    known = {**standard.rules, **standard.exchange.codes}
    for rule in standard.exchange.rules.values():
        for proof in rule.checked_by:
            if proof.kind == "code":
                code = standard.exchange.codes.get(proof.what)
                assert proof.what in known and (code is None or rule.id in code.rules), (rule.id, proof)
            elif proof.kind == "conformance":
                assert proof.what in register, (rule.id, proof)
            elif proof.kind == "test":
                assert (ROOT / proof.what).is_file(), (rule.id, proof)
            else:
                assert len(proof.what) > 10 and len(rule.checked_by) == 1, (rule.id, proof)


def test_each_code_is_named_by_the_clause_it_cites(standard):
    named = {
        (rule.id, proof.what)
        for rule in standard.exchange.rules.values()
        for proof in rule.checked_by
        if proof.kind == "code"
    }
    for code in standard.exchange.codes.values():
        near = [rule for rule in code.rules if (rule, code.code) in named]
        assert near or code.code in UNNAMED or code.rules == ("EX-ERR-01",), code.code


# Codes so general that no single clause is proved by them; they still cite the one they come under, as
# those do that only say that a refusal is machine-readable (EX-ERR-01).
UNNAMED = {"auth.failed", "auth.forbidden", "service.path", "soap.wsdl"}


def test_the_register_means_the_same_by_the_same_id(standard, register):
    shared = set(register) & set(standard.exchange.rules)
    assert len(shared) >= 24 and {name for name in register if name.startswith("EX-")} == shared
    for name in shared:
        rule = standard.exchange.rules[name]
        assert rule.strength == register[name]["strength"], name
        assert ("conformance", name) in {(proof.kind, proof.what) for proof in rule.checked_by}, name


def test_chapters_are_whole_and_used(standard):
    assert {rule.chapter for rule in standard.exchange.rules.values()} == set(CHAPTERS)
    numbers: dict[str, list[int]] = {}
    for name in standard.exchange.rules:
        _, family, number = name.split("-")
        numbers.setdefault(family, []).append(int(number))
    assert {family: sorted(found) for family, found in numbers.items()} == {
        family: list(range(1, len(found) + 1)) for family, found in numbers.items()
    }, "ids without gaps"


def test_every_code_the_hub_answers_with_has_a_cause_and_a_remedy(standard):
    known = {*standard.rules, *standard.exchange.codes}
    told: dict[str, str] = {}
    for folder in FOLDERS:
        place = ROOT / "hub" / folder
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                for code in _codes(node):
                    told[code] = f"{path.relative_to(ROOT)}:{node.lineno}"
    assert len(told) > 70
    missing = {code: at for code, at in told.items() if code not in known}
    assert {code: at for code, at in missing.items() if code.split(".")[0] not in ELSEWHERE} == {}


MAKERS = {
    "Finding", "_broken", "_finding", "say", "Answer", "Flaw", "refuse", "_refused", "note", "SenderError",
    "OverloadError", "Verdict", "Outcome", "finding", "refused", "RefusedFileError",
}  # fmt: skip


def _codes(node):
    if not isinstance(node, ast.Call):
        return
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    if name in MAKERS:
        values = [*node.args[:2], *(word.value for word in node.keywords if word.arg == "code")]
        for value in values:
            text = value.value if isinstance(value, ast.Constant) else None
            if isinstance(text, str) and CODE.fullmatch(text):
                yield text


BAD = (
    b'{"a":1,"a":2}', b'{"a":1.5}', b'{"a":99999999999999999999}', b"\xff", b"\xef\xbb\xbf{}", b"{",
    b"[" * 30,
    '{"名":1}'.encode(), b'{"a":"\\u0000"}', b'{"a":"\\ud800"}',
)  # fmt: skip


def test_real_findings_cite_the_clause_of_their_code(standard, mutator):
    found = [finding for raw in BAD for finding in parse(raw).findings]
    found += check_shape({"x": 1}) + check_shape({"head": {"ver": "2"}, "body": {}})
    envelope = standard.sample("eng-project")
    found += check_shape(envelope, signed=True)
    block = {"alg": "rsa-sha256", "keyId": "none", "value": "AAAA"}
    found += verify({**envelope, "head": {**envelope["head"], "sign": block}}, lambda _: None)
    found += verify_request("GET", "/", {}, lambda _: None)[1]
    found += check_time("x", datetime.now(UTC), "/t")
    codes = standard.exchange.codes
    assert len({finding.code for finding in found}) >= 14
    assert [f for f in found if f.clause not in codes[f.code].rules] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "exchange_rules.csv",
            "EX-ENV-02,envelope",
            "EX-ENV-01,envelope",
            "exchange_rules.csv:3: rule EX-ENV-01",
        ),
        ("exchange_rules.csv", "code:json.float", "code:json.flout", "json.flout"),
        ("exchange_codes.csv", ",EX-LIM-02,", ",EX-LIM-99,", "EX-LIM-99"),
        (
            "receipt_transitions.csv",
            "checked,held",
            "checked,kept",
            "receipt_transitions.csv:6: unknown state 'kept'",
        ),
        ("receipt_transitions.csv", "R05", "R55", "unknown reason 'R55'"),
        ("receipt_states.csv", "received,main", "accepted,main", "state accepted stands twice"),
    ],
)
def test_a_contradiction_stops_the_load_with_file_and_row(tmp_path, file, old, new, told):
    copy = tmp_path / "data"
    shutil.copytree(DATA, copy)
    text = (copy / file).read_text("utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(StandardDataError) as caught:
        build(copy)
    assert told in str(caught.value)
