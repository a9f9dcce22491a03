"""Before the opening nobody learns who or how many: with twenty bids and with none a hub answers alike."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import re
import secrets
from contextlib import asynccontextmanager

import aiohttp
from bids_kit import SECTION, Tender, b64, bidder

from hub.dialects import Found
from hub.keyring import make_demo_keys, read_keys
from hub.message import sign, sign_request
from hub.server.callers import body_digest
from hub.server.run import start
from hub.settings import Settings

MANY = 20
OWNERS = ("T01", "T03", "D01", "P01", "centre")
PAGES = (
    "/",
    "/v1/status",
    "/metrics",
    "/v1/systems",
    "/readyz",
    "/console/live.json",
    "/v1/onboarding/directory",
)
SIGNED = (
    "/v1/outbox", "/v1/quality/records", f"/v1/bids/openings/{SECTION}", "/v1/evidence/heads",
    "/v1/messages?from=T01&msgId=bid-1", "/v1/bids/" + "0" * 36, "/v1/admin/reload",
)  # fmt: skip
# What differs between any two hubs, and what follows time and requests of this test alone.
VOLATILE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|[0-9a-f]{32,}|\d{4}-\d\d-\d\dT[\d:.+]+|-----BEGIN.*?-----END[^\"]*"
    r"|[A-Za-z0-9+/]{40,}={0,2}|hutong_commit_seconds\S* \S+|(?<=hutong_uptime_seconds )\S+"
    # The peak of this test's process, which runs both hubs one after the other and other tests before.
    r"|(?<=process_resident_memory_max_bytes )\d+",
    re.S,
)


@asynccontextmanager
async def _served(data):
    """The same data directory with its real server, its clock standing where the tender's stands."""
    tender = Tender(data)
    tender._numbers = 1000  # nonces of a later time
    keys = {key.owner: key for key in read_keys(tender.settings.data / "keys")}
    tender.keys.keys = {key.key_id: key for key in keys.values()}
    running = await start(
        tender.settings.__class__(**_given(tender)), clock=tender.clock, found=Found({}, {})
    )
    http = aiohttp.ClientSession()
    try:
        yield tender, running, keys, http
    finally:
        await http.close()
        await running.stop()


def _given(tender):
    now: Settings = tender.settings
    return {"data": now.data, "port": 0, "ca_dir": now.ca_dir, "head_interval": 3600.0, "head_pulse": 3600.0}


async def _ask(running, http, key, clock, method, target, value=None):
    raw = b"" if value is None else json.dumps(value).encode()
    proof = sign_request(
        method, target, key, now=clock(), nonce=secrets.token_hex(8), body_digest=body_digest(raw)
    )
    headers = {**proof, "Content-Type": "application/json"}
    async with http.request(method, running.url + target, data=raw or None, headers=headers) as reply:
        return reply.status, VOLATILE.sub("~", await reply.text())


async def _deliver(hub, tender, keys, number):
    """As a trading system does it, and what it is told."""
    who = bidder(number)
    raw = await tender.sealed(hub, who, b"bid")
    file = await tender.upload(hub, "T01", raw)
    await tender.upload(hub, "T01", who.encryption.certificate)
    message = tender.message(who, file, step="deliver", model="any-one")
    return await hub.service(json.dumps(sign(message, keys["T01"])).encode())


async def _everything(running, http, keys, clock):
    """Every answer that anybody but the bidders' own systems can have."""
    told = {}
    for page in PAGES:
        async with http.get(running.url + page) as reply:
            told[page] = reply.status, VOLATILE.sub("~", await reply.text())
    for owner in ("T03", "P01", "centre"):
        for target in SIGNED:
            told[owner, target] = await _ask(running, http, keys[owner], clock, "GET", target)
    for owner in ("T01", "T03", "centre"):
        said = {"section": SECTION, "reason": "x"}
        told[owner, "open"] = await _ask(running, http, keys[owner], clock, "POST", "/v1/bids/openings", said)
        told[owner, "progress"] = await _ask(running, http, keys[owner], clock, "GET", SIGNED[2])
        share = {"receiptNo": "0" * 36, "share": b64(b"x")}
        told[owner, "share"] = await _ask(running, http, keys[owner], clock, "POST", "/v1/bids/shares", share)
    return told


async def test_a_hub_with_twenty_bids_answers_as_one_with_none(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    numbers, told, sizes = [], {}, {}
    for many in (0, MANY):
        data = tmp_path / str(many)
        tender = Tender(data)
        make_demo_keys(tender.settings.data / "keys", OWNERS, random.Random(4))
        tender.keys.keys = {key.key_id: key for key in read_keys(tender.settings.data / "keys")}
        await (await tender.start()).drain()
        async with _served(data) as (tender, running, keys, http):
            hub = running.site.ctx.hub
            await asyncio.to_thread(hub.bids.box.keeper.open)
            caplog.clear()
            for number in range(many):
                answer = await _deliver(hub, tender, keys, number)
                assert answer.status == 200, answer
                numbers.append(answer.data["receiptNo"])
            await hub.timers.maintain()
            told[many] = await _everything(running, http, keys, tender.clock)
            lines = [one.getMessage() for one in caplog.records if one.name.startswith("hub")]
            sizes[many] = [VOLATILE.sub("~", line) for line in lines]
            for number in numbers:
                for owner in ("T03", "centre", "P01"):
                    found = await _ask(running, http, keys[owner], tender.clock, "GET", f"/v1/bids/{number}")
                    none = await _ask(running, http, keys[owner], tender.clock, "GET", f"/v1/bids/{'0' * 36}")
                    assert found == none and found[0] == 404, owner
                own = await _ask(running, http, keys["T01"], tender.clock, "GET", f"/v1/bids/{number}")
                assert own[0] == 200 and '"outcome":null' in own[1].replace(" ", "")
                break
    assert told[0].keys() == told[MANY].keys()
    differing = {
        name: (told[0][name], told[MANY][name]) for name in told[0] if told[0][name] != told[MANY][name]
    }
    assert differing == {}
    assert sizes[0] == sizes[MANY] == [], "and no line in the log"
    assert all(status in (200, 403, 404, 422, 503) for status, _ in told[MANY].values()), told[MANY]
