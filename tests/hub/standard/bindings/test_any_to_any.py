"""Any binding to any other without loss: the same envelope after every trip, the signature still holds."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.message import CST, Key, canonical, check_shape, parse, sign, verify
from hub.standard import Standard, load
from hub.standard.bindings.package_names import package_name
from hub.standard.bindings.package_read import inspect, messages
from hub.standard.bindings.package_write import write_package
from hub.standard.bindings.soap_decode import soap_decode
from hub.standard.bindings.soap_encode import soap_encode
from hub.standard.bindings.soap_names import SOAP11, SOAP12, Version
from hub.standard.bindings.table_database import connect
from hub.standard.bindings.table_mount import Mount

KEY = Key("k1", "T01", "hmac-sm3", b"a shared secret")
NAME = package_name("T01", "engineering", datetime(2026, 11, 22, 9, 0, 0, tzinfo=CST), 1)
Trip = Callable[[dict[str, Any]], dict[str, Any]]
STANDARD = load()
# Four bytes in UTF-8, outside GBK, combining, right to left, three line ends, XML and SQL in disguise.
TEXTS = (
    "", " ", "𠮷野家𪚥", "€郎ㄱ䶮㐂", "é", "\u202eabc", "a\nb", "a\r\nb", "a\rb", "\ttab\t", "]]>",
    "<![CDATA[",
    "&amp;&#10;<b/>",
    "'; DROP TABLE X; --", '"\\"', "%s ? $1 {x}", "007", "00000000000000000000",
    "12345678901234567890", "-0", "1e5", "null", "true",
    " lead and trail ",
    "\u2028\u2029", "\ufffd", "\U0010fffd",
)  # fmt: skip
DECIMALS = (
    "0", "-0", "0.00", "-0.0", "1.50", "1250.5", "-1.5", "12345678901234.123456", "99999999999999999999",
)  # fmt: skip
INTEGERS = (0, 7, -7, 2**53, -(2**53), "9007199254740993", "12345678901234567890", "7", "")
DATES = ("2026-02-28", "2026-02-30", "20260228", "2026-11-22T09:00:00+08:00", "2026-11-22T09:00:00Z", "")


def table_trip(mount: Mount) -> Trip:
    def trip(envelope: dict[str, Any]) -> dict[str, Any]:
        head = envelope["head"]
        # One message is written once: what came by an earlier trip makes room.
        database = mount._database
        name = head["stage"].upper().replace("-", "_")
        database.execute(f"DELETE FROM {name}")
        database.execute("DELETE FROM EXCHANGE_ATTACHMENT")
        assert mount.write(envelope) == ()
        found, findings = mount.read(head["stage"], head["from"], head["msgId"])
        assert found is not None, findings
        return found

    return trip


def json_trip(envelope: dict[str, Any]) -> dict[str, Any]:
    parsed = parse(json.dumps(envelope, ensure_ascii=True, indent=1).encode())
    assert parsed.findings == ()
    found: dict[str, Any] = parsed.value
    return found


def package_trip(envelope: dict[str, Any]) -> dict[str, Any]:
    stream = io.BytesIO()
    write_package(stream, NAME, [envelope], STANDARD)
    (entry,) = messages(stream, inspect(stream, str(NAME)))
    assert entry.message is not None, entry
    return entry.message


def soap_trip(version: Version) -> Trip:
    def trip(envelope: dict[str, Any]) -> dict[str, Any]:
        raw = soap_encode(STANDARD, envelope, version=version)
        assert isinstance(raw, bytes), raw
        found = soap_decode(STANDARD, raw)
        assert isinstance(found, dict), found
        return found

    return trip


@pytest.fixture(scope="module")
def trips(postgresql: str) -> Iterator[dict[str, Trip]]:
    """Every binding there is, by name; the table mount once per engine."""
    mounts = {"table-sqlite": Mount(STANDARD, connect("sqlite:///:memory:"))}
    mounts["table-postgresql"] = Mount(STANDARD, connect(postgresql))
    found: dict[str, Trip] = {
        "json": json_trip, "package": package_trip, "soap11": soap_trip(SOAP11), "soap12": soap_trip(SOAP12),
    }  # fmt: skip
    for name, mount in mounts.items():
        mount.create()
        found[name] = table_trip(mount)
    yield found
    for mount in mounts.values():
        mount._database.close()


def travels(trips: dict[str, Trip], envelope: dict[str, Any], order: list[str]) -> None:
    signed = sign(envelope, KEY)
    bytes_, here = canonical(signed), signed
    for name in order:
        here = trips[name](here)
        assert canonical(here) == bytes_, name
        assert verify(here, {"k1": KEY}.get) == [], name


@pytest.mark.parametrize("seed", [1, 2])
def test_every_stage_by_every_binding(trips: dict[str, Trip], standard: Standard, seed: int) -> None:
    orders = list(itertools.permutations(trips))[::13]
    for index, stage in enumerate(standard.stages):
        for op in ("insert", "delete") if seed == 1 else ("update",):
            travels(trips, standard.sample(stage.id, seed, op=op), list(orders[index % len(orders)]))


# What XML cannot carry is another test's business.
CARRIED = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")


def values(kind: str, length: int | None) -> st.SearchStrategy[Any]:
    most = min(length or 300, 4000)
    full = st.sampled_from(
        ["𠮷" * most, "9" * most, "0" * most, "\n" * most, " " * (most + 1), "汉" * (most + 1)]
    )
    texts = st.sampled_from(TEXTS) | st.text(CARRIED, max_size=30)
    own = {"decimal": DECIMALS, "integer": INTEGERS, "date": DATES, "datetime": DATES}.get(kind, ("0", "中"))
    return st.one_of(st.none(), st.sampled_from(own), texts, full, st.just(...))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ABC"), inner, max_size=3),
    max_leaves=6,
)
FILE = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["公告.pdf", "𠮷.ofd", "a'b\"c&d.pdf", "x" * 200]),
        "digest": st.sampled_from(["sm3:" + "0" * 64, "sha256:" + "f" * 64]),
        "size": st.sampled_from([0, 1, 2**40]),
        "media": st.just("application/pdf"),
        "role": st.just("TENDER_NOTICE"),
    }
)


@st.composite
def envelopes(draw: st.DrawFn) -> dict[str, Any]:
    """A sample with some fields at their limits, dropped (...), or strange; the shape stays right."""
    stage = draw(st.sampled_from(STANDARD.stages))
    envelope = STANDARD.sample(stage.id, draw(st.integers(0, 3)))
    head, body = envelope["head"], envelope["body"]
    for field in draw(
        st.lists(st.sampled_from(stage.fields), min_size=1, max_size=6, unique_by=lambda f: f.name)
    ):
        value = draw(values(field.type, field.length))
        if value is ...:
            body["fields"].pop(field.name, None)
        else:
            body["fields"][field.name] = value
    if draw(st.booleans()):
        body["fields"][draw(st.sampled_from(["NO_SUCH_FIELD", stage.fields[0].name]))] = draw(JSON_VALUES)
    extras = st.dictionaries(st.sampled_from(["A", "b_c", "D1"]), JSON_VALUES, max_size=3)
    for name, value in (("ext", draw(extras)), ("files", draw(st.lists(FILE, max_size=3)))):
        body[name] = value
        if draw(st.booleans()):
            del body[name]
    if draw(st.booleans()):
        head |= {"to": "D01", "corrId": "c-1"}
    assert check_shape(envelope, signed=False) == []
    return envelope


@settings(
    max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)
@given(envelope=envelopes(), order=st.randoms(use_true_random=False))
def test_values_at_the_limits(trips: dict[str, Trip], envelope: dict[str, Any], order: Any) -> None:
    names = list(trips)
    order.shuffle(names)
    travels(trips, envelope, names)


@pytest.mark.parametrize("text", TEXTS)
def test_each_awkward_text(trips: dict[str, Trip], standard: Standard, text: str) -> None:
    envelope = standard.sample("eng-tender-notice", 1)
    names = [
        field.name for field in standard.stage("eng-tender-notice").fields if field.type in ("text", "string")
    ]
    envelope["body"]["fields"] |= dict.fromkeys(names, text)
    envelope["body"]["ext"] = {"X": text}
    travels(trips, envelope, list(trips))


OF_KIND = {"decimal": DECIMALS, "integer": INTEGERS, "date": DATES, "datetime": DATES}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind in OF_KIND for value in OF_KIND[kind]])
def test_each_awkward_number_and_date(
    trips: dict[str, Trip], standard: Standard, kind: str, value: Any
) -> None:
    for stage in standard.stages:
        names = [field.name for field in stage.fields if field.type == kind]
        envelope = standard.sample(stage.id, 1)
        envelope["body"]["fields"] |= dict.fromkeys(names, value)
        if len(names) >= 2:
            travels(trips, envelope, ["table-postgresql", "table-sqlite"])


@pytest.mark.parametrize("value", [None, "", ...])
def test_null_empty_and_absent_stay_apart(trips: dict[str, Trip], standard: Standard, value: Any) -> None:
    for stage in standard.stages:
        envelope = standard.sample(stage.id, 1)
        fields = envelope["body"]["fields"]
        envelope["body"]["fields"] = {} if value is ... else dict.fromkeys(fields, value)
        travels(trips, envelope, ["table-sqlite", "package", "json"])
    travels(trips, envelope, list(trips))


@pytest.mark.parametrize("char", ["\x01", "\x1f", "\ufffe", "\x7f", "\x85"])
def test_a_character_is_carried_or_refused_by_name(
    trips: dict[str, Trip], standard: Standard, char: str
) -> None:
    """XML has no U+0001: the binding says so, rather than dropping it."""
    envelope = standard.sample("eng-section", 1)
    envelope["body"]["fields"]["BID_SECTION_NAME"] = f"a{char}b"
    travels(trips, envelope, [name for name in trips if not name.startswith("soap")])
    raw = soap_encode(standard, envelope)
    if isinstance(raw, bytes):
        travels(trips, envelope, ["soap11", "soap12"])
    else:
        assert [finding.code for finding in raw] == ["binding.character"]
        assert raw[0].at == "/body/fields/BID_SECTION_NAME"
