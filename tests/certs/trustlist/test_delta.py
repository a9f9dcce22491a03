"""A delta leads from the one list it was made for to the one that was signed, and from no other to any."""

import json
import random
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest

from certs.model.der import MalformedError
from certs.testpki.issue import Authority
from certs.testpki.world import World
from certs.trustlist import examine, publish
from certs.trustlist.delta import BaseError, applied, difference, digest_of, is_delta, region_of
from certs.trustlist.sandbox import sandbox_content

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def lists():
    key = Authority.root("管理根", now=NOW).issue("列表签发")
    vendors = [World.open(now=NOW, seed="delta").vendors[one] for one in ("C01", "C03", "C05")]
    first = sandbox_content(vendors, now=NOW, sequence=1)
    other = sandbox_content(vendors[:2], now=NOW + timedelta(hours=1), sequence=2)
    other["cas"].reverse()
    other["cas"][0]["assurance"] = "basic"
    last = deepcopy(first) | {"sequence": 3, "issued": (NOW + timedelta(hours=2)).isoformat()}
    return key, [publish(one, key, at=NOW + timedelta(hours=3))[0] for one in (first, other, last)]


def test_every_step_leads_to_the_signed_list(lists):
    key, signed = lists
    for old in signed:
        for new in signed:
            made = difference(old, new)
            assert is_delta(made) and not is_delta(new) and region_of(made) == region_of(new) == "62"
            whole = applied(old, made)
            assert digest_of(whole) == digest_of(new)
            found = examine(whole, signers=(key.certificate,), at=NOW + timedelta(hours=3))
            assert found.trust_list is not None, found.verdict.sentence()
    assert len(difference(signed[0], signed[2])) < len(signed[2]) / 4


def test_on_another_list_it_is_of_no_use_and_an_altered_one_signs_nothing(lists):
    key, (first, second, third) = lists
    made = difference(first, second)
    for other in (second, third):
        with pytest.raises(BaseError):
            applied(other, made)
    value = json.loads(made)
    value["delta"]["rows"]["cas"]["order"].append("C05")  # somebody puts back who was taken off
    whole = applied(first, json.dumps(value).encode())
    found = examine(whole, signers=(key.certificate,), at=NOW + timedelta(hours=3))
    assert {one.code for one in found.findings} == {"list-signature"}


def test_nothing_hostile_gets_further_than_a_refusal(lists):
    key, (first, second, _) = lists
    made, chance = json.loads(difference(first, second)), random.Random(5)
    odd = [None, 1, [], {}, "x", [1], {"order": ["C09"], "rows": []}, {"order": [[]], "rows": [{}]}]
    for _ in range(300):
        value = deepcopy(made)
        inside = chance.choice([value, value["delta"], value["delta"]["rows"], value["delta"]["list"]])
        inside[chance.choice([*inside, "cas", "strange"])] = chance.choice(odd)
        try:
            whole = applied(first, json.dumps(value).encode())
        except (MalformedError, BaseError):
            continue
        found = examine(whole, signers=(key.certificate,), at=NOW + timedelta(hours=3))
        assert found.trust_list is None or found.trust_list.digest == digest_of(second)
    for raw in (b"", b"[]", b"null", b"{}", b'{"delta": []}', b"\xff"):
        with pytest.raises(MalformedError):
            applied(first, raw)
