"""The fleet on real sockets: start, prefixes, own ports, mutual TLS, faults on the wire, management."""

from __future__ import annotations

import asyncio
import csv
import json
import ssl
import time
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub.catalogue.papers import ROOT, Papers
from simulators.dialects import SIDES, UNSPOKEN
from simulators.faults import faults
from simulators.fleet import Fleet, Options
from simulators.management import Management
from simulators.peers import render, write
from simulators.roll import roll


class Ground:
    """A running fleet with its management port and one client."""

    def __init__(self, fleet: Fleet, management: str, client: aiohttp.ClientSession, pki: Path) -> None:
        self.fleet, self.management, self.client, self.pki = fleet, management, client, pki

    async def steer(self, method: str, path: str, told: Any = None) -> tuple[int, Any]:
        async with self.client.request(method, self.management + path, json=told) as reply:
            return reply.status, json.loads(await reply.text())

    async def push(self, ident: str = "M01", line: str = "push-ok") -> tuple[int, str, bytes]:
        """A golden static-token-rest push with the system's own token."""
        golden = next(each for each in Papers.load("static-token-rest").golden() if each["id"] == line)
        body = json.loads(golden["request"]["body"])
        body["token"] = self.fleet.systems[ident].desk.credentials["token"]
        url = self.fleet.address(ident) + golden["request"]["path"]
        async with self.client.post(url, data=json.dumps(body).encode()) as reply:
            return reply.status, reply.headers.get("Content-Type", ""), await reply.read()


async def test_a_trace_is_told_back_and_nothing_else_is(ground: Ground) -> None:
    url = ground.fleet.address("M01") + "/no-such"
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    for given, told in ((trace, trace), (trace.upper(), None), ("x; y", None), (None, None)):
        headers = {"traceparent": given} if given else {}
        async with ground.client.post(url, data=b"{}", headers=headers) as reply:
            assert reply.headers.get("traceparent") == told, given


@pytest.fixture(name="ground")
async def ground_fixture(tmp_path: Path) -> AsyncIterator[Ground]:
    fleet = Fleet.muster(Options(pki=tmp_path / "pki"))
    management = Management(fleet)
    await fleet.start()
    address = await management.start()
    async with aiohttp.ClientSession() as client:
        yield Ground(fleet, address, client, tmp_path / "pki")
    await management.stop()
    await fleet.stop()


async def test_all_135_are_known_and_the_seven_dialects_start(tmp_path: Path) -> None:
    fleet = Fleet.muster(Options(pki=tmp_path))
    await fleet.start()
    assert len(fleet.systems) + len(fleet.waiting) == len(roll()) == 135
    own = {row.id for row in roll().values() if row.dialect in SIDES}
    later = {row.id for row in roll().values() if (row.dialect, row.variant) in UNSPOKEN}
    assert not later
    assert set(fleet.systems) == own - later
    assert all(fleet.waiting.values())
    await fleet.stop()


async def test_peers_toml_is_what_the_hub_can_read(ground: Ground, tmp_path: Path) -> None:
    path = tmp_path / "peers.toml"
    write(path, ground.fleet.peers())
    systems = tomllib.loads(path.read_text("utf-8"))["systems"]
    assert set(systems) == set(ground.fleet.systems)
    assert systems["D09"]["base"] == f"{ground.fleet.base}/D09" and systems["D09"]["allow_from"] == [
        "127.0.0.1"
    ]
    assert set(systems["D09"]["credentials"]) == {"username", "password"}
    assert systems["P02"]["base"].count("/") == 2  # a base address without a path
    assert systems["B01"]["base"].startswith("https://") and Path(systems["B01"]["tls"]["ca"]).is_file()
    assert tomllib.loads(render({"systems": {"X": {"base": '"\\\n', "allow_from": []}}}))


async def test_a_push_is_one_effect_and_the_record_is_shown_in_foreign_names(ground: Ground) -> None:
    assert (await ground.push())[0] == 200
    assert b"E004" in (await ground.push())[2]
    _, rows = await ground.steer("GET", "/systems/M01/records?message=notice.publish")
    assert [row["effects"] for row in rows] == [1]
    assert rows[0]["fields"]["infotitle"] and rows[0]["message"] == "notice.publish"
    _, none = await ground.steer("GET", "/systems/M01/records?message=open.record")
    assert none == []
    _, one = await ground.steer("GET", f"/systems/M01/records?key={rows[0]['key']}")
    assert one == rows
    _, journal = await ground.steer("GET", "/systems/M01/journal?limit=1")
    assert len(journal) == 1 and ground.fleet.systems["M01"].desk.credentials["token"] not in json.dumps(
        journal
    )
    _, systems = await ground.steer("GET", "/systems")
    m01 = next(row for row in systems if row["id"] == "M01")
    assert (m01["received"], m01["effects"], m01["variant"]) == (2, 1, "plain")


async def test_mutual_tls_at_the_chain_platform(ground: Ground) -> None:
    url = ground.fleet.address("B01") + "/chain/v1/evidence/query"
    head = {"X-App-Id": ground.fleet.systems["B01"].desk.credentials["app_id"]}
    member = ssl.create_default_context(cafile=str(ground.pki / "ca.pem"))
    member.load_cert_chain(ground.pki / "client.pem", ground.pki / "client.key")
    async with ground.client.post(url, json={"businessId": "x"}, headers=head, ssl=member) as reply:
        assert (reply.status, (await reply.json())["errorCode"]) == (404, "NOT_FOUND")
    stranger = ssl.create_default_context(cafile=str(ground.pki / "ca.pem"))
    with pytest.raises(aiohttp.ClientError):
        async with ground.client.post(url, json={"businessId": "x"}, headers=head, ssl=stranger):
            pass


async def test_unknown_system_unknown_path_unknown_fault(ground: Ground) -> None:
    async with ground.client.get(ground.fleet.base + "/Z99/x") as reply:
        assert reply.status == 404
    assert (await ground.steer("GET", "/systems/Z99/records"))[0] == 404
    status, said = await ground.steer("POST", "/systems/M01/faults", {"name": "html-login-pag"})
    assert status == 404 and "html-login-page" in said["detail"]
    status, said = await ground.steer("POST", "/systems/M01/faults", {"name": "soap-fault-client"})
    assert status == 404 and "soap11-wsse" in said["detail"]
    assert (await ground.steer("POST", "/systems/M01/faults", {"times": 1}))[0] == 400


async def seen(ground: Ground, fault: str) -> tuple[Any, int]:
    """What one push looks like under a fault, and how many effects it had."""
    args = {"slow": {"seconds": 0.2}, "slow-effect": {"before": 0.2}, "timeout": {"seconds": 3600}}.get(
        fault, {}
    )
    await ground.steer("POST", "/systems/M01/reset")
    status, _ = await ground.steer("POST", "/systems/M01/faults", {"name": fault, "args": args})
    assert status == 201
    start = time.perf_counter()
    try:
        got: Any = await asyncio.wait_for(ground.push(), 1 if fault == "timeout" else 60)
    except (aiohttp.ClientError, TimeoutError) as error:
        got = type(error)
    late = time.perf_counter() - start
    effects = ground.fleet.systems["M01"].desk.ledger.effects
    assert (await ground.push())[0] == 200, "one time only"
    if isinstance(got, tuple):
        got = (got[0], got[1].partition(";")[0], got[2], late)
    return got, effects


async def test_generic_faults_are_told_apart_on_the_wire(ground: Ground) -> None:
    good, effects = await seen(ground, "slow")
    assert good[0] == 200 and effects == 1 and good[3] >= 0.2 and b'"code":1' in good[2]
    assert (await seen(ground, "slow-effect"))[0][3] >= 0.2
    assert await seen(ground, "timeout") == (TimeoutError, 1)
    for name, wanted in (("drop-after-effect", 1), ("drop-before-effect", 0), ("cut-answer", 1)):
        got, effects = await seen(ground, name)
        assert issubclass(got, aiohttp.ClientError) and effects == wanted, name
    for name, status, wanted in (
        ("http-404", 404, 0), ("http-413", 413, 0), ("http-429", 429, 0), ("http-500", 500, 0),
        ("http-500-after-effect", 500, 1), ("http-502", 502, 0), ("http-503", 503, 0),
        ("http-504-after-effect", 504, 1), ("html-200", 200, 0), ("html-200-after-effect", 200, 1),
        ("html-login-page", 200, 0),
    ):  # fmt: skip
        got, effects = await seen(ground, name)
        assert (got[0], effects) == (status, wanted), name
        assert status == 200 or b'"code":1' not in got[2]
        assert not name.startswith("html") or got[1] == "text/html"
    assert len((await seen(ground, "huge-answer"))[0][2]) > 10_000_000


async def test_bent_answers(ground: Ground) -> None:
    for name in ("truncate", "empty-body", "garbage"):
        got, effects = await seen(ground, name)
        assert effects == 1
        with pytest.raises(ValueError):
            json.loads(got[2])
    assert (await seen(ground, "bom"))[0][2].startswith(b"\xef\xbb\xbf")
    got, _ = await seen(ground, "wrong-charset")
    assert "操作成功" in got[2].decode("gb18030")
    assert b"E004" in (await seen(ground, "processed-twice"))[0][2]


async def test_own_faults_of_the_dialect(ground: Ground) -> None:
    assert b'"code":200' in (await seen(ground, "status-code-1-vs-200"))[0][2]
    assert b'"code":"1"' in (await seen(ground, "number-as-string"))[0][2]
    assert (await seen(ground, "json-under-form-ct"))[0][1] == "text/plain"
    assert b"E007" in (await seen(ground, "busy"))[0][2]
    assert b"E500" in (await seen(ground, "internal-error"))[0][2]


async def test_faults_match_skip_repeat_and_are_lifted(ground: Ground) -> None:
    told = {
        "name": "busy",
        "times": 2,
        "skip": 1,
        "match": {"path": "/rest/zbgonggao/push", "method": "POST"},
    }
    await ground.steer("POST", "/systems/M01/faults", told)
    busy = [b"E007" in (await ground.push())[2] for _ in range(4)]
    assert busy == [False, True, True, False]
    await ground.steer("POST", "/systems/M01/faults", {"name": "busy", "match": {"body": "no such text"}})
    assert b"E007" not in (await ground.push())[2]
    await ground.steer("POST", "/systems/M01/faults", {"name": "busy", "times": None})
    assert len((await ground.steer("GET", "/systems/M01/faults"))[1]) == 2
    assert (await ground.steer("DELETE", "/systems/M01/faults"))[1] == {"lifted": 2}
    assert b"E007" not in (await ground.push())[2]


def test_every_fault_the_catalogue_names_for_these_dialects_is_in_the_table() -> None:
    with (ROOT.parent / "dialects.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["id"] in SIDES]
    assert len(rows) >= 7
    for row in rows:
        for name in set(row["faults"].split(";")):
            fault = faults().get(name)
            known = set() if fault is None else {one.partition("/")[0] for one in fault.dialects}
            assert fault is not None and (not known or row["id"] in known), (row["id"], name)
