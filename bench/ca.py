"""What judging certificates and signatures costs, beside openssl speed, pyOpenSSL, pyhanko-certvalidator.

usage: ca.py [--rounds 5] [--leaves 30] [--entries 100000]
Appends one JSON line to `results/ca.jsonl`. One process, one thread; all take turns over the same.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ca_formats import formats
from turns import Way, ratio, take_turns

import certs
from certs.algorithms import sm2, sm2_native
from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from certs.testpki.issue import DAY, Authority, new_key
from certs.trust import SIGNING, Revocation, Trust
from certs.verdict import Moment
from hub.message import wall
from loadtests.machine import machine

HERE = Path(__file__).parent
NOW = datetime.now(UTC).replace(microsecond=0)
FAMILIES = {"RSA-2048": "rsa-sha256", "P-256": "ecdsa-sha256", "SM2": "sm2-sm3"}
GOALS = {
    "repeated signer : openssl speed sm2": 0.7,
    "SM2 chain : pyOpenSSL": 0.75,
    "RSA-2048 chain : pyhanko": 5,
    "P-256 chain : pyhanko": 5,
}
# Constants of the programs, not remembered verdicts: which backend, how an object identifier reads.
_CONSTANTS = {"backend", "dotted"}


def forget() -> None:
    """Everything remembered about certificates, keys and signatures, tables of keys included."""
    for clear in remembered():
        clear()


@cache
def remembered() -> list[Callable[[], None]]:
    """Every cache of ours. Looked for once: going through all modules each time would chill the processor's
    own caches, and be measured."""
    certs.validate_path(b"", [], [], at=NOW)  # all that a path needs is loaded by now
    out = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("certs."):
            for found in list(vars(module).values()):
                kept = not isinstance(found, type) and hasattr(found, "cache_clear")
                if kept and found.__name__ not in _CONSTANTS:
                    out[id(found)] = found.cache_clear
    by = sm2.backend()
    return [*out.values(), *([by.forget] if isinstance(by, sm2_native.Native) else [])]


@dataclass(frozen=True, slots=True)
class World:
    """A root, a CA below it, and people's certificates."""

    root: Authority
    ca: Authority
    leaves: list[HeldKey]

    @classmethod
    def make(cls, algorithm: str, leaves: int) -> World:
        root = Authority.root("测试根", algorithm, now=NOW)
        ca = root.sub("测试中级 CA")
        keys = [
            HeldKey(algorithm, new_key(algorithm)) for _ in range(leaves if algorithm != "rsa-sha256" else 4)
        ]
        return cls(root, ca, [ca.issue(f"签名者 {at}", key=keys[at % len(keys)]) for at in range(leaves)])

    def trust(self, *crls: bytes) -> Trust:
        anchors = (self.root.key.certificate,)
        return Trust(anchors, Revocation.REQUIRED if crls else Revocation.IGNORED, crls=crls)


def only_ca_known(world: World) -> Callable[[], None]:
    """Forget everything, then judge another leaf: what is left is what is known of the CA."""
    another = world.ca.issue("另一签名者")

    def before() -> None:
        forget()
        if not ours(world)(another):
            raise AssertionError("the other leaf is sound")

    return before


def ours(world: World) -> Callable[[HeldKey], bool]:
    anchors, others = [world.root.key.certificate], [world.ca.key.certificate]
    return lambda leaf: certs.validate_path(leaf.certificate, others, anchors, at=NOW).ok


def openssl(world: World) -> Callable[[HeldKey], bool]:
    """pyOpenSSL, on the OpenSSL that comes with `cryptography`."""
    from OpenSSL import crypto

    def call(leaf: HeldKey) -> bool:
        read = [
            crypto.load_certificate(crypto.FILETYPE_ASN1, raw)
            for raw in (leaf.certificate, world.ca.key.certificate, world.root.key.certificate)
        ]
        store = crypto.X509Store()
        store.add_cert(read[2])
        store.set_time(NOW)
        crypto.X509StoreContext(store, read[0], [read[1]]).verify_certificate()
        return True  # it raises where the chain does not hold

    return call


def pyhanko(world: World) -> Callable[[HeldKey], bool]:
    """pyhanko-certvalidator, without revocation and without fetching, as ours is asked."""
    from asn1crypto.x509 import Certificate
    from pyhanko_certvalidator import ValidationContext
    from pyhanko_certvalidator.validate import validate_path

    def call(leaf: HeldKey) -> bool:
        context = ValidationContext(
            trust_roots=[Certificate.load(world.root.key.certificate)],
            other_certs=[Certificate.load(world.ca.key.certificate)],
            allow_fetching=False,
            revocation_mode="soft-fail",
            moment=NOW,
        )
        for path in context.path_builder.build_paths(Certificate.load(leaf.certificate)):
            validate_path(context, path)  # raises where the chain does not hold
            return True
        return False

    return call


def chains(worlds: dict[str, World]) -> list[Way]:
    """Three tiers, decoding included, nothing remembered from one to the next; ours also with the CA known.
    All forget before each, so that the processor's caches are as cold for the others."""
    ways = []
    for family, world in worlds.items():
        leaves, known = world.leaves, only_ca_known(world)
        ways.append(Way(f"{family} chain, cold", ours(world), leaves, forget))
        ways.append(Way(f"{family} chain, new leaf of a known CA", ours(world), leaves, known))
        ways.append(Way(f"{family} chain, pyOpenSSL", openssl(world), leaves, forget))
        if family != "SM2":
            ways.append(Way(f"{family} chain, pyhanko", pyhanko(world), leaves, forget))
    return ways


def repeated(world: World) -> list[Way]:
    """The same signer again, with another message, at another moment, revocation required: through the
    recogniser, which keeps what it found; through Trust.judge, which looks anew; and the bare operation."""
    leaf, trust = world.leaves[0], world.trust(world.root.crl(), world.ca.crl())
    recogniser = certs.Recogniser(trust, revocation=Revocation.REQUIRED)
    public = read_certificate(leaf.certificate).key.bits
    texts = [f"投标文件 {at}".encode() * 40 for at in range(100)]
    pieces = [(text, leaf.sign(text), Moment(NOW + timedelta(seconds=at))) for at, text in enumerate(texts)]
    plain = sm2.choose(sm2.installed())[0]

    def kept(piece: tuple[bytes, bytes, Moment]) -> bool:
        text, value, moment = piece
        return recogniser.verify_message(text, value, leaf.certificate, at=moment, extra=leaf.chain).ok

    def anew(piece: tuple[bytes, bytes, Moment]) -> bool:
        text, value, moment = piece
        found = trust.judge(leaf.certificate, moment=moment, purpose=SIGNING, extra=leaf.chain)
        return found.ok and sm2.verify(text, value, public)

    def bare(by: sm2.Backend) -> Callable[[tuple[bytes, bytes, Moment]], bool]:
        return lambda piece: sm2.verify(piece[0], piece[1], public, by=by)

    ways = [
        Way("repeated signer, recogniser", kept, pieces),
        Way("repeated signer, judged anew", anew, pieces),
        Way(f"SM2 verify, {plain.name}", bare(plain), pieces),
    ]
    if isinstance(sm2.backend(), sm2_native.Native):
        never, always = (sm2_native.Native(sm2_native.load(), plain, seen=seen) for seen in (None, 1))
        ways.append(Way("SM2 verify, native, unknown key", bare(never), pieces))
        ways.append(Way("SM2 verify, native, known key", bare(always), pieces))
    return ways


def openssl_speed(seconds: float) -> float | None:
    """SM2 verifications a second, by the system's own measure; None where it has no SM2."""
    words = ["openssl", "speed", "-seconds", str(max(1, round(seconds))), "sm2"]
    try:
        done = subprocess.run(words, capture_output=True, check=False, timeout=60)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"SM2\W.*?([\d.]+)\s*$", done.stdout.decode(), re.MULTILINE)
    return float(found[1]) if found and done.returncode == 0 else None


def long_list(world: World, entries: int) -> dict[str, float]:
    """Seconds for a question to a list with so many entries, the first time and afterwards."""
    rows = [(10**15 + 7 * at, NOW - DAY, 1) for at in range(entries)]
    trust, leaf = world.trust(world.root.crl(), world.ca.crl(rows)), world.leaves[0]
    spans = []
    forget()
    for _ in range(6):
        began = time.perf_counter()
        good = trust.judge(leaf.certificate, moment=Moment(NOW), purpose=SIGNING, extra=leaf.chain).ok
        spans.append(time.perf_counter() - began)
        if not good:
            raise AssertionError("the leaf is not on the list")
    return {"entries": entries, "first_s": round(spans[0], 3), "then_ms": round(min(spans[1:]) * 1000, 3)}


def main() -> int:
    parser = argparse.ArgumentParser(description="证书与签名的验证速度 / what judging costs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--leaves", type=int, default=30)
    parser.add_argument("--entries", type=int, default=100_000)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    worlds = {family: World.make(algorithm, args.leaves) for family, algorithm in FAMILIES.items()}
    signer = repeated(worlds["SM2"])
    speeds: list[float] = []

    def beside() -> None:
        speeds.append(openssl_speed(1) or 0.0)

    take_turns(signer, args.rounds, beside)
    judged = chains(worlds)
    take_turns(judged, args.rounds)
    pieces = formats()
    take_turns(pieces, args.rounds)
    ways = {way.name: way for way in (*signer, *judged, *pieces)}
    figures = {
        "per_second": {name: way.rate for name, way in ways.items()},
        "openssl_speed_sm2_verify": speeds,
        "ratios": ratios(ways, speeds),
        "crl": long_list(worlds["SM2"], args.entries),
        "sm2": sm2.backend().name,
    }
    report(figures)
    line = {"at": wall(datetime.now(UTC)), "leaves": args.leaves, "rounds": args.rounds, **figures}
    results = HERE / "results" / "ca.jsonl"
    results.parent.mkdir(exist_ok=True)
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line | {"machine": machine()}, ensure_ascii=False) + "\n")
    return 0


def ratios(ways: dict[str, Way], speeds: list[float]) -> dict[str, float]:
    out = {}
    if speeds and min(speeds) > 0:
        for name, short in (("recogniser", ""), ("judged anew", ", judged anew")):
            rounds = ways[f"repeated signer, {name}"].rounds
            pairs = zip(rounds, speeds, strict=True)
            out[f"repeated signer{short} : openssl speed sm2"] = round(
                statistics.median(1 / took / speed for took, speed in pairs), 2
            )
    for family in FAMILIES:
        for peer in ("pyOpenSSL", "pyhanko"):
            if f"{family} chain, {peer}" in ways:
                cold, other = ways[f"{family} chain, cold"], ways[f"{family} chain, {peer}"]
                out[f"{family} chain : {peer}"] = ratio(cold, other)
    return out


def report(figures: dict[str, Any]) -> None:
    """The table on the terminal."""
    print(f"每秒次数 / a second, one thread; SM2: {figures['sm2']}")
    for name, rate in figures["per_second"].items():
        print(f"  {name:<44}{rate:>10}")
    speeds = figures["openssl_speed_sm2_verify"]
    print(f"  {'openssl speed sm2 (verify)':<44}{max(speeds, default=0):>10}")
    for name, found in figures["ratios"].items():
        goal = f"   目标 goal >= {GOALS[name]}" if name in GOALS else ""
        print(f"  {name:<44}{found:>10}{goal}")
    print(f"  吊销列表 CRL: {figures['crl']}   目标 goal < 1 s, then nothing")


if __name__ == "__main__":
    raise SystemExit(main())
