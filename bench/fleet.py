"""The fleet beside bare aiohttp: cold start, memory, requests per second of the server's processor.

usage: fleet.py [--seconds 24] [--rounds 3] [--write]
       fleet.py --soak FILE [--seconds 50] [--end] [--write]
Requests per second of the *server's own* processor time (from /proc), so that a client on the same machine
does not count; rounds of fleet and bare aiohttp alternate, and the median is told beside the best.
Each request passes faults, state and journal. `--soak` sends all kinds in turn to a server that stays between
calls (FILE remembers it) until `--end`, and tells its memory after so many requests.
`--write` appends the figures to results/fleet.jsonl.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import csv
import hashlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop
from drive import Round, drive

from hub.catalogue.papers import Papers

HERE = Path(__file__).parent
HUTONG = [sys.executable, "-c", "import sys; from hub.cli.main import main; sys.exit(main(sys.argv[1:]))"]
TICKS = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 16
KEYS = 50  # business keys of each system: state grows to these and no further


def cpu(pid: int) -> float:
    """Seconds of processor this process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int) -> dict[str, float]:
    """MiB now and at most."""
    rows = dict(
        row.split(":", 1) for row in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in row
    )
    return {
        name: round(int(rows[key].split()[0]) / 1024, 1)
        for name, key in (("rss", "VmRSS"), ("peak", "VmHWM"))
    }


class Served:
    """A server process: its ready line, how long that took, its pid."""

    def __init__(self, words: list[str]) -> None:
        begun = time.perf_counter()
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603
        assert self.process.stdout is not None  # noqa: S101
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.cold = time.perf_counter() - begun

    def stop(self) -> None:
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()


class Fleet(Served):
    """`hutong sim up` for these systems, and the secrets it wrote."""

    def __init__(self, systems: str) -> None:
        self.folder = TemporaryDirectory(prefix="hutong-bench-fleet-")
        peers = Path(self.folder.name) / "peers.toml"
        super().__init__([*HUTONG, "sim", "up", "--systems", systems, "--peers", str(peers)])
        self.peers = tomllib.loads(peers.read_text("utf-8"))["systems"]

    def stop(self) -> None:
        super().stop()
        self.folder.cleanup()


def http(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    rows = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{n}: {v}" for n, v in headers.items())]
    if body or method == "POST":
        rows.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*rows, "", ""]).encode() + body


def golden(dialect: str, line: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in Papers.load(dialect).golden() if each["id"] == line)[
        "request"
    ]
    return found


def gets(fleet: Fleet, idents: list[str]) -> Iterator[bytes]:
    """The WSDL of each SOAP system in turn (some 100 KB would measure memcpy: it is what they serve)."""
    ready = [http("GET", f"/{ident}/services/TradeExchange?wsdl", {}) for ident in idents]
    return itertools.cycle(ready)


def jsons(fleet: Fleet, idents: list[str]) -> Iterator[bytes]:
    """Pushes of static-token-rest: a notice under one of KEYS keys; first new, then known."""
    asked = golden("static-token-rest", "push-ok")
    body = json.loads(asked["body"])
    ready = []
    for key in range(KEYS):
        for ident in idents:
            told = {**body, "token": fleet.peers[ident]["credentials"]["token"]}
            told = json.loads(json.dumps(told).replace(_row_key(body), f"{key:036d}"))
            ready.append(
                http(
                    "POST",
                    f"/{ident}{asked['path']}",
                    asked["headers"],
                    json.dumps(told, ensure_ascii=False).encode(),
                )
            )
    return itertools.cycle(ready)


def _row_key(body: dict[str, Any]) -> str:
    text = json.dumps(body)
    found = re.search(
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-fA-F]{32}\b", text
    )
    assert found is not None  # noqa: S101
    return found[0]


def soaps(fleet: Fleet, idents: list[str]) -> Iterator[bytes]:
    """Pushes of soap11-wsse, each with a nonce and a moment of its own, as the papers ask."""
    asked = golden("soap11-wsse", "push-ok")
    text, headers = asked["body"], asked["headers"]
    old = {
        name: _between(text, name) for name in ("wsse:Nonce", "wsu:Created", "wsu:Expires", "wsse:Password")
    }
    key = _between(text, "t:businessId")
    for number in itertools.count():
        ident = idents[number % len(idents)]
        word = fleet.peers[ident]["credentials"]["password"]
        now = datetime.now(UTC).replace(microsecond=0)
        made, until = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (now, now + timedelta(seconds=240)))
        nonce = hashlib.md5(str(number).encode()).digest()  # noqa: S324
        digest = base64.b64encode(hashlib.sha1(nonce + made.encode() + word.encode()).digest()).decode()  # noqa: S324
        told = text.replace(f">{old['wsse:Nonce']}<", f">{base64.b64encode(nonce).decode()}<")
        told = told.replace(f">{old['wsu:Created']}<", f">{made}<").replace(
            f">{old['wsu:Expires']}<", f">{until}<"
        )
        told = told.replace(f">{old['wsse:Password']}<", f">{digest}<")
        told = told.replace(key, f"{number // len(idents) % KEYS:032d}")
        yield http("POST", f"/{ident}{asked['path']}", headers, told.encode())


def _between(text: str, name: str) -> str:
    return text.split(f"<{name}", 1)[1].split(">", 1)[1].split("<", 1)[0]


async def measure(server: Served, requests: Iterator[bytes], seconds: float) -> dict[str, Any]:
    """One round after a short one that warms up."""
    url, pid = server.ready.get("base") or server.ready["url"], server.process.pid
    await drive(url, requests, connections=CONNECTIONS, seconds=0.2, good=200)
    before = cpu(pid)
    seen: Round = await drive(url, requests, connections=CONNECTIONS, seconds=seconds, good=200)
    spent = cpu(pid) - before
    total = sum(seen.statuses.values())
    return {
        "per_cpu_second": round(total / spent) if spent else 0,
        "statuses": {str(s) for s in seen.statuses},
    }


def systems_of(dialect: str, variants: tuple[str, ...], ready: list[str]) -> list[str]:
    table = Path(__file__).parents[1] / "hub" / "catalogue" / "data" / "systems.csv"
    with table.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["dialect"] == dialect]
    return [row["id"] for row in rows if row["id"] in ready and row["variant"] in variants]


async def compare(args: argparse.Namespace) -> dict[str, Any]:
    bare = Served([sys.executable, str(HERE / "fleet_bare.py")])
    fleet, one = Fleet(args.systems), Fleet("M01")
    try:
        told: dict[str, Any] = {
            "cold_start_s": round(fleet.cold, 3),
            "systems": len(fleet.ready["systems"]),
            "cannot_start": len(fleet.ready["cannot_start"]),
        }
        await asyncio.sleep(4.0)  # what starting needed is let go
        told["idle_mib"] = memory(fleet.process.pid)
        soap, plain = kinds_of(fleet)
        works: dict[str, tuple[Served, Iterator[bytes]]] = {
            "bare_json": (bare, jsons(fleet, plain)),
            "get": (fleet, gets(fleet, soap)),
            "json": (fleet, jsons(fleet, plain)),
            "soap": (fleet, soaps(fleet, soap)),
            "json_in_all": (fleet, jsons(fleet, ["M01"])),
            "json_alone": (one, jsons(one, ["M01"])),
        }
        each = args.seconds / args.rounds / len(works)
        seen: dict[str, list[dict[str, Any]]] = {name: [] for name in works}
        for _ in range(args.rounds):
            for name, (server, requests) in works.items():
                seen[name].append(await measure(server, requests, each))
        for name, rounds in seen.items():
            rates = sorted(round_["per_cpu_second"] for round_ in rounds)
            statuses = sorted({status for round_ in rounds for status in round_["statuses"]})
            told[name] = {"per_cpu_second": rates[len(rates) // 2], "best": rates[-1], "statuses": statuses}
        told["loss_1_to_all"] = round(1 - told["json_in_all"]["best"] / told["json_alone"]["best"], 3)
        told["after_mib"] = memory(fleet.process.pid)
    finally:
        fleet.stop()
        one.stop()
        bare.stop()
    return told


def kinds_of(fleet: Fleet) -> tuple[list[str], list[str]]:
    """The systems of soap11-wsse and of plain static-token-rest that run."""
    soap = systems_of("soap11-wsse", ("",), fleet.ready["systems"])
    return soap, systems_of("static-token-rest", ("plain", ""), fleet.ready["systems"])


class Kept(Fleet):
    """A fleet that stays between calls; `memo` is the file that knows it."""

    def __init__(self, memo: Path) -> None:
        self.memo = memo
        if memo.exists():
            told = json.loads(memo.read_text())
            self.ready, self.pid, self.peers, self.sent = (told[k] for k in ("ready", "pid", "peers", "sent"))
            return
        super().__init__("all")
        self.folder._finalizer.detach()  # type: ignore[attr-defined]  # the next call wants it
        self.pid, self.sent = self.process.pid, 0

    def remember(self) -> None:
        told = {"ready": self.ready, "pid": self.pid, "peers": self.peers, "sent": self.sent}
        self.memo.write_text(json.dumps(told))

    def end(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        self.memo.unlink(missing_ok=True)


async def soak(args: argparse.Namespace) -> dict[str, Any]:
    """All kinds in turn for the time given; the memory afterwards."""
    fleet = Kept(args.soak)
    idle = memory(fleet.pid)
    soap, plain = kinds_of(fleet)
    works = [gets(fleet, soap), jsons(fleet, plain), soaps(fleet, soap)]
    until = time.perf_counter() + args.seconds
    while time.perf_counter() < until:
        for requests in works:
            seen = await drive(fleet.ready["base"], requests, connections=CONNECTIONS, seconds=3.0, good=200)
            fleet.sent += sum(seen.statuses.values())
    fleet.remember()
    told = {"requests": fleet.sent, "before_mib": idle, "after_mib": memory(fleet.pid)}
    if args.end:
        fleet.end()
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=24.0, help="of load in all, at most 50")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--systems", default="all")
    parser.add_argument("--soak", type=Path, metavar="FILE")
    parser.add_argument("--end", action="store_true")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    work = soak(args) if args.soak else compare(args)
    told = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **uvloop.run(work)}
    print(json.dumps(told, indent=1))
    if args.write and (not args.soak or args.end):
        with (HERE / "results" / "fleet.jsonl").open("a", encoding="utf-8") as out:
            out.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
