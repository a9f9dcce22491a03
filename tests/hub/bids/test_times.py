"""Not before the deadline and not after it, whatever the machine's clock says."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from bids_kit import DEADLINE, SECTION, Tender, bidder, results
from core_kit import NOW, Clock
from stamping_kit import Service

from hub.bids.verify import verify
from hub.cli.main import main
from hub.clock import Clock as HubClock
from hub.errors import HubError
from hub.message import wall


async def _refused(hub, code, who="T01", **more):
    with pytest.raises(HubError) as refused:
        await hub.bids.open(who, {"section": SECTION, **more})
    assert refused.value.code == code, refused.value.detail
    with pytest.raises(HubError) as nothing:
        await hub.bids.progress(who, SECTION)
    assert nothing.value.status == 404


def _at_the_command_line(folder, capsys, proof, pem, anchor):
    """Whoever holds the proof checks it alone, in either language; whatever was changed in it shows."""
    file, key = folder / "proof.json", folder / "log.pem"
    key.write_text(pem)
    file.write_text(json.dumps(proof))
    words = ["evidence", "verify", str(file), "--log-key", str(key), "--tsa-anchor", str(anchor)]
    assert main([*words, "--require-stamp"]) == 0
    chinese = capsys.readouterr().out
    assert "✓ 开标声明的时间戳成立" in chinese and "核验通过" in chinese.splitlines()[-1]
    assert main([*words, "--lang", "en"]) == 0
    english = capsys.readouterr().out
    assert "✓ opening: the time stamp holds" in english and "Holds." in english.splitlines()[-1]
    assert main([*words[:-2], "--require-stamp"]) == 1 and "stamp.open" in capsys.readouterr().out
    file.write_text(json.dumps({**proof, "outcome": {**proof["outcome"], "result": "bidder-fault"}}))
    assert main(words) == 1 and "outcome.signature" in capsys.readouterr().out


async def test_a_clock_set_ahead_opens_nothing_and_one_set_back_takes_nothing(tmp_path, capsys):
    real = Clock()
    async with Service(tmp_path / "tsa", real) as service:
        (tmp_path / "tsa").mkdir(exist_ok=True)
        tender = Tender(tmp_path, tsa_url=service.url, tsa_certificates=service.anchor, bids_least=1)
        hub = await tender.start()
        answer = await tender.deliver(hub, bidder(0))
        assert answer.status == 200, answer
        tender.to(DEADLINE, 60)  # ahead, by hand or by a bad battery; it is still 09:00 outside
        await _refused(hub, "bid.clock")
        await hub.drain()
        hub = await tender.open()  # a restart takes the machine's clock as it is
        await _refused(hub, "bid.clock")
        late = await tender.deliver(hub, bidder(1))
        assert (late.status, late.code) == (422, "bid.after-deadline")
        service.away = True  # and nobody opens by taking the witness away
        await _refused(hub, "bid.time-unproved")
        service.away = False
        real.now = DEADLINE + timedelta(seconds=60)
        tender.to(DEADLINE, -120)  # now set back: late bids would come in
        again = await tender.deliver(hub, bidder(1))
        assert (again.status, again.code) == (503, "bid.clock")
        await _refused(hub, "bid.before-deadline")
        service.away = True
        behind = await tender.deliver(hub, bidder(2))
        assert (behind.status, behind.code) == (503, "bid.clock"), "the log itself is further"
        service.away = False
        tender.to(DEADLINE, 60)
        told = await tender.open_bids(hub)
        assert list(results(told).values()) == ["opened"]
        proof = hub.bids.bid("T01", answer.data["receiptNo"])
        verdict = verify(proof, public_pem=told["publicKey"], stamps=service.authority.trust(real()))
        assert verdict.ok and sum("时间戳成立" in one for one in verdict.claims) == 2, verdict
        _at_the_command_line(tmp_path, capsys, proof, told["publicKey"], service.anchor)
        other = verify(
            {**proof, "openingStamp": proof["receiptStamp"]}, stamps=service.authority.trust(real())
        )
        assert [code for code, _ in other.faults] == ["opening.stamp"]
        await hub.drain()


async def test_a_running_hub_does_not_follow_a_jump(tmp_path):
    """The hub's own clock over a machine clock that jumps: nothing becomes due, nothing late comes in."""
    machine, passed = Clock(), [0.0]
    tender = Tender(tmp_path, bids_least=1)
    tender.clock = HubClock(machine, lambda: passed[0])
    hub = await tender.start()
    assert (await tender.deliver(hub, bidder(0))).status == 200
    machine.now = DEADLINE + timedelta(hours=5)
    await _refused(hub, "bid.before-deadline")
    passed[0] = 3601.0
    machine.now = NOW - timedelta(days=1)
    late = await tender.deliver(hub, bidder(1))
    assert (late.status, late.code) == (422, "bid.after-deadline")
    assert list(results(await tender.open_bids(hub)).values()) == ["opened"]
    await hub.drain()


async def test_postponement_moves_it_and_bringing_it_forward_breaks_no_promise(tmp_path):
    tender = Tender(tmp_path, bids_least=1)
    hub = await tender.start()
    first = (await tender.deliver(hub, bidder(0))).data
    later = DEADLINE + timedelta(days=2)
    stolen = await tender.send(
        hub, "eng-prequal-document", sender="T03", fields={"POST_OPEN_TIME": wall(NOW)}
    )
    assert stolen.data["receiptState"] == "accepted", stolen
    second = (await tender.deliver(hub, bidder(1))).data
    assert first["deadline"] == second["deadline"], "a deadline is set by who runs the tender, or by nobody"
    await tender.announce(hub, "eng-tender-document", later, seed=1)
    tender.to(DEADLINE, 5)
    await _refused(hub, "bid.before-deadline")
    third = (await tender.deliver(hub, bidder(2))).data
    assert third["deadline"] > first["deadline"]
    sooner = NOW + timedelta(hours=2)
    await tender.announce(hub, "eng-tender-document", sooner, op="update", version=2, seed=1, msgId="v2")
    tender.to(sooner, 1)
    told = await tender.open_bids(hub)
    numbers = [first["receiptNo"], second["receiptNo"], third["receiptNo"]]
    assert results(told) == dict.fromkeys(numbers[:2], "opened")
    assert (told["state"], told["total"]) == ("done", 2), "whose own deadline is to come does not show"
    assert (await tender.deliver(hub, bidder(3))).code == "bid.after-deadline", "the list is closed"
    await tender.announce(hub, "eng-tender-document", later, op="update", version=3, seed=1, msgId="v3")
    assert (await tender.deliver(hub, bidder(3))).code == "bid.after-deadline", "and stays closed"
    tender.to(later, 1)
    await hub.bids.tend()
    assert results(await tender.opened(hub)) == dict.fromkeys(numbers, "opened")
    await hub.drain()


async def test_what_happens_while_the_witness_is_asked(tmp_path):
    """Its word counts to the second; neither a postponement is missed, nor a bid that came in time."""
    real = Clock()
    async with Service(tmp_path / "tsa", real) as service:
        tender = Tender(tmp_path, tsa_url=service.url, tsa_certificates=service.anchor, bids_least=1)
        hub = await tender.start()
        real.now = DEADLINE - timedelta(seconds=2)
        tender.to(DEADLINE)  # within what clocks may differ, and yet not the deadline
        await _refused(hub, "bid.before-deadline")
        real.now, later = DEADLINE, DEADLINE + timedelta(hours=1)

        async def postponed():
            await tender.announce(hub, "eng-tender-document", later)

        service.meanwhile = postponed
        await _refused(hub, "bid.before-deadline")

        real.now = later - timedelta(seconds=1)
        tender.to(real.now)
        judged, opened = asyncio.Event(), asyncio.Event()

        async def while_it_is_taken():
            judged.set()
            await opened.wait()

        service.meanwhile = while_it_is_taken
        under_way = asyncio.create_task(tender.deliver(hub, bidder(0)))
        await judged.wait()
        real.now = later
        tender.to(later)

        async def once_it_is_asked():
            opened.set()

        service.meanwhile = once_it_is_asked
        told = await tender.open_bids(hub)
        assert results(told) == {(await under_way).data["receiptNo"]: "opened"}
        await hub.drain()
