"""Altering signed data, at random bytes and element by element, and what must never come out of it.

`python -m tests.certs.cms.mutation 100000 [seed]` runs as many as wanted and prints a line.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from certs.cms import oids, read_signed, sign, with_unsigned
from certs.cms.signed import SignedData, Signer
from certs.model import write as w
from certs.model.der import MalformedError
from certs.verdict import Verdict
from tests.certs.cms.forged import forged, raw_value
from tests.certs.cms.worlds import CONTENT, NOW, world

Node = tuple[int, "list[Node] | bytes"]
_NESTING = 24


@cache
def seeds() -> tuple[tuple[bytes, str, bytes | None], ...]:
    """Messages, whose they are, and the content to hand in."""
    out: list[tuple[bytes, str, bytes | None]] = []
    for name in ("sm2-sm3", "rsa-sha256", "ecdsa-sha256"):
        at = world(name)
        both = sign(CONTENT, [at.first, at.second], time=NOW, crls=at.trust.crls)
        kept_lists = w.sequence(w.explicit(0, w.sequence(*at.trust.crls)))
        noted = with_unsigned(both, 0, oids.SIGNATURE_STAMP, both)
        out += [
            (both, name, None),
            (with_unsigned(both, 1, oids.REVOCATION_VALUES, kept_lists), name, None),
            (with_unsigned(noted, 1, oids.COUNTERSIGNATURE, w.sequence(w.integer(1))), name, None),
            (sign(CONTENT, at.first, arc="rsa", bare=True), name, None),
            (sign(CONTENT, at.first, bare=True, detached=True), name, CONTENT),
            (sign(CONTENT, at.first, by_key=True, detached=True), name, CONTENT),
        ]
    key = world("sm2-sm3").first
    out.append((forged(key, value=raw_value), "sm2-sm3", None))
    out.append((forged(key, inner=w.explicit(0, w.element(0x0C, CONTENT))), "sm2-sm3", None))
    return tuple(out)


@cache
def genuine() -> frozenset[tuple[object, ...]]:
    """What was really signed: content, by whom, under which attributes."""
    out: set[tuple[object, ...]] = set()
    for raw, _, content in seeds():
        signed = read_signed(raw)
        out |= set(_said(signed, content or signed.content))
    return frozenset(out)


def _said(signed: SignedData, content: bytes | None) -> list[tuple[object, ...]]:
    return [(content, _name(one), _covered(one)) for one in signed.signers]


def _name(signer: Signer) -> object:
    return signer.key_identifier or (signer.issuer, signer.serial)


def _covered(signer: Signer) -> object:
    rows = {(kind, values) for kind, values in signer.attributes.items()}
    return None if signer.signed_attributes is None else frozenset(rows)


def tree(raw: bytes, depth: int = 0) -> list[Node]:
    """The elements, one inside the other; raises ValueError where there are none."""
    out: list[Node] = []
    at = 0
    while at < len(raw):
        if at + 2 > len(raw):
            raise ValueError
        size, start = raw[at + 1], at + 2
        if size > 128:
            start += size - 128
            size = int.from_bytes(raw[at + 2 : start], "big")
        content = raw[start : start + size]
        out.append((raw[at], tree(content, depth + 1) if raw[at] & 0x20 and depth < _NESTING else content))
        at = start + size
    return out


def dump(node: Node, endless: bool = False) -> bytes:
    tag, inside = node
    if isinstance(inside, bytes):
        return w.element(tag, inside)
    content = b"".join(dump(one, endless) for one in inside)
    return bytes((tag, 0x80)) + content + b"\0\0" if endless else w.element(tag, content)


def _places(node: Node, found: list[list[Node]]) -> list[list[Node]]:
    if isinstance(node[1], list) and node[1]:
        found.append(node[1])
        for one in node[1]:
            _places(one, found)
    return found


def _by_element(raw: bytes, other: bytes, source: random.Random) -> bytes:
    """One element dropped, doubled, swapped, exchanged, retagged or changed; lengths are put right."""
    top = tree(raw)[0]
    siblings = source.choice(_places(top, []))
    at = source.randrange(len(siblings))
    tag, inside = siblings[at]
    way = source.randrange(7)
    if way == 0:
        del siblings[at]
    elif way == 1:
        siblings.insert(at, siblings[at])
    elif way == 2:
        siblings[at], siblings[-1] = siblings[-1], siblings[at]
    elif way == 3:
        siblings[at] = source.choice(source.choice(_places(tree(other)[0], [])))
    elif way == 4:
        siblings[at] = (source.choice((tag ^ 0x20, tag ^ 0x80, 0x30, 0x31, 0x04, 0x02, 0xA0, 0xA1)), inside)
    elif isinstance(inside, bytes) and inside:
        siblings[at] = (tag, _by_byte(inside, other, source))
    return dump(top, endless=way == 6)


def _by_byte(raw: bytes, other: bytes, source: random.Random) -> bytes:
    at = source.randrange(len(raw))
    way = source.randrange(6)
    if way == 0:
        return raw[:at] + bytes((raw[at] ^ 1 << source.randrange(8),)) + raw[at + 1 :]
    if way == 1:
        return raw[:at] + source.randbytes(1) + raw[at + 1 :]
    if way == 2:
        return raw[:at] + raw[at + source.randrange(1, 9) :]
    if way == 3:
        return raw[:at] + source.randbytes(source.randrange(1, 9)) + raw[at:]
    if way == 4:
        return raw[:at]
    begin = source.randrange(len(other))
    return raw[:at] + other[begin : begin + source.randrange(1, 64)] + raw[at:]


def altered(raw: bytes, other: bytes, source: random.Random) -> bytes:
    """Another message than `raw`, perhaps with a part of `other`."""
    try:
        return (_by_element if source.random() < 0.6 else _by_byte)(raw, other, source) or b"0"
    except (ValueError, IndexError):
        return _by_byte(raw, other, source) or b"0"


@dataclass
class Tally:
    """What came out; `wrong` are the mutants that prove a fault, at most ten."""

    states: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    wrong: list[tuple[str, bytes]] = field(default_factory=list)

    def add(self, raw: bytes, content: bytes | None, judge: Callable[[bytes], Verdict]) -> None:
        begun = time.perf_counter()
        verdict = judge(raw)
        self.slowest = max(self.slowest, time.perf_counter() - begun)
        self.states[verdict.state] += 1
        self.codes.update({reason.code for reason in verdict.reasons})
        fault = _fault(raw, content, verdict)
        if fault and len(self.wrong) < 10:
            self.wrong.append((fault, raw))


def _fault(raw: bytes, content: bytes | None, verdict: Verdict) -> str:
    if any(reason.code == "internal" for reason in verdict.reasons):
        return f"foreign exception: {verdict.sentence('en')}"
    if not verdict.ok:
        return ""
    try:
        signed = read_signed(raw)
    except MalformedError:
        return "valid, and cannot be read"
    said = set(_said(signed, content or signed.content))
    return "" if said and said <= genuine() else "valid, and says what nobody signed"


def run(count: int, seed: int) -> Tally:
    """So many mutants, one after another altered once to four times."""
    source, tally = random.Random(seed), Tally()
    for _ in range(count):
        raw, name, content = source.choice(seeds())
        for _ in range(source.choice((1, 1, 1, 2, 4))):
            raw = altered(raw, source.choice(seeds())[0], source)
        at = world(name)
        tally.add(raw, content, lambda one, at=at, content=content: at.judge(one, content=content))  # type: ignore[misc]
    return tally


if __name__ == "__main__":
    wanted, start = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    begun_at = time.perf_counter()
    done = run(wanted, start)
    print(f"{wanted} mutants in {time.perf_counter() - begun_at:.0f} s, slowest {done.slowest * 1000:.0f} ms")
    print(dict(done.states), dict(done.codes.most_common()))
    for what, mutant in done.wrong:
        print("WRONG", what, mutant.hex())
    sys.exit(1 if done.wrong else 0)
