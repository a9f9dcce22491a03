"""The fast path says what the checker's findings amount to: for good and bad records, texts and values."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.message import Finding, canonical, parse, refusing
from hub.standard import Standard, load
from hub.standard.check.checker import Checker
from hub.standard.fast import Fast, Verdict
from hub.standard.fast.envelope import WARNINGS

GOOD, BAD = 20, 200
STANDARD = load()
STAGES = [stage.id for stage in STANDARD.stages]


def wanted(standard: Standard, envelope: Any, *, signed: bool = False) -> Verdict:
    findings = standard.check(envelope, signed=signed)
    if refusing(findings):
        return Verdict.REFUSED
    return Verdict.WARNED if findings else Verdict.CLEAN


def wanted_of_text(standard: Standard, raw: bytes, *, signed: bool = False) -> Verdict:
    parsed = parse(raw)
    return Verdict.REFUSED if parsed.findings else wanted(standard, parsed.value, signed=signed)


def agrees(standard: Standard, envelope: Any) -> None:
    want = wanted(standard, envelope)
    assert standard.verdict(envelope) is want, envelope
    raw = json.dumps(envelope, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert standard.verdict(raw) is wanted_of_text(standard, raw), raw


class Silent(Checker):
    """A checker that nobody may ask."""

    def envelope(self, envelope: object, *, lang: str = "zh", signed: bool = False) -> list[Finding]:
        raise AssertionError(f"asked about {envelope}")


def test_good_records_are_settled_without_the_checker(
    standard: Standard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the fast path would be right and never fast."""
    fast = Fast(standard, Silent(standard))
    monkeypatch.setattr("hub.standard.fast.envelope.parse", lambda raw: pytest.fail("parsed again"))
    for stage in STAGES:
        for seed in range(GOOD):
            envelope = standard.sample(stage, seed, op="update" if seed % 5 == 4 else "insert")
            assert fast.envelope(envelope) is Verdict.CLEAN
            assert fast.text(canonical(envelope)) is Verdict.CLEAN


@pytest.mark.parametrize("op", ["insert", "update", "delete"])
def test_valid_records_of_all_stages(standard: Standard, op: str) -> None:
    for stage in STAGES:
        for seed in range(GOOD):
            agrees(standard, standard.sample(stage, seed, op=op))


def test_defective_records_of_all_stages(
    standard: Standard, one_stage: Callable[[str, int], list[Any]]
) -> None:
    """200 mutants of each stage, as the other bindings are examined."""
    refused = 0
    for stage in STAGES:
        for mutant in one_stage(stage, BAD):
            agrees(standard, mutant.envelope)
            refused += standard.verdict(mutant.envelope) is Verdict.REFUSED
    assert refused > 51 * 120


def test_spoiled_records_of_all_stages(standard: Standard, corpus: list[Any]) -> None:
    """Several defects in one record, and values that belong to other fields."""
    rng = Random("stages")
    values = [value for mutant in corpus[::7] for value in mutant.envelope["body"]["fields"].values()]
    refused = 0
    for stage in STAGES:
        bases = [standard.sample(stage, seed) for seed in range(5)]
        for number in range(BAD):
            envelope = copy.deepcopy(bases[number % 5])
            fields = envelope["body"]["fields"]
            for name in rng.sample(list(fields), min(len(fields), 1 + number % 3)):
                fields[name] = spoiled(rng, fields[name], values)
            agrees(standard, envelope)
            refused += standard.verdict(envelope) is Verdict.REFUSED
    assert refused > 51 * BAD / 2


def spoiled(rng: Random, value: Any, values: list[Any]) -> Any:
    text = str(value)
    place = rng.randrange(len(text) + 1)
    return rng.choice(
        [
            rng.choice(values), rng.choice(values), rng.choice(values),
            text[:place] + text[place + 1 :], text[:place] + rng.choice("0Iz;１ \n\0甘𠀀") + text[place:],
            text + text, text * 30, text.lower(), f"{text};", f"{text};{text}", f"{text};;{text}",
            "", " \u3000", "\u2028 " * 700, "\0", None, True, [], {}, 0, -1, 1.5, 2**53 + 1, str(2**53 + 1),
            "-0", "0", "2026-02-30", "2024-02-29", "0000-01-01", "440300", "620100",
        ]
    )  # fmt: skip


def test_ten_thousand_mutants(standard: Standard, corpus: list[Any]) -> None:
    for mutant in corpus:
        want = wanted(standard, mutant.envelope)
        assert (want is not Verdict.REFUSED) == (mutant.rule in WARNINGS), mutant
        assert standard.verdict(mutant.envelope) is want, mutant
        raw = json.dumps(mutant.envelope, ensure_ascii=False).encode()
        assert standard.verdict(raw) is wanted_of_text(standard, raw), mutant


def test_a_warning_is_a_reason_to_ask(standard: Standard, corpus: list[Any]) -> None:
    """Accepted, and yet the receipt must carry the checker's words."""
    for rule in WARNINGS:
        mutants = [mutant.envelope for mutant in corpus if mutant.rule == rule]
        assert mutants and {standard.verdict(envelope) for envelope in mutants} == {Verdict.WARNED}
        assert all(standard.accepts(envelope) for envelope in mutants)


HEAD = ("ver", "to", "from", "corrId", "msgId", "msgType", "realm", "time", "nonce", "stage", "sign", "x")
WORDS = ("", "T01", "hub", "D01", "x" * 65, "record.put", "project.query", "1", "é", "\0", "a b")
FILE = {"name": "a", "digest": "sm3:" + "0" * 64, "size": 1, "media": "a/b", "role": "X"}
HEADS = st.fixed_dictionaries(
    {},
    optional={
        name: st.one_of(
            st.sampled_from(WORDS),
            st.none(), st.integers(), st.text(max_size=3), st.just({"alg": "hmac-sm3"}),
        )
        for name in HEAD
    },
)  # fmt: skip
SIGNS = st.sampled_from(
    [
        {"alg": "hmac-sm3", "keyId": "T01-1", "value": "ab" * 32},
        {"alg": "hmac-sm3", "keyId": "T01-1"},
        {"alg": "md5", "keyId": "T01-1", "value": "abcd"},
        {"alg": "hmac-sm3", "keyId": "T01-1", "value": "abcd", "more": "x"},
        {}, None, "abcd",
    ]
)  # fmt: skip
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["insert", "update", "delete", "upsert", None, ""]),
        "version": st.sampled_from([0, 1, 2, -1, 2**53, 2**53 + 1, True, 1.0, "1", None]),
        "key": st.sampled_from(["k", "", " ", "x" * 65, None, 1]),
        "ext": st.sampled_from([{}, {"a": 1}, {"a": 1.5}, None, [], {"甘": "x"}, {"a": "\0"}]),
        "files": st.sampled_from([[], None, {}, [1], [FILE]]),
        "fields": st.sampled_from([{}, None, [], "x"]),
        "y": st.just(1),
    },
)


@given(st.sampled_from(STAGES), HEADS, BODIES, st.one_of(st.none(), SIGNS), st.booleans(), st.integers(0, 1))
def test_any_head_and_body(
    stage: str, head: dict[str, Any], body: dict[str, Any], sign: Any, signed: bool, drop: int
) -> None:
    envelope = STANDARD.sample(stage, 1)
    for name, value in [*head.items()][:2]:
        envelope["head"][name] = value
    for name, value in [*body.items()][:2]:
        envelope["body"][name] = value
    if sign is not None:
        envelope["head"]["sign"] = sign
    if drop:
        envelope["head"].pop(sorted(envelope["head"])[len(head) % len(envelope["head"])])
    assert STANDARD.verdict(envelope, signed=signed) is wanted(STANDARD, envelope, signed=signed)
    raw = json.dumps(envelope).encode()
    assert STANDARD.verdict(raw, signed=signed) is wanted_of_text(STANDARD, raw, signed=signed)


VALUES = st.one_of(
    st.text(max_size=30), st.text(" \t\n\u3000\u00a0\x1c\u200b", max_size=5), st.none(), st.booleans(),
    st.integers(-(2**54), 2**54), st.from_regex(r"[0-9A-Z-]{1,40}", fullmatch=True),
    st.from_regex(r"-?[0-9]{1,18}(\.[0-9]{1,6})?", fullmatch=True), st.dates().map(str),
    st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds") + "+08:00"),
)  # fmt: skip


@given(st.data(), st.sampled_from(STAGES), st.sampled_from(["insert", "update", "delete"]))
def test_any_values(data: st.DataObject, stage: str, op: str) -> None:
    envelope = STANDARD.sample(stage, data.draw(st.integers(0, 3)), op=op)
    fields = envelope["body"]["fields"]
    names = [field.name for field in STANDARD.stage(stage).fields]
    for name in data.draw(st.lists(st.sampled_from(names), max_size=3)):
        fields[name] = data.draw(VALUES)
    for name in data.draw(st.lists(st.sampled_from(names), max_size=2)):
        fields.pop(name, None)
    agrees(STANDARD, envelope)


@pytest.mark.parametrize("stage", ["eng-tender-notice", "gp-project", "land-deal"])
def test_a_hostile_record_costs_its_length(standard: Standard, stage: str) -> None:
    """Blank after blank before a defect: each part of the pattern is tried once."""
    fields = {field.name: " " * 20_000 for field in standard.stage(stage).fields}
    envelope = standard.sample(stage, 1)
    envelope["body"]["fields"] = fields
    agrees(standard, envelope)


def test_tables_with_other_weights_are_obeyed(standard: Standard, tmp_path: Path, corpus: list[Any]) -> None:
    """A province that only warns of lengths is not refused by patterns that know better."""
    data = tmp_path / "data"
    shutil.copytree(Path(__file__).parents[4] / "hub" / "standard" / "data", data)
    rules = data / "rules.csv"
    text = rules.read_text("utf-8")
    assert "field.length,stateless,error" in text
    rules.write_text(text.replace("field.length,stateless,error", "field.length,stateless,warning"), "utf-8")
    mild = load(data)
    mutants = [mutant.envelope for mutant in corpus if mutant.rule == "field.length"][:60]
    assert {standard.verdict(envelope) for envelope in mutants} == {Verdict.REFUSED}
    assert all(mild.verdict(envelope) is wanted(mild, envelope) for envelope in mutants)
    assert Verdict.WARNED in {mild.verdict(canonical(envelope)) for envelope in mutants}
    assert mild.verdict(standard.sample("eng-project", 1)) is Verdict.CLEAN
