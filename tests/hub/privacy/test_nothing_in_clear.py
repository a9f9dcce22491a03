"""No personal value of any stage stands in a head or in the index of a hub that has seen all 51 stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core_kit import STANDARD, Bench, Reader

from hub.index.schema import TABLES
from hub.journal.rebuild import differences, fresh_index, rebuild
from hub.journal.sqlite import FILE
from hub.standard.persons import persons
from tests.rows import each


async def populated(bench: Bench) -> tuple[Any, set[str]]:
    """A hub with a record of every stage, and every personal value that was in them."""
    hub = await bench.open("T01")
    values: set[str] = set()
    for stage in STANDARD.stages:
        record = bench.record(stage.id)
        answer = await hub.submit(bench.signed(record))
        assert answer.status == 202, (stage.id, answer)
        for person in persons(stage, record["body"]["fields"], "T01"):
            # A name without a code beside it may be a body's, which other records say openly.
            mine = (value for value in person.values if stage.field(value.name).policy.personal != "none")
            values |= {str(value.text) for value in mine if value.wide}
    return hub, values


async def test_heads_index_and_stored_bytes_hold_no_personal_value(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    hub, values = await populated(bench)
    assert len(values) > 30
    await hub.timers.seal()
    run = hub._parts.store.connection.execute
    heads = b"\n".join(bytes(row[0]) for row in run("SELECT head FROM entry"))
    kept = b"\n".join(bytes(row[0]) for row in run("SELECT raw FROM entry"))
    index = "\n".join(repr(row) for name in TABLES for row in run(f"SELECT * FROM {name}"))
    for value in values:
        assert value.encode() not in heads, value
        assert value.encode() not in kept, value
        assert value not in index, value
    store = hub._parts.store
    assert differences(store.connection, fresh_index(store.journal)) == []
    await hub.drain()


async def test_the_index_is_the_same_fold_without_any_key(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    hub, _ = await populated(bench)
    await hub.drain()
    (tmp_path / "vault" / "keys").unlink()
    assert rebuild(tmp_path / FILE) > 51


@each("stage", [one.id for one in STANDARD.stages])
def test_every_personal_field_belongs_to_a_person(stage: str) -> None:
    one = STANDARD.stage(stage)
    fields = STANDARD.sample(stage, 3)["body"]["fields"]
    found = {value.name for person in persons(one, fields, "T01") for value in person.values}
    wanted = {
        field.name for field in one.fields if field.policy.personal != "none" and fields.get(field.name)
    }
    assert wanted <= found
    assert all(
        value.text == fields[value.name] for person in persons(one, fields, "T01") for value in person.values
    )


async def test_a_refused_records_key_is_kept_closed_and_names_no_person(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    number = "62999919810204062X"
    record = bench.record("eng-project", key=f"K-{number}")
    del record["body"]["fields"]["PROJECT_NAME"]
    assert (await hub.submit(bench.signed(record))).status == 422
    mine = hub.examined(Reader("T01"))["records"]
    assert [row["key"] for row in mine] == ["K-629***********062X"]
    await hub.drain()
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert number.encode() not in everything
    assert b"K-629" not in everything
