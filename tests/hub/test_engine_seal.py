"""Before bids are opened nobody but the sender can tell that anybody signed up; then all goes its way."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

from core_kit import CENTRE, NOW, Bench, until

from hub.engine import Reader

OUTSIDE = (CENTRE, Reader("T03"), Reader("D09"), Reader("public"))


async def _tender(bench, hub, seed=1, sender="T01"):
    for stage in ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice"):
        answer = await bench.send(hub, stage, seed=seed, sender=sender)
        assert answer.data.get("receiptState") == "accepted", (stage, answer)


def _seen(bench, hub, ids):
    """Everything anybody else can see, as one comparable value."""
    return {
        "status": hub.status(),
        "metrics": hub.metrics(),
        "outbox": [
            hub.outbox(who, state) for who in OUTSIDE for state in (None, "sealed", "waiting", "delivered")
        ],
        "traces": [hub.trace(who, one) for who in OUTSIDE for one in ids],
        "proofs": [hub.proof(who, one) for who in OUTSIDE for one in ids],
        "sent": {name: len(said) for name, said in bench.transport.got.items() if name != "B01"},
    }


async def test_who_signed_up_is_seen_by_nobody_before_the_opening(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    bench = Bench(tmp_path)
    hub = await bench.open("T01", "T03")
    await _tender(bench, hub)
    await until(lambda: hub.status()["deliveries"]["delivered"] >= 8 and not hub.outbox(CENTRE, "waiting"))
    before = _seen(bench, hub, [])
    ids, names = [], []
    for stage in ("eng-bidder-list", "eng-bid-margin", "eng-bid-fingerprint"):
        for bidder in (0, 1):
            record = bench.record(stage, bidder=bidder, key=f"{stage}-{bidder}", msgId=f"{stage}-{bidder}")
            answer = await hub.submit(bench.signed(record))
            assert answer.data["receiptState"] == "accepted", answer
            ids.append(answer.data["hubId"])
            names.append(record["body"]["fields"].get("BIDDER_ORG_CODE", "-"))
    await hub.timers.seal()
    after = _seen(bench, hub, ids)
    assert set(map(str, after.pop("traces"))) == set(map(str, after.pop("proofs"))) == {"None"}
    before.pop("traces"), before.pop("proofs")
    assert after == before
    chain = json.dumps(bench.transport.got.get("B01", []))
    assert not any(one in caplog.text or one in chain for one in [*ids, *names, "E62"])
    mine = hub.trace(Reader("T01"), ids[0])
    planned = {row["receiver"]: row["state"] for row in mine["deliveries"]}
    assert "D09" in planned and set(planned.values()) == {"sealed"}
    assert hub.proof(Reader("T01"), ids[0]) is not None

    opened = await bench.send(hub, "eng-bid-opening")
    assert opened.data["receiptState"] == "accepted", opened
    await until(lambda: bench.transport.stages("D09").count("eng-bidder-list") == 2)
    await until(lambda: hub.trace(CENTRE, ids[-1])["state"] == "delivered")
    assert "P02" not in {row["receiver"] for one in ids for row in hub.trace(CENTRE, one)["deliveries"]}
    assert hub.status()["messages"]["accepted"] == before["status"]["messages"]["accepted"] + len(ids) + 1
    await hub.drain()


async def test_an_opening_before_the_deadline_opens_nothing(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    for stage in ("eng-project", "eng-tender-project", "eng-section"):
        await bench.send(hub, stage)
    later = {
        "BID_OPEN_TIME": "2026-12-20T09:30:00+08:00",
        "BID_DOC_REFER_END_TIME": "2026-12-20T09:30:00+08:00",
    }
    assert (await bench.send(hub, "eng-tender-notice", fields=later)).data["receiptState"] == "accepted"
    bid = await bench.send(hub, "eng-bidder-list")
    answer = await bench.send(hub, "eng-bid-opening")
    assert (answer.data["receiptState"], answer.data["reason"]) == ("refused", "opening.before-deadline")
    assert hub.trace(CENTRE, bid.data["hubId"]) is None
    bench.clock.now = NOW + timedelta(days=40)
    answer = await bench.send(
        hub, "eng-bid-opening", msgId="later", key="later", fields={"URL": "https://x.example/2"}
    )
    assert answer.data["receiptState"] == "accepted", answer
    assert hub.trace(CENTRE, bid.data["hubId"]) is not None
    await hub.drain()


async def test_only_the_system_that_runs_the_deal_can_open_it(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01", "T03")
    await _tender(bench, hub)
    bid = await bench.send(hub, "eng-bidder-list")
    stranger = await bench.send(hub, "eng-bid-opening", sender="T03")
    assert (stranger.data["receiptState"], stranger.data["reason"]) == ("refused", "R07")
    assert hub.trace(CENTRE, bid.data["hubId"]) is None
    await hub.drain()


async def test_a_strangers_twin_of_a_sealed_record_is_answered_like_any_other(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01", "T03")
    await _tender(bench, hub)
    await bench.send(hub, "eng-bidder-list", bidder=0)
    there = await bench.send(hub, "eng-bidder-list", sender="T03", bidder=0, key="a", msgId="a")
    absent = await bench.send(hub, "eng-bidder-list", sender="T03", bidder=1, key="b", msgId="b")
    assert there.data["receiptState"] == absent.data["receiptState"]
    assert there.data["reason"] == absent.data["reason"]
    await hub.drain()


async def test_results_wait_for_the_publicity_and_letters_for_the_result(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    await _tender(bench, hub)
    await bench.send(hub, "eng-bid-opening")
    report = await bench.send(hub, "eng-evaluation-report")
    letter = await bench.send(hub, "eng-award-letter")
    assert hub.trace(CENTRE, report.data["hubId"]) is None
    assert (await bench.send(hub, "eng-candidate-publicity")).data["receiptState"] == "accepted"
    assert hub.trace(CENTRE, report.data["hubId"]) is not None
    assert hub.trace(CENTRE, letter.data["hubId"]) is None
    assert (await bench.send(hub, "eng-result-notice")).data["receiptState"] == "accepted"
    await until(lambda: "eng-award-letter" in bench.transport.stages("D09"))
    await hub.drain()


async def test_a_notice_for_tomorrow_goes_tomorrow(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01", by_hand=True)
    await bench.send(hub, "eng-project")
    await bench.send(hub, "eng-tender-project")
    tomorrow = {"NOTICE_SEND_TIME": "2026-11-23T09:00:00+08:00"}
    answer = await bench.send(hub, "eng-tender-notice", fields=tomorrow)
    states = {
        row["receiver"]: row["state"] for row in hub.trace(Reader("T01"), answer.data["hubId"])["deliveries"]
    }
    assert states["M01"] == "sealed"
    assert states["P02"] != "sealed", "the medium may prepare"
    assert not any(row["stage"] == "eng-tender-notice" for row in hub.status()["last"])
    bench.clock.on(86_400)
    await hub.timers.tick()
    await until(lambda: "eng-tender-notice" in bench.transport.stages("M01"))
    await hub.drain()


async def test_opening_one_section_opens_no_other(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    await _tender(bench, hub)
    first = bench.record("eng-section")["body"]["fields"]["BID_SECTION_CODE"]
    other = first[:-1] + str((int(first[-1]) + 1) % 10)
    mine = await bench.send(hub, "eng-bidder-list")
    theirs = await bench.send(hub, "eng-bidder-list", key="b", msgId="b", fields={"BID_SECTION_CODE": other})
    assert theirs.data["receiptState"] == "accepted", theirs
    await bench.send(hub, "eng-bid-opening")
    assert hub.trace(CENTRE, mine.data["hubId"]) is not None
    assert hub.trace(CENTRE, theirs.data["hubId"]) is None
    await hub.drain()
    hub = await bench.open()
    assert hub.trace(CENTRE, mine.data["hubId"]) is not None, "what is open stays open over a restart"
    assert hub.trace(CENTRE, theirs.data["hubId"]) is None, "and what is sealed sealed"
    late = await bench.send(hub, "eng-bid-fingerprint")
    assert hub.trace(CENTRE, late.data["hubId"]) is not None, "a record after its gate goes at once"
    both = await bench.send(
        hub,
        "eng-bid-opening",
        key="c",
        msgId="c",
        fields={"BID_SECTION_CODES": f"{first};{other}", "URL": "https://x.example/c"},
    )
    assert both.data["receiptState"] == "accepted", both
    assert hub.trace(CENTRE, theirs.data["hubId"]) is not None
    await hub.drain()


async def test_a_postponement_moves_the_deadline(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    await _tender(bench, hub)
    late = "2026-12-24T09:30:00+08:00"
    postponed = {"IS_POSTPONE": "1", "POST_OPEN_TIME": late, "BID_OPEN_TIME": late}
    answer = await bench.send(hub, "eng-tender-document", fields=postponed)
    assert answer.data["receiptState"] == "accepted", answer
    assert (await bench.send(hub, "eng-bid-opening")).data["reason"] == "opening.before-deadline"
    await hub.drain()


async def test_a_message_held_inside_a_seal_is_as_silent(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    before = (hub.status(), hub.metrics())
    held = await bench.send(hub, "eng-bidder-list")
    assert (held.data["receiptState"], held.data["reason"]) == ("held", "R05")
    assert hub.trace(CENTRE, held.data["hubId"]) is None and (hub.status(), hub.metrics()) == before
    await _tender(bench, hub)
    assert hub.trace(Reader("T01"), held.data["hubId"])["state"] == "accepted"
    assert hub.trace(CENTRE, held.data["hubId"]) is None
    await hub.drain()
