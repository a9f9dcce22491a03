"""The hub's certificate services under load: does its loop wait, what comes through HTTP?

usage: ca_service.py [--rate 200] [--seconds 10] [--signers 50] [--write]
A hub in a process of its own on 127.0.0.1, a client here. First so many verifications a second, evenly (bare
signatures of signers who come again, and signed data among them), while the hub's loop is asked every 5 ms
how late it comes, between two spans in which nobody asks anything (what the neighbours on this machine do to
it); then as fast as it goes: bare signatures one by one over kept connections, signed data likewise, bare
ones in batches; `openssl speed sm2`
runs before and after. Appends one JSON line to `results/ca_service.jsonl` with --write.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import random
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from ca import openssl_speed

import certs
from hub.ca import sandbox
from hub.dialects import Found
from hub.keyring import make_demo_keys, read_keys
from hub.message import Key, sign_request, wall
from hub.server.callers import body_digest
from hub.server.run import start
from hub.settings import Settings
from loadtests.machine import machine

HERE = Path(__file__).parent
VERIFY = "/v1/ca/verify"
TEXT = "开标一览表 ".encode() * 20
STEP, QUIET = 0.005, 4.0
SIGNED_DATA = 5  # every fifth question is about signed data
CONNECTIONS, BATCH = 16, 200


async def serve(data: Path) -> None:
    """The hub's process: a line when ready; for each line read one with what was seen since the last."""
    running = await start(Settings(data=data, port=0), found=Found({}, {}))
    late: list[float] = []

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + STEP
            await asyncio.sleep(STEP)
            late.append(loop.time() - due)

    watching = asyncio.create_task(watch())
    print(json.dumps({"url": running.url}), flush=True)
    began, waited = time.process_time(), queued()
    while await asyncio.to_thread(sys.stdin.readline):
        seen, used, queue = sorted(late), time.process_time(), queued()
        late.clear()
        told = {"late_ms": spread(seen), "cpu": used - began, "queued": round(queue - waited, 3)}
        began, waited = used, queue
        print(json.dumps(told), flush=True)
    watching.cancel()
    await running.stop()


def queued() -> float:
    """Seconds the loop's thread was ready to run and had no processor: the neighbours' doing, not ours."""
    return int(Path("/proc/thread-self/schedstat").read_text("ascii").split()[1]) / 1e9


def spread(sorted_seconds: list[float]) -> dict[str, float]:
    if not sorted_seconds:
        return {}
    count = len(sorted_seconds)
    at = {"p50": count // 2, "p99": min(count - 1, int(count * 0.99)), "max": count - 1}
    return {name: round(sorted_seconds[place] * 1000, 2) for name, place in at.items()} | {"count": count}


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def questions(folder: Path, signers: int) -> list[dict[str, Any]]:
    """Bare signatures under `signers` certificates of SM2 CAs, and signed data of some of them."""
    world, now = sandbox.open_world(folder), datetime.now(UTC)
    vendors = [world.vendors[one] for one in ("C01", "C03", "C04", "C05")]
    out = []
    for number in range(signers):
        vendor = vendors[number % len(vendors)]
        key = vendor.issue("builder", label=f"bench-{number}")
        text = TEXT + str(number).encode()
        if number % SIGNED_DATA == SIGNED_DATA - 1:
            out.append({"kind": "attached", "signature": b64(certs.sign_cms(text, key, arc="sm2", time=now))})
            continue
        body = {"kind": "raw", "certificate": b64(key.certificate), "data": b64(text)}
        out.append({**body, "signature": b64(key.sign(text))})
    return out


class Client:
    def __init__(self, url: str, key: Key, http: aiohttp.ClientSession) -> None:
        self.url, self.key, self.http = url, key, http
        self.took: list[float] = []
        self.wrong = 0

    async def ask(self, body: bytes) -> None:
        nonce = secrets.token_hex(8)
        proof = sign_request(
            "POST", VERIFY, self.key, now=datetime.now(UTC), nonce=nonce, body_digest=body_digest(body)
        )
        began = time.perf_counter()
        headers = {**proof, "Content-Type": "application/json"}
        async with self.http.post(self.url + VERIFY, data=body, headers=headers) as reply:
            said = json.loads(await reply.read())
        self.took.append(time.perf_counter() - began)
        results = said.get("results", [said])
        self.wrong += sum(one.get("result") != "valid" for one in results)


async def evenly(client: Client, bodies: list[bytes], rate: float, seconds: float) -> None:
    """So many a second whatever the answers take; what is late is sent at once."""
    loop, tasks = asyncio.get_running_loop(), set()
    began = loop.time()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
        task = asyncio.create_task(client.ask(bodies[number % len(bodies)]))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


async def flat_out(client: Client, bodies: list[bytes], seconds: float, connections: int) -> float:
    """Answers a second."""
    end, start_at = time.perf_counter() + seconds, len(client.took)

    async def one() -> None:
        while time.perf_counter() < end:
            await client.ask(bodies[secrets.randbelow(len(bodies))])

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return (len(client.took) - start_at) / (time.perf_counter() - began)


async def measure(args: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        make_demo_keys(data / "keys", ("T01",), random.Random(1))  # noqa: S311 - keys of a throw-away hub
        sandbox.provide(data / "ca", datetime.now(UTC))
        asked = questions(data / "ca", args.signers)
        words = [sys.executable, __file__, "--serve", name]
        child: Any = subprocess.Popen(  # noqa: S603, ASYNC220
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            url = json.loads(child.stdout.readline())["url"]
            key = next(one for one in read_keys(data / "keys") if one.owner == "T01")
            return await phases(args, url, key, asked, child)
        finally:
            child.stdin.close()
            child.wait(30)


async def quiet(seen: Callable[[], dict[str, Any]]) -> dict[str, float]:
    seen()
    await asyncio.sleep(QUIET)
    late: dict[str, float] = seen()["late_ms"]
    return late


async def phases(
    args: argparse.Namespace, url: str, key: Key, asked: list[dict[str, Any]], child: Any
) -> dict[str, Any]:
    def seen() -> dict[str, Any]:
        child.stdin.write("\n")
        child.stdin.flush()
        said: dict[str, Any] = json.loads(child.stdout.readline())
        return said

    bodies = [json.dumps(one).encode() for one in asked]
    bare = [one for one in asked if one["kind"] == "raw"]
    bare_bodies = [json.dumps(one).encode() for one in bare]
    signed_bodies = [json.dumps(one).encode() for one in asked if one["kind"] != "raw"]
    batches = [
        json.dumps({"items": [bare[(at + n) % len(bare)] for n in range(BATCH)]}).encode() for at in range(8)
    ]
    out: dict[str, Any] = {"openssl_speed_sm2_verify": [openssl_speed(1)]}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as http:
        client = Client(url, key, http)
        for body in bodies:  # everybody has been here before: repeated signers
            await client.ask(body)
        seen()
        out["idle_loop_late_ms"] = [await quiet(seen)]
        client.took.clear()
        cpu = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        await evenly(client, bodies, args.rate, args.seconds)
        used = seen()
        share = (resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu) / args.seconds
        out["idle_loop_late_ms"].append(await quiet(seen))
        out["paced"] = {
            "rate": args.rate, "loop_late_ms": used["late_ms"], "answer_ms": spread(sorted(client.took)),
            "loop_waited_for_a_processor_s": used["queued"],
            "server_cpu_share": round(used["cpu"] / args.seconds, 3),
            "client_cpu_share": round(share, 3),
        }  # fmt: skip
        for name, parts, size, lines in (
            ("single", bare_bodies, 1, CONNECTIONS),
            ("single_signed_data", signed_bodies, 1, CONNECTIONS),
            ("batch", batches, BATCH, 4),
        ):
            seen()
            rates, cpus = [], []
            for _ in range(3):
                before = len(client.took)
                rates.append(size * await flat_out(client, parts, args.seconds / 4, lines))
                cpus.append(size * (len(client.took) - before) / seen()["cpu"])
            out[name] = {
                "per_second": round(statistics.median(rates)),
                "per_server_cpu_second": round(statistics.median(cpus)),
            }
        out["wrong"] = client.wrong
    out["openssl_speed_sm2_verify"].append(openssl_speed(1))
    speeds = [one for one in out["openssl_speed_sm2_verify"] if one]
    if speeds:
        speed = statistics.mean(speeds)
        for name in ("single", "single_signed_data", "batch"):
            out[name]["per_core : openssl speed"] = round(out[name]["per_server_cpu_second"] / speed, 2)
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--signers", type=int, default=50)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve is not None:
        asyncio.run(serve(args.serve))
        return 0
    found = {"at": wall(datetime.now(UTC)), "machine": machine(), **asyncio.run(measure(args))}
    print(json.dumps(found, ensure_ascii=False, indent=1))
    if args.write:
        with (HERE / "results" / "ca_service.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(found, ensure_ascii=False) + "\n")
    return 0 if not found["wrong"] else 4


if __name__ == "__main__":
    sys.exit(main())
