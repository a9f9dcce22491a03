"""A thousand bids of five CAs for one section, opened at one moment: what the hub takes beside what it must.

usage: bids.py [--bids 1000] [--threads 2] [--abreast 32] [--write] | --answers
A hub in this process on a folder of its own, its clock moved by hand; a time-stamp service over HTTP whose
clock is not the hub's. The bids (4 KiB to 5 MiB, the largest as streams; SM2 and RSA signers) are uploaded
(four at a time, as one member may), then delivered as `bid.receipt`, signed by their bidders before. Then the
opening is asked for: before the deadline, with the hub's clock set ahead, without the time-stamp service too,
with the clock set back, and at last when it is time everywhere: nothing may open before, everything after
(exit status 1 otherwise). Beside it, before and after in the same run, the same private-key decryptions and
the same SM4 in a bare loop, nothing read, checked or written down.
`--answers` instead: processor time of every answer about a section with 1, 10 and 1,000 bids in it; what a
stranger or a bidder hears must not take longer for more.
Appends to `results/bids.jsonl` with --write.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import inspect
import json
import random
import resource
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from aiohttp import web

from certs.algorithms.content_streams import Decryption
from certs.algorithms.digest import digest
from certs.cms import read_signed
from certs.envelope import seal_envelope, seal_stream
from certs.envelope.enveloped import read_enveloped
from certs.envelope.keys import cipher_of, parted
from certs.envelope.transport import scheme
from certs.keys.port import DecryptionKey
from certs.model.certificate import read_certificate
from certs.testpki.crowd import Company, company
from certs.verdict import Judgement
from hub import standard
from hub.bids.delivery import consent
from hub.bids.file import split
from hub.ca import sandbox
from hub.dialects import Found
from hub.engine import Hub
from hub.errors import HubError
from hub.evidence.sandbox_tsa import ANCHOR, FOLDER, SandboxAuthority
from hub.files.name import Name
from hub.files.offer import Offer
from hub.index.tokens import hexed
from hub.journal.entry import Kind
from hub.journal.port import Tx
from hub.keyring import make_demo_keys, read_keys
from hub.message import CST, Key, canonical, sign, wall
from hub.server.run import Running, start
from hub.settings import Settings
from loadtests.machine import machine

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=CST)
DEADLINE = NOW + timedelta(hours=2)
VENDORS = (("C01", None), ("C02", None), ("C03", "rsa-sha256"), ("C04", None), ("C05", None))
PART = 1 << 20
COUNTS, ROUNDS = (1, 10, 1000), 300
STREAM = 4 << 20
UPLOADS = 4  # as many as one member may have at a time


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def stamping(folder: Path, clock: Clock) -> AsyncIterator[tuple[str, Path, dict[str, bool]]]:
    """Address, anchor, and a switch that makes it silent."""
    authority, silent = SandboxAuthority(folder, clock, secrets.token_bytes), {"away": False}
    await asyncio.to_thread(authority.trust, clock())

    async def answer(request: web.Request) -> web.Response:
        if silent["away"]:
            return web.Response(status=503)
        body = await authority.ask(await request.read())
        return web.Response(body=body, content_type="application/timestamp-reply")

    app = web.Application()
    app.router.add_post("/tsa", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/tsa", folder / FOLDER / ANCHOR, silent
    finally:
        await runner.cleanup()


def size_of(number: int) -> int:
    """Most a few KiB, every tenth most of a MiB, every hundredth five of them."""
    if number % 100 == 99:
        return 5 << 20
    return (700 << 10) if number % 10 == 9 else 4096 + (number * 7919) % (60 << 10)


@dataclass(frozen=True)
class Delivered:
    """What a bidder has ready before its system delivers."""

    number: int
    who: Company
    file: dict[str, Any]
    certificate: str
    signature: str


class Tender:
    """One section, run by T01, through which the bidders deliver."""

    def __init__(self, hub: Hub, key: Key, clock: Clock) -> None:
        self.hub, self.key, self.clock = hub, key, clock
        self.section = str(self.sample("eng-section")["body"]["fields"]["BID_SECTION_CODE"])

    def sample(self, stage: str) -> dict[str, Any]:
        start_at = NOW - timedelta(days=200)
        return standard.load().sample(stage, 1, sender="T01", start=start_at)

    def signed(self, head: dict[str, Any], body: dict[str, Any]) -> bytes:
        head = {**head, "time": wall(self.clock()), "nonce": secrets.token_hex(8), "realm": "sandbox"}
        return canonical(sign({"head": head, "body": body}, self.key))

    async def announce(self) -> None:
        for stage in ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice"):
            made = self.sample(stage)
            fields = dict(made["body"]["fields"])
            if stage == "eng-tender-notice":
                fields |= {"BID_DOC_REFER_END_TIME": wall(DEADLINE), "BID_OPEN_TIME": wall(DEADLINE)}
            answer = await self.hub.submit(self.signed(made["head"], {**made["body"], "fields": fields}))
            if answer.status != 202:
                raise SystemExit(f"{stage}: {answer}")

    async def upload(self, raw: bytes) -> dict[str, Any]:
        name = Name.of(f"sm3:{digest(raw).hex()}")
        assert name is not None  # noqa: S101 - made above
        for at in range(0, len(raw), PART):
            piece = raw[at : at + PART]

            async def once(piece: bytes = piece) -> AsyncIterator[bytes]:
                yield piece

            stated = f"sm3:{digest(piece).hex()}"
            offer = Offer("T01", name, at, at + len(piece), len(raw), stated)
            await self.hub.files.receive(offer, once())
        return {"name": "bid.env", "digest": name.text, "size": len(raw), "media": "application/pkcs7-mime"}

    async def send(self, number: int, who: Company, raw: bytes) -> Delivered:
        """Both files, and the bidder's signature over its bid: what comes before a delivery."""
        file, certificate = await self.upload(raw), await self.upload(who.encryption.certificate)
        agreed = consent("deliver", self.section, file["digest"])
        said = base64.b64encode(who.message.sign(agreed)).decode()
        return Delivered(number, who, file, str(certificate["digest"]), said)

    async def deliver(self, one: Delivered) -> str:
        who = one.who
        fields = {
            "requestNo": f"R{one.number}",
            "section": {"tradeClass": "A01", "BID_SECTION_CODE": self.section},
            "deliveryKind": "deliver",
            "bidder": {"type": "1", "code": who.code, "name": who.name},
            "bidFile": one.file,
            "envelopeModel": "any-one",
            "deliverTime": wall(self.clock()),
            "recipients": [
                {
                    "caId": "C01", "issuer": "CN=x", "serialNo": "1", "digest": one.certificate,
                    "medium": "token", "usage": "encrypt", "notBefore": wall(NOW), "notAfter": wall(NOW),
                }
            ],
            "signature": {"alg": who.message.algorithm, "keyId": "bidder", "value": one.signature},
        }  # fmt: skip
        head = {"ver": "1", "from": "T01", "msgId": f"bid-{one.number}", "msgType": "bid.receipt"}
        answer = await self.hub.service(self.signed(head, {"fields": fields}))
        if answer.status != 200:
            raise SystemExit(f"bid {one.number}: {answer}")
        return str(answer.data["receiptNo"])


def sealed(number: int, who: Company, platform: bytes, at: datetime) -> bytes:
    content = random.Random(number).randbytes(size_of(number))  # noqa: S311 - content of a bid in a bench
    to = [platform, who.encryption.certificate]
    if len(content) < STREAM:
        return seal_envelope(content, to, who.signing, trust=None, at=at)
    out = bytearray()
    pieces = (content[place : place + PART] for place in range(0, len(content), PART))
    head = seal_stream(pieces, out.extend, to, who.signing, trust=None, at=at)
    return head + bytes(out)


def bare(files: list[bytes], key: DecryptionKey) -> dict[str, float]:
    """The same decryptions and nothing else, one after another; what they need is read before."""
    certificate = read_certificate(key.certificate)
    ready = []
    for raw in files:
        head, rest = split(raw)
        envelope = read_enveloped(read_signed(head).content or b"")
        mine = next(one for one in envelope.recipients if one.is_for(certificate))
        by, cipher = scheme(mine, certificate)[0], cipher_of(Judgement(), envelope)
        assert by is not None and cipher is not None  # noqa: S101 - the hub has taken it
        ciphertext, tag = parted(envelope, cipher) if rest is None else (rest, envelope.tag)
        ready.append((mine.encrypted_key, by, cipher, ciphertext, tag))
    cpu, began = time.process_time(), time.perf_counter()
    keys = [key.decrypt(encrypted, by) for encrypted, by, *_ in ready]
    between = time.perf_counter()
    for content_key, (_, _, cipher, ciphertext, tag) in zip(keys, ready, strict=True):
        stream = Decryption(cipher, content_key, tag, b"")
        stream.update(ciphertext)
        stream.finalize()
    ended = time.perf_counter()
    return {"keys_s": round(between - began, 3), "content_s": round(ended - between, 3),
            "whole_s": round(ended - began, 3), "cpu_s": round(time.process_time() - cpu, 3)}  # fmt: skip


async def abreast_of(
    many: int, work: Iterable[Callable[[], Awaitable[Any]]]
) -> tuple[list[Any], float, float]:
    """So many at a time; what came of each, seconds, and this process's processor time."""
    queue, found = iter(work), []

    async def some() -> None:
        for one in queue:
            found.append(await one())

    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(some() for _ in range(many)))
    return found, time.perf_counter() - began, time.process_time() - cpu


async def delivered(tender: Tender, made: list[tuple[Company, bytes]], abreast: int) -> dict[str, Any]:
    """Uploaded, then delivered by so many at a time, as before a deadline; processor time is this process's:
    the trading system's signatures and the time-stamp service's are in it."""
    uploads = (partial(tender.send, number, who, raw) for number, (who, raw) in enumerate(made))
    ready, sent, _ = await abreast_of(UPLOADS, uploads)
    writer = tender.hub.bids.box.writer
    commits = writer.commits
    _, took, used = await abreast_of(abreast, (partial(tender.deliver, one) for one in ready))
    return {
        "uploads_per_second": round(len(made) / sent, 1),
        "abreast": abreast,
        "per_second": round(len(made) / took, 1),
        "cpu_ms": round(1000 * used / len(made), 1),
        "commits": writer.commits - commits,
    }


async def refused(hub: Hub, section: str) -> str:
    """The code an opening is refused with; "" if it is not."""
    try:
        await hub.bids.open("T01", {"section": section})
    except HubError as error:
        return error.code
    return ""


async def opened(hub: Hub, section: str) -> dict[str, Any]:
    """The opening itself, and what came of it."""
    cpu, began = time.process_time(), time.perf_counter()
    await hub.bids.open("T01", {"section": section})
    whole = hub.bids.box.section(section)
    while (told := hub.bids.openings.progress(whole))["state"] == "opening":  # noqa: ASYNC110 - as from outside
        await asyncio.sleep(0.05)
    took, used = time.perf_counter() - began, time.process_time() - cpu
    rows = (await hub.bids.progress("T01", section))["decryption"]
    results = dict(Counter(row["result"] for row in rows))
    return {
        "state": told["state"], "seconds": round(took, 3), "cpu_s": round(used, 3),
        "per_second": round(len(rows) / took, 1), "results": results,
    }  # fmt: skip


async def measure(args: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder, clock, outside = Path(name), Clock(), Clock()
        data = folder / "hub"
        make_demo_keys(data / "keys", ("T01", "centre"), random.Random(1))  # noqa: S311 - a throw-away hub
        await asyncio.to_thread(sandbox.provide, data / "ca", NOW)
        (folder / "tsa").mkdir()
        async with stamping(folder / "tsa", outside) as (url, anchor, silent):
            given = Settings(
                data=data, port=0, tsa_url=url, tsa_certificates=anchor, bids_threads=args.threads,
                service_timeout=60.0, head_interval=3600.0, head_pulse=3600.0,
            )  # fmt: skip
            running = await start(given, clock=clock, found=Found({}, {}))
            try:
                run = answering if args.answers else phases
                return await run(args, running, given, clock, outside, silent)
            finally:
                await running.stop()


async def ready_for(
    running: Running, given: Settings, clock: Clock, bids: int
) -> tuple[Tender, Hub, list[tuple[Company, bytes]], DecryptionKey]:
    """A section with an end of delivery, and bids for it that are sealed and not sent."""
    hub = running.site.ctx.hub
    key = next(one for one in read_keys(given.data / "keys") if one.owner == "T01")
    tender = Tender(hub, key, clock)
    await hub.record_event("onboarding.approve", {"system": "T01", "state": "online"})
    await tender.announce()
    platform = (await asyncio.to_thread(hub.bids.box.keeper.open)).bids
    world = sandbox.open_world(given.data / "ca")
    made = []
    for number in range(bids):
        vendor, algorithm = VENDORS[number % len(VENDORS)]
        who = company(world.vendors[vendor], number, algorithm)
        made.append((who, sealed(number, who, platform.certificate, clock())))
    return tender, hub, made, platform


async def phases(
    args: argparse.Namespace, running: Running, given: Settings, clock: Clock, outside: Clock, silent: Any
) -> dict[str, Any]:
    tender, hub, made, platform = await ready_for(running, given, clock, args.bids)
    kinds = Counter(
        f"{VENDORS[number % len(VENDORS)][0]} {who.signing.algorithm}" for number, (who, _) in enumerate(made)
    )
    files = [raw for _, raw in made]
    out: dict[str, Any] = {
        "bids": args.bids, "threads": args.threads, "signers": dict(kinds),
        "mib": round(sum(map(len, files)) / 2**20, 1),
        "delivery": await delivered(tender, made, args.abreast),
    }  # fmt: skip
    out["bare"] = [bare(files, platform)]
    early = {"a second before": await at(hub, tender, clock, DEADLINE - timedelta(seconds=1))}
    early["clock set ahead"] = await at(hub, tender, clock, DEADLINE + timedelta(seconds=1))
    silent["away"] = True
    early["clock set ahead, no time stamps"] = await at(hub, tender, clock, DEADLINE + timedelta(seconds=1))
    silent["away"] = False
    clock.now = NOW - timedelta(days=1)
    early["clock set back"] = await at(hub, tender, clock, clock.now)
    out["refused_before"] = early
    clock.now = outside.now = DEADLINE
    out["opening"] = await opened(hub, tender.section)
    out["bare"].append(bare(files, platform))
    least = min(one["whole_s"] for one in out["bare"])
    out["opening"]["times the bare loop"] = round(out["opening"]["seconds"] / least, 1)
    used = sum(one["cpu_s"] for one in out["bare"]) / len(out["bare"])
    out["opening"]["times its processor time"] = round(out["opening"]["cpu_s"] / used, 1)
    out["bare_per_second"] = round(args.bids / least, 1)
    out["rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    out["wrong"] = sum(code == "" for code in early.values()) + (
        out["opening"]["results"] != {"opened": args.bids}
    )
    return out


async def fill(hub: Hub, section: str, first: int, last: int) -> None:
    """Deliveries of others, as `hub.bids.taking` writes them down."""
    box = hub.bids.box
    whole = box.section(section)

    def work(tx: Tx) -> None:
        for number in range(first, last):
            facts = {
                "bid": hexed(box.tokens.of("bid", str(number))), "section": hexed(whole.scope),
                "receiptNo": f"r{number}", "from": "T03", "message": 1, "file": f"sm3:{number:064x}",
                "size": 1, "until": int(DEADLINE.timestamp() * 1e6), "model": "any-one", "step": "deliver",
                "party": hexed(box.tokens.of("bidder", str(number))),
            }  # fmt: skip
            tx.append(Kind.BID, box.now(), facts, b"{}", closing=box.closing(whole))

    await box.writer.do(work, long=True)


async def answers(tender: Tender, hub: Hub, ready: Iterator[Delivered], receipt: str) -> dict[str, float]:
    """Microseconds of processor time, the median of many; of a delivery all threads' together."""
    desk = hub.bids
    questions: dict[str, Callable[[], Any]] = {
        "open, too early": lambda: desk.open("T01", {"section": tender.section}),
        "open, stranger": lambda: desk.open("T03", {"section": tender.section}),
        "progress": lambda: desk.progress("T01", tender.section),
        "own receipt": lambda: desk.bid("T01", receipt),
        "no receipt": lambda: desk.bid("T01", "none"),
        "another's receipt": lambda: desk.bid("T01", "r5"),
        "another's content": lambda: desk.content("T01", "r5"),
    }
    found = {}
    for name, ask in questions.items():
        took = []
        for _ in range(ROUNDS):
            began = time.thread_time()
            with suppress(HubError):
                told = ask()
                if inspect.isawaitable(told):
                    await told
            took.append(time.thread_time() - began)
        found[name] = round(1e6 * median(took), 1)
    took = []
    for one in islice(ready, ROUNDS // 10):
        began = time.process_time()
        await tender.deliver(one)
        took.append(time.process_time() - began)
    found["delivery"] = round(1e6 * median(took), 1)
    return found


async def answering(
    args: argparse.Namespace, running: Running, given: Settings, clock: Clock, outside: Clock, silent: Any
) -> dict[str, Any]:
    """The same questions, with ever more bids in the section."""
    tender, hub, made, _ = await ready_for(running, given, clock, 1 + len(COUNTS) * (ROUNDS // 10))
    sent = [await tender.send(number, who, raw) for number, (who, raw) in enumerate(made)]
    ready = iter(sent)
    receipt, have, out = await tender.deliver(next(ready)), 1, {}
    for many in COUNTS:
        await fill(hub, tender.section, have, many)
        have = max(have, many)
        out[str(many)] = await answers(tender, hub, ready, receipt)
    return {"answers_us": out, "wrong": 0}


async def at(hub: Hub, tender: Tender, clock: Clock, moment: datetime) -> str:
    clock.now = moment
    return await refused(hub, tender.section)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bids", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--abreast", type=int, default=32)
    parser.add_argument("--answers", action="store_true")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    found = {"at": datetime.now(CST).isoformat(timespec="seconds"), "machine": machine()}
    found |= asyncio.run(measure(args))
    print(json.dumps(found, ensure_ascii=False, indent=1))
    if args.write:
        with (HERE / "results" / "bids.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(found, ensure_ascii=False) + "\n")
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
