"""The OpenAPI document before its own validator; its components say what the schemas say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub.message import Key, sign
from hub.standard import Standard
from hub.standard.bindings.json_schema import json_schema, service_schema
from hub.standard.bindings.openapi import openapi


@pytest.fixture(scope="module")
def document(standard: Standard) -> dict[str, Any]:
    return openapi(standard)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def resolved(document: Any, pointer: str) -> Any:
    for name in pointer.removeprefix("#/").split("/"):
        document = document[name]
    return document


def test_the_validator_finds_nothing(document: dict[str, Any], outside: Callable[[str], Any]) -> None:
    outside("openapi_spec_validator").validate(document)


def test_a_broken_document_would_be_found(document: dict[str, Any], outside: Callable[[str], Any]) -> None:
    judge = outside("openapi_spec_validator")
    broken = {**document, "paths": {"/v1/messages": {"post": {"responses": {"999": {}}}}}}
    with pytest.raises(Exception, match=r"999|description"):
        judge.validate(broken)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    told = set(references(document))
    assert len(told) > 1000
    for pointer in told:
        assert resolved(document, pointer), pointer


def test_stages_services_and_replies_are_all_there(standard: Standard, document: dict[str, Any]) -> None:
    names = set(document["components"]["schemas"])
    assert {stage.id for stage in standard.stages} <= names
    for name in standard.services:
        assert {f"{name}.message", f"{name}.reply"} <= names
        assert f"/v1/services/{name}" in document["paths"]


def test_components_and_schemas_are_the_same(standard: Standard, document: dict[str, Any]) -> None:
    """Only where a reference points differs."""
    schemas = document["components"]["schemas"]

    def same(single: dict[str, Any], name: str) -> None:
        moved = json.loads(json.dumps(single).replace("#/$defs/", "#/components/schemas/"))
        for one, schema in moved.pop("$defs").items():
            assert schemas[one] == schema, (name, one)
        for member in ("properties", "required", "allOf", "additionalProperties", "if", "else"):
            assert schemas[name].get(member) == moved.get(member), (name, member)

    for stage in standard.stages:
        same(json_schema(standard, stage.id), stage.id)
    for name in standard.services:
        same(service_schema(standard, name), f"{name}.message")
        same(service_schema(standard, name, "reply"), f"{name}.reply")


def test_signed_samples_are_messages(
    standard: Standard, document: dict[str, Any], outside: Callable[[str], Any]
) -> None:
    whole = {**document["components"]["schemas"]["Message"], "components": document["components"]}
    judge = outside("jsonschema_rs").validator_for(whole)
    key = Key("T01-k1", "T01", "hmac-sm3", b"x" * 32)
    for stage in standard.stages:
        sample = standard.sample(stage.id, 11)
        assert not judge.is_valid(sample), "an unsigned message is none"
        assert judge.is_valid(sign(sample, key)), stage.id
