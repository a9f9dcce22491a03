"""Every published head is stamped, no message waits for it, and a service that fails stops nothing."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from core_kit import NOW, Bench
from stamp_kit import Tsa, entries, stamped_hub, ticking

from certs.proof import read_kept
from certs.timestamp import verify_timestamp
from hub.errors import SettingsError
from hub.evidence.heads import make_key
from hub.evidence.sealer import BLOCK
from hub.index.port import StampRow
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteJournal
from hub.message import canonical
from hub.settings import Settings, load

HERE = Path(__file__).parent


async def _pulse(hub) -> None:
    await hub.timers.pulse()
    await hub.timers.stamp()


def _state(hub) -> str:
    return hub.status()["stamps"]["state"]


async def test_one_stamp_covers_all_heads_before_it(tmp_path):
    tsa = Tsa(lambda: NOW)
    bench, hub = await stamped_hub(tmp_path, tsa)
    await bench.send(hub, "eng-project")
    await hub.timers.seal()
    await hub.timers.stamp()
    assert tsa.asked == [], "what traffic made is not what the service is asked about"
    for _ in range(3):
        await hub.timers.pulse()
    await hub.timers.stamp()
    await hub.timers.stamp()
    assert len(tsa.asked) == 1 and len(entries(hub, "stamp")) == 1
    rows = hub._parts.index.evidence
    stamp, pulse = rows.stamp(), rows.pulse()
    assert stamp == StampRow(pulse.size, stamp.seq, int(NOW.timestamp() * 1e6))
    assert rows.stamp(covering=1) == stamp and rows.stamp(covering=pulse.size + 1) is None
    assert rows.unstamped() is None and _state(hub) == "current"
    entry = hub._parts.reading.journal.entry(stamp.seq)
    assert entry.facts["root"] == pulse.facts["head"]["root"] and entry.facts["size"] == pulse.size
    kept = read_kept(entry.raw)
    assert kept.content == canonical(pulse.facts["head"])
    trust = hub._parts.notary.stamper.authority.trust(NOW)
    assert verify_timestamp(kept.thing, kept.content, trust=trust, at=NOW).ok
    connection = hub._parts.store.connection
    assert differences(connection, fresh_index(SqliteJournal(connection))) == []
    await hub.drain()
    await tsa.down()


async def test_a_pulse_comes_whether_there_is_news_or_not_and_asks_for_no_other_head(tmp_path):
    bench = Bench(tmp_path, tsa_url="off")
    hub = await bench.open("T01", by_hand=True)
    await hub.timers.seal()
    sizes = []
    for _ in range(4):
        sizes.append(await hub._parts.notary.seal(pulse=True))
        assert await hub._parts.notary.seal() == 0, "a pulse is no news"
    assert sizes == sorted(set(sizes)) and len(entries(hub, "head")) == 5
    assert _state(hub) == "off" and hub.metrics()["evidence_stamp_overdue"] == 0
    await asyncio.gather(*(hub._parts.notary.seal(pulse=True) for _ in range(3)))
    assert len(entries(hub, "head")) == 8, "one at a time, however they are asked for"
    await hub.drain()


async def test_the_first_head_of_an_empty_log_is_over_something(tmp_path):
    """Nothing is inherited in production: without padding the first pulse would be over no entry at all."""
    make_key(tmp_path / "evidence.key")
    bench = Bench(tmp_path, realm="production")
    hub = await bench.open(by_hand=True)
    notary = hub._parts.notary
    notary.sealer = replace(notary.sealer, padding=lambda below: 0)
    assert await notary.seal(pulse=True) == BLOCK
    assert await notary.seal(pulse=True) == 2 * BLOCK and _state(hub) == "off"
    await hub.drain()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("http", "tsa.http"),
        ("html", "tsa.media"),
        ("large", "tsa.large"),
        ("redirect", "tsa.http"),
        ("slow", "tsa.timeout"),
        ("garbage", "tsa.invalid"),
        ("other", "tsa.invalid"),
        ("no-nonce", "tsa.invalid"),
        ("stranger", "tsa.invalid"),
        ("future", "tsa.invalid"),
        ("refused", "tsa.refused"),
        ("down", "tsa.unreachable"),
    ],
)
async def test_nothing_a_faulty_service_says_is_kept(tmp_path, fault, code):
    tsa = Tsa(lambda: NOW)
    bench, hub = await stamped_hub(tmp_path, tsa, tsa_timeout=0.2 if fault == "slow" else 60.0)
    tick = ticking(hub)
    tsa.fault = fault
    if fault == "down":
        await tsa.down()
    await _pulse(hub)
    assert hub._parts.notary.stamper.failure == code
    assert entries(hub, "stamp") == [] and b"elsewhere" not in tsa.asked
    assert (await bench.send(hub, "eng-project")).status == 202, "messages go on"
    asked = len(tsa.asked)
    await hub.timers.stamp()
    assert len(tsa.asked) == asked, "not asked again at once"
    tsa.fault = ""
    tsa.slow.set()
    if fault == "down":
        await tsa.up()
    if fault == "slow":  # what comes now may take as long as this machine needs
        authority = hub._parts.notary.stamper.authority
        await authority.close()
        authority._timeout = aiohttp.ClientTimeout(total=60)
    tick(61)
    await hub.timers.stamp()
    assert len(entries(hub, "stamp")) == 1 and hub._parts.notary.stamper.failure == ""
    await hub.drain()
    await tsa.down()


async def test_an_old_stamp_again_is_not_a_new_one(tmp_path):
    tsa = Tsa(lambda: NOW)
    _, hub = await stamped_hub(tmp_path, tsa)
    tick = ticking(hub)
    await _pulse(hub)
    tsa.fault = "replay"
    await _pulse(hub)
    assert len(entries(hub, "stamp")) == 1 and hub._parts.notary.stamper.failure == "tsa.invalid"
    tsa.fault = ""
    tick(61)
    await hub.timers.stamp()
    assert len(entries(hub, "stamp")) == 2
    assert len({one[-12:] for one in tsa.asked}) == 3, "a nonce of its own each time"
    await hub.drain()
    await tsa.down()


async def test_a_long_outage_is_told_once_and_made_up_for_with_one_stamp(tmp_path, caplog):
    tsa = Tsa(lambda: NOW)
    bench, hub = await stamped_hub(tmp_path, tsa, tsa_grace=600.0)
    tick = ticking(hub)
    await _pulse(hub)
    await tsa.down()
    with caplog.at_level(logging.WARNING, logger="hub.evidence.stamper"):
        for minute in range(15):
            bench.clock.on(60)
            tick(61)
            await _pulse(hub)
            assert (await bench.send(hub, "eng-project", seed=minute)).status == 202
            await hub.timers.seal()
            late = hub.metrics()["evidence_stamp_late_seconds"]
            assert late == minute * 60 and (_state(hub) == "overdue") == (late > 600)
        assert hub.metrics()["evidence_stamp_overdue"] == 1
        assert hub.metrics()["evidence_stamp_age_seconds"] == 900
        told = [one for one in caplog.records if one.name.startswith("hub.evidence") and one.levelno > 30]
        assert len(told) == 1 and "overdue" in told[0].getMessage(), "once, not every minute"
        unreachable = [one for one in caplog.records if "no time stamp" in one.getMessage()]
        assert len(unreachable) == 1
        asked = len(tsa.asked)
        await tsa.up()
        tick(61)
        await hub.timers.stamp()
    assert len(tsa.asked) == asked + 1 and _state(hub) == "current"
    assert hub._parts.index.evidence.unstamped() is None, "one stamp covers all that was missed"
    assert "again" in caplog.records[-1].getMessage()
    await hub.drain()
    await tsa.down()


async def test_a_fresh_list_counts_without_a_restart(tmp_path):
    """The authority is revoked: its next stamp is not kept. Files that cannot be read are no belief."""
    tsa = Tsa(lambda: NOW)
    _, hub = await stamped_hub(tmp_path, tsa)
    tick = ticking(hub)
    await _pulse(hub)
    place = tmp_path / "trust" / "tsa.crl"
    before = place.read_bytes()
    place.write_bytes(tsa.root.crl([(_serial(tsa), NOW, 1)], this_update=NOW, number=2))
    tick(61)
    await _pulse(hub)
    assert hub._parts.notary.stamper.failure == "tsa.invalid"
    place.write_bytes(b"not a list")
    (tmp_path / "trust" / "tsa.pem").rename(tmp_path / "trust" / "away.pem")
    tick(61)
    await _pulse(hub)
    assert hub._parts.notary.stamper.failure == "tsa.trust"
    (tmp_path / "trust" / "away.pem").rename(tmp_path / "trust" / "tsa.pem")
    place.write_bytes(before)
    tick(61)
    await _pulse(hub)
    assert len(entries(hub, "stamp")) == 2
    await hub.drain()
    await tsa.down()


def _serial(tsa) -> int:
    from certs.model.certificate import read_certificate

    return read_certificate(tsa.key.certificate).serial


async def test_the_sandbox_stamps_by_itself_and_says_that_it_is_one(tmp_path):
    bench = Bench(tmp_path, head_pulse=3600.0)
    hub = await bench.open("T01", by_hand=True)
    assert not (tmp_path / "sandbox-tsa").exists(), "made when first asked"
    await _pulse(hub)
    assert _state(hub) == "current" and hub.status()["stamps"]["service"] == "sandbox"
    assert (tmp_path / "sandbox-tsa" / "keys.json").stat().st_mode & 0o077 == 0
    anchor = (tmp_path / "sandbox-tsa" / "anchor.pem").read_bytes()
    await hub.drain()
    again = await bench.open(by_hand=True)
    await _pulse(again)
    assert len(entries(again, "stamp")) == 2
    assert (tmp_path / "sandbox-tsa" / "anchor.pem").read_bytes() == anchor
    await again.drain()


def test_killed_between_the_stamp_and_the_journal(tmp_path):
    """The answer is lost, the head is stamped after the restart, once."""

    def run(point: str):
        return subprocess.run(
            [sys.executable, str(HERE / "stamped_hub.py"), str(tmp_path), point],
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    died = run("after-stamp:2")
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert died.stdout.split() == ["1"]
    lived = run("")
    assert lived.returncode == 0, lived.stderr
    import sqlite3

    live = sqlite3.connect(tmp_path / FILE)
    sizes = [row[0] for row in live.execute("SELECT size FROM stamp ORDER BY size")]
    assert len(sizes) == len(set(sizes)) == 3, "one before the kill, two after"
    assert differences(live, fresh_index(SqliteJournal(live))) == []
    live.close()


@pytest.mark.parametrize(
    ("realm", "more", "word"),
    [
        ("production", {"tsa_url": "sandbox"}, "sandbox only"),
        ("production", {"tsa_policy": "required-within-grace"}, "needs an address"),
        ("production", {"tsa_url": "http://127.0.0.1:1/tsa"}, "tsa_certificates"),
        ("sandbox", {"tsa_url": "ftp://127.0.0.1/tsa", "tsa_certificates": "x"}, "http(s)"),
        ("sandbox", {"tsa_url": "http://user:pass@127.0.0.1/", "tsa_certificates": "x"}, "http(s)"),
        ("sandbox", {"tsa_policy": "always"}, "required-within-grace"),
        ("sandbox", {"tsa_digest": "md5"}, "sha256"),
        ("sandbox", {"head_pulse": 0}, "positive"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path, realm, more, word):
    with pytest.raises(SettingsError, match=r".*") as told:
        load(None, env={}, flags={"data": tmp_path, "realm": realm, **more})
    assert word in told.value.detail


async def test_a_sandbox_anchor_is_refused_in_production(tmp_path):
    from hub.evidence.belief import read_trust

    files = Tsa(lambda: NOW).files(tmp_path)
    assert read_trust(files["tsa_certificates"], None, realm="sandbox").anchors
    with pytest.raises(SettingsError, match="production"):
        read_trust(files["tsa_certificates"], None, realm="production")
    (tmp_path / "empty.pem").write_text("x")
    with pytest.raises(SettingsError):
        read_trust(tmp_path / "empty.pem", None, realm="sandbox")
    with pytest.raises(SettingsError):
        read_trust(tmp_path / "none.pem", None, realm="sandbox")


def test_where_stamps_come_from():
    assert Settings().stamps_from == "sandbox"
    assert Settings(tsa_url="off").stamps_from == ""
    assert Settings(realm="production").stamps_from == ""
