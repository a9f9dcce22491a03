"""A person's values can be destroyed for good; what must be kept is kept, and what is proved stays proved."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from core_kit import CENTRE, NOW, Bench, Reader, until

from hub.errors import SenderError, SettingsError
from hub.evidence.verify import verify
from hub.journal.claims import own
from hub.journal.rebuild import differences, fresh_index
from hub.privacy.subjects import Asked

PHONE = "10078290970"
ID = "62999919810204062X"
ORDERED = "consent-withdrawn"


async def expert(bench: Bench, hub: Any, **more: Any) -> str:
    answer = await bench.send(hub, "expert-info", **more)
    assert answer.data["receiptState"] == "accepted", answer
    return str(answer.data["hubId"])


def raw_of(hub: Any, hub_id: str) -> dict[str, Any]:
    row = hub._parts.index.by_hub_id(hub_id)
    entry = hub._parts.reading.journal.entry(row.seq, own(row.sender))
    return dict(json.loads(entry.raw))


async def test_what_is_erased_is_gone_from_everything_and_the_rest_stays_readable_and_proved(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    hub_id = await expert(bench, hub)
    fields = raw_of(hub, hub_id)["body"]["fields"]
    assert (fields["ID_CARD"], fields["PHONE_NUMBER"]) == (ID, PHONE)
    held = hub.held_of(Reader("T01"), Asked(subject=ID))
    assert [row["hubId"] for row in held["persons"][0]["records"]] == [hub_id]
    assert held["persons"][0]["records"][0]["state"] == "held"
    assert ID not in json.dumps(held)
    assert fields["EXPERT_NAME"] not in json.dumps(held, ensure_ascii=False)

    done = await hub.erase(Reader("T01"), Asked(subject=ID), ORDERED)
    assert (done["erased"], done["held"]) == (1, [])
    left = raw_of(hub, hub_id)["body"]["fields"]
    personal = {"ID_CARD", "EXPERT_NAME", "SEX", "BIRTHDAY", "PHONE_NUMBER"}
    assert {name for name in left if left[name] == "***"} == personal & fields.keys()
    assert {name: left[name] for name in left.keys() - personal} == {
        name: fields[name] for name in fields.keys() - personal
    }
    await hub.timers.seal()
    proof = hub.proof(Reader("T01"), hub_id)
    assert "raw" not in proof["entries"][0]
    assert proof["entries"][0]["erased"]["event"] == done["event"]
    verdict = verify(proof)
    assert verdict.ok, verdict.faults
    assert any("已应请求删除" in claim and done["event"] in claim for claim in verdict.claims)
    event = hub.proof(CENTRE, done["event"])
    said = base64.b64decode(event["entries"][0]["entry"]).decode()
    assert ID not in said
    assert json.loads(said)["payload"]["ground"] == ORDERED
    assert hub.held_of(Reader("T01"), Asked(subject=PHONE))["persons"][0]["records"][0]["state"] == "erased"
    assert (await hub.erase(Reader("T01"), Asked(subject=ID), ORDERED))["erased"] == 0, "once is for good"
    await hub.drain()
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert ID.encode() not in everything
    assert fields["EXPERT_NAME"].encode() not in everything


async def test_who_comes_again_gets_a_new_key(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    first = await expert(bench, hub)
    await hub.erase(Reader("T01"), Asked(subject=ID), ORDERED)
    again = await expert(bench, hub, key="again", msgId="again", fields={"MAJOR_CODE": "A01"})
    assert raw_of(hub, first)["body"]["fields"]["ID_CARD"] == "***"
    assert raw_of(hub, again)["body"]["fields"]["ID_CARD"] == ID
    store = hub._parts.store
    assert differences(store.connection, fresh_index(store.journal)) == []
    await hub.drain()


async def test_a_keystore_brought_back_from_a_copy_brings_nobody_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    hub_id = await expert(bench, hub)
    keys = tmp_path / "vault" / "keys"
    copy = keys.read_bytes()
    await hub.erase(Reader("T01"), Asked(subject=ID), ORDERED)
    await hub.drain()
    keys.write_bytes(copy)
    hub = await bench.open()
    assert raw_of(hub, hub_id)["body"]["fields"]["ID_CARD"] == "***"
    await hub.drain()
    for lost in (lambda: keys.write_bytes(copy[:32]), keys.unlink):
        lost()
        with pytest.raises(SettingsError, match="older"):
            await bench.open()


async def test_what_evidence_rules_keep_is_kept_and_says_until_when(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    for stage in ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice"):
        assert (await bench.send(hub, stage)).data["receiptState"] == "accepted"
    phone = bench.record("eng-tender-notice")["body"]["fields"]["TENDERER_PHONE_NUMBER"]
    with pytest.raises(SenderError, match=r"S12 至 2036-11-2") as told:
        await hub.erase(CENTRE, Asked(subject=phone), ORDERED)
    assert (told.value.code, told.value.status) == ("privacy.held", 409)
    bench.clock.now = NOW + timedelta(days=366 * 10)
    assert (await hub.erase(CENTRE, Asked(subject=phone), ORDERED))["erased"] == 1
    await hub.drain()


async def test_two_who_share_a_telephone_stay_two(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    ids = []
    for number, name in enumerate(("王一一", "李二二")):
        more = {
            "CONTACTOR": name,
            "CONTACT_INFORMATION": "0931-5550101",
            "PROJECT_CODE": f"E62010000000000{number}",
        }
        record = bench.record("eng-project", key=str(number), msgId=str(number))
        record["body"]["fields"] |= {name: more[name] for name in ("CONTACTOR", "CONTACT_INFORMATION")}
        answer = await hub.submit(bench.signed(record))
        ids.append(answer.data["hubId"])
    with pytest.raises(SenderError) as told:
        await hub.erase(CENTRE, Asked(subject="0931 5550101"), ORDERED)
    assert told.value.code == "privacy.several"
    assert (await hub.erase(CENTRE, Asked(subject="09315550101", name="王一一"), ORDERED))["erased"] == 1
    assert [raw_of(hub, one)["body"]["fields"]["CONTACTOR"] for one in ids] == ["***", "李二二"]
    await hub.drain()


async def test_an_undelivered_record_is_held_and_not_sent_with_masks(tmp_path: Path) -> None:
    bench = Bench(tmp_path, retry_schedule=(0.05,) * 200)
    for system in ("E01", "D09", "P01", "D01"):
        bench.transport.behave[system] = lambda said: {"kind": "retry", "code": "busy"}
    hub = await bench.open("T01")
    answer = await bench.send(hub, "eng-project")
    hub_id = answer.data["hubId"]
    assert await until(lambda: hub.outbox(CENTRE, "waiting"))
    phone = bench.record("eng-project")["body"]["fields"]["CONTACT_INFORMATION"]
    assert (await hub.erase(CENTRE, Asked(subject=phone), ORDERED))["erased"] == 1
    rows = await until(
        lambda: bench.clock.on(1) or [row for row in hub.outbox(CENTRE, "dead") if row["hubId"] == hub_id]
    )
    assert {row["reason"] for row in rows} == {"privacy.erased"}
    assert "***" not in json.dumps(bench.transport.got)
    await hub.drain()


async def test_what_is_sealed_is_found_by_its_sender_alone_and_only_on_a_ground_of_the_law(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    hub = await bench.open("T01", "T03")
    hub_id = await expert(bench, hub)
    for who in (CENTRE, Reader("T03"), Reader("public")):
        assert hub.held_of(who, Asked(subject=ID)) == {"persons": []}
        done = await hub.erase(who, Asked(subject=ID), ORDERED)
        assert done == {"event": None, "erased": 0, "held": []}, "as if there were nobody"
    assert raw_of(hub, hub_id)["body"]["fields"]["ID_CARD"] == ID
    with pytest.raises(SenderError) as told:
        await hub.erase(Reader("T01"), Asked(subject=ID), "")
    assert told.value.code == "privacy.ground"
    with pytest.raises(SenderError):
        Asked.of({"name": "张三"})
    assert hub.held_of(Reader("T01"), Asked(subject=ID))["persons"]
    await hub.drain()
