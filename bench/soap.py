"""What SOAP costs: taken in beside our JSON and beside Spyne; built and read beside zeep.

usage: soap.py [--rounds 3] [--seconds 3] [--python PATH]     PATH: an interpreter that has spyne and granian
Appends one JSON line to `results/soap.jsonl`. Spyne checks types and lengths and keeps nothing; the hub
does all of its duty with either binding. zeep and the adapter write the same message, equal after C14N.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import uvloop
from drive import drive, request
from ingest import HERE, SENDER, STAGE, Subject, neighbours, spent, started
from lxml import etree
from soap_pair import pairs

from hub.keyring import make_demo_keys
from hub.message import Key, canonical, sign, wall
from hub.standard import Standard, load
from hub.standard.bindings.soap_encode import soap_encode
from loadtests.machine import machine

XML = "text/xml; charset=utf-8"


def signed(standard: Standard, key: Key, numbers: Iterator[int], count: int) -> list[dict[str, Any]]:
    made = []
    for _ in range(count):
        number = next(numbers)
        envelope = standard.sample(STAGE, number)
        mark = {"from": key.owner, "msgId": f"B{number}", "time": wall(datetime.now(UTC))}
        head = {**envelope["head"], **mark, "nonce": secrets.token_hex(12)}
        made.append(sign({"head": head, "body": {**envelope["body"], "key": f"B{number}"}}, key))
    return made


def by_json(standard: Standard, envelopes: list[dict[str, Any]]) -> list[bytes]:
    return [request(canonical(one)) for one in envelopes]


def by_soap(standard: Standard, envelopes: list[dict[str, Any]]) -> list[bytes]:
    written = (soap_encode(standard, one) for one in envelopes)
    return [request(one, "/soap", XML) for one in written if isinstance(one, bytes)]


def plain(standard: Standard, envelopes: list[dict[str, Any]]) -> list[bytes]:
    """The record alone, as the Spyne service wants it."""
    made, space = [], "urn:hutong:bench"
    for one in envelopes:
        root = etree.Element(f"{{{space}}}submit", nsmap={None: space})  # type: ignore[dict-item]
        notice = etree.SubElement(root, f"{{{space}}}notice")
        for field in standard.stage(STAGE).fields:
            if field.name in one["body"]["fields"]:
                value = str(one["body"]["fields"][field.name])
                etree.SubElement(notice, f"{{{space}}}{field.name}").text = value
        around = etree.Element("{http://schemas.xmlsoap.org/soap/envelope/}Envelope")
        etree.SubElement(around, "{http://schemas.xmlsoap.org/soap/envelope/}Body").append(root)
        made.append(request(etree.tostring(around, encoding="utf-8", xml_declaration=True), "/", XML))
    return made


Made = Callable[[Standard, list[dict[str, Any]]], list[bytes]]


async def take_in(
    ways: list[tuple[Subject, Made, int]],
    fresh: Callable[[int], list[dict[str, Any]]],
    args: argparse.Namespace,
) -> float:
    """Interleaved rounds; each way gets messages of its own."""
    others, standard, wanted = await neighbours(), load(), {}
    for subject, make, good in ways:
        first = await drive(
            subject.url, iter(make(standard, fresh(300))), connections=64, seconds=1.5, good=good
        )
        if not first.acknowledged:
            raise SystemExit(f"{subject.name}: 没有受理 / took nothing: {dict(first.statuses)}")
        wanted[subject.name] = int(first.acknowledged / first.seconds * args.seconds * 1.7) + 100
    for _ in range(args.rounds):
        for subject, make, good in ways:
            ready = make(standard, fresh(min(wanted[subject.name], 8000)))
            source = cycle(ready) if good == 200 and subject.name == "spyne" else iter(ready)
            before = spent(subject.process.pid)
            seen = await drive(subject.url, source, connections=64, seconds=args.seconds, good=good)
            subject.cpu += spent(subject.process.pid) - before
            subject.rounds.append(seen)
    return others


def build_and_read(seconds: float) -> dict[str, Any]:
    """Calls a second of one core, ours and zeep's in turn; the ratio is the median over turns."""
    told: dict[str, Any] = {}
    for pair in pairs():
        ratios = []
        for _ in range(7):
            ours, theirs = rate(pair.ours, seconds), rate(pair.theirs, seconds)
            ratios.append(ours / theirs)
            told[pair.name] = {"ours": round(ours), "zeep": round(theirs)}
        told[pair.name]["ratio"] = round(statistics.median(ratios), 2)
    return told


def rate(call: Callable[[], object], seconds: float) -> float:
    count, began = 0, time.process_time()
    while (passed := time.process_time() - began) < seconds:
        for _ in range(10):
            call()
        count += 10
    return count / passed


def main() -> int:
    parser = argparse.ArgumentParser(description="SOAP 的代价 / what SOAP costs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument(
        "--python", default="", help="interpreter with spyne and granian; empty: without Spyne"
    )
    args = parser.parse_args()
    standard = load()
    with (
        tempfile.TemporaryDirectory(prefix="hutong-bench-", ignore_cleanup_errors=True) as name,
        ExitStack() as stack,
    ):
        data = Path(name)
        key = make_demo_keys(data / "hub" / "keys", ["centre", SENDER], random.SystemRandom())[1]
        numbers = iter(range(secrets.randbelow(10**6) * 10**5, 10**12))
        serve = "import sys; from hub.cli.main import main; sys.exit(main(sys.argv[1:]))"
        words = ["serve", "--data", str(data / "hub"), "--port", "0", "--realm", "sandbox"]
        hub = stack.enter_context(started("json", [sys.executable, "-c", serve, *words]))
        ways: list[tuple[Subject, Made, int]] = [
            (hub, by_json, 202), (Subject("soap", hub.url, hub.process), by_soap, 200),
        ]  # fmt: skip
        if args.python:
            peer = [args.python, str(HERE / "peer_spyne.py"), str(data / "spyne"), STAGE]
            ways.append((stack.enter_context(started("spyne", peer)), plain, 200))
        others = uvloop.run(take_in(ways, lambda count: signed(standard, key, numbers, count), args))
    rows = {subject.name: subject.row() for subject, _, _ in ways}
    rates = {name: row["per_second_median"] for name, row in rows.items()}
    ratios = {"soap:json": round(rates["soap"] / rates["json"], 3)}
    if "spyne" in rates:
        ratios["soap:spyne"] = round(rates["soap"] / rates["spyne"], 2)
    outgoing = build_and_read(0.3)
    print(json.dumps({"ratios": ratios, "rates": rates, "outgoing": outgoing}, ensure_ascii=False, indent=1))
    line = {"at": wall(datetime.now(UTC)), "stage": STAGE, "ratios": ratios, "others": others, **rows,
            "outgoing": outgoing, "machine": machine()}  # fmt: skip
    results = HERE / "results" / "soap.jsonl"
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
