"""The XSD accepts what the standard accepts and refuses what an XML schema can refuse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from hub.message import Key, refusing, sign
from hub.standard import Standard
from hub.standard.bindings.json_schema import BEYOND
from hub.standard.bindings.soap_encode import message_element
from hub.standard.bindings.soap_names import XML, XSD
from hub.standard.bindings.soap_wsdl import wsdl
from hub.standard.bindings.soap_xsd import operations, service_xsd, stage_xsd, xsd

KEY = Key("T01-k1", "T01", "hmac-sm3", b"k" * 32)
# XML Schema 1.0 knows no conditions: what one value asks of others stays with the checker.
BEYOND_XSD = {*BEYOND, "R01", "R02", "R03", "R12", "record.version", "service.stage"}


@pytest.fixture(scope="module")
def judge(standard: Standard) -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(xsd(standard)))


def sent(standard: Standard, envelope: Any) -> etree._Element | None:
    """What arrives: serialised and read again."""
    element = message_element(standard, sign(envelope, KEY))
    return None if isinstance(element, tuple) else etree.fromstring(etree.tostring(element))


def test_samples_and_service_requests_are_valid(
    standard: Standard, judge: etree.XMLSchema, asked: Callable[..., Any]
) -> None:
    cases = [standard.sample(one.id, seed, op=op) for one in standard.stages
             for seed, op in enumerate(("insert", "insert", "insert", "update", "delete"))]  # fmt: skip
    cases += [asked(name, full=full) for name in standard.services for full in (False, True)]
    for case in cases:
        element = sent(standard, case)
        assert element is not None
        assert judge.validate(element), (case["head"], judge.error_log.last_error)


def test_mutants_are_judged_as_by_the_checker(
    standard: Standard, judge: etree.XMLSchema, one_stage: Callable[[str, int], list[Any]]
) -> None:
    refused: Counter[str] = Counter()
    for stage in standard.stages:
        for mutant in one_stage(stage.id, 46):
            element = sent(standard, mutant.envelope)
            said = element is not None and judge.validate(element)
            codes = {one.code for one in refusing(standard.check(mutant.envelope))}
            assert said == (codes <= BEYOND_XSD), (mutant, judge.error_log.last_error)
            refused[mutant.rule] += not said
    assert {rule for rule, count in refused.items() if count} >= {
        "stage.unknown", "service.unknown", "field.required", "field.unknown", "field.type", "field.length",
        "field.precision", "field.format", "field.date", "code.unknown", "code.multi", "code.region",
    }  # fmt: skip


def test_blank_optional_and_nil_deleted_fields(standard: Standard, judge: etree.XMLSchema) -> None:
    for stage in standard.stages:
        envelope = standard.sample(stage.id, 1)
        for field in stage.fields:
            needed = {name for row in standard.conditions if row.stage == stage.id for name in row.requires}
            if not field.required and field.name not in needed:
                envelope["body"]["fields"][field.name] = " \u3000"
        element = sent(standard, envelope)
        assert refusing(standard.check(envelope)) == [] and element is not None
        assert judge.validate(element), (stage.id, judge.error_log.last_error)
        gone = standard.sample(stage.id, 1, op="delete")
        gone["body"]["fields"] = {field.name: None for field in stage.fields if field.required}
        element = sent(standard, gone)
        assert refusing(standard.check(gone)) == [] and element is not None
        assert judge.validate(element), (stage.id, judge.error_log.last_error)


def test_every_part_stands_alone_too(standard: Standard, judge: etree.XMLSchema) -> None:
    for stage in standard.stages:
        alone = etree.XMLSchema(etree.fromstring(stage_xsd(standard, stage.id)))
        element = sent(standard, standard.sample(stage.id, 2))
        assert element is not None and alone.validate(element)
    for name in standard.services:
        etree.XMLSchema(etree.fromstring(service_xsd(standard, name)))


def test_fields_codes_and_operations_speak_chinese(standard: Standard) -> None:
    root = etree.fromstring(wsdl(standard))
    notes = [note for note in root.iter(f"{{{XSD}}}documentation") if note.get(f"{{{XML}}}lang") == "zh"]
    owners = [(next(note.iterancestors(f"{{{XSD}}}annotation")).getparent(), note.text) for note in notes]
    told = {(one.get("name") or one.get("value"), text) for one, text in owners if one is not None}
    for stage in standard.stages:
        assert {(field.name, field.zh) for field in stage.fields} <= told
        for listed in (standard.code_lists[f.code_list] for f in stage.fields if f.code_list and not f.multi):
            assert listed.id == "region" or set(listed.codes.items()) <= told
    assert len(operations(standard)) == 51 + 105
