"""What all cases of one world share: the vendors on the list, the centre that signs it, revocation lists."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from certs.algorithms import sm2_curve as curve
from certs.algorithms.digest import digest
from certs.algorithms.sm2_ciphertext import Ciphertext
from certs.algorithms.sm2_encryption import PurePython, enciphered
from certs.cases.table import Case, Row
from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from certs.model.crl import HOLD
from certs.testpki.issue import DAY, Authority
from certs.testpki.mark import mark
from certs.testpki.vendor import VendorCa
from certs.testpki.world import World
from certs.trustlist import publish
from certs.trustlist.sandbox import sandbox_content

BENCH, STRANGER = "C03", "P01"
LISTED = ("C01", "C02", "C03", "C04", "C05")
DEEP = "C06"
CONTENT = "甘肃省公共资源交易 投标函(沙箱),总价 9,876,543.21 元".encode()
OTHER_CONTENT = CONTENT.replace(b"9,876", b"1,876")


class SameEachTime(PurePython):
    """SM2 encryption whose random number comes from key and plaintext: for sandboxes only."""

    def encrypt(self, plaintext: bytes, public: bytes) -> Ciphertext:
        seed = hashlib.sha512(b"sandbox encryption" + public + plaintext).digest()
        return enciphered(plaintext, public, int.from_bytes(seed, "big") % (curve.N - 1) + 1)


@dataclass
class Stage:
    """Over one world; everything is made when first asked for. `on` is the vendor whose certificates most
    cases are about: another one tries the same defects at another CA. `beyond` is one that the list of a
    case does not know (or its gateway)."""

    world: World
    on: str = BENCH
    beyond: str = STRANGER

    def vendor(self, name: str) -> VendorCa:
        return self.deep if name == DEEP else self.world.vendors[name]

    @property
    def bench(self) -> VendorCa:
        """Unless said otherwise, a vendor without quirks of its own."""
        return self.vendor(self.on)

    @property
    def stranger(self) -> VendorCa:
        """One that the list does not know."""
        return self.vendor(self.beyond)

    @cached_property
    def deep(self) -> VendorCa:
        """A vendor of SM2 with a CA in the middle: three tiers."""
        declared = replace(self.bench.declared, id=DEEP, tiers=3, algorithms=("sm2-sm3",))
        known = self.world.declared
        return VendorCa(
            declared, known.holders, known.revoked, now=self.world.now, days=known.days,
            source=self.world.source,
        )  # fmt: skip

    @cached_property
    def centre(self) -> HeldKey:
        return self.centre_key("centre")

    def centre_key(self, label: str) -> HeldKey:
        """A key that signs lists, under a root of its own."""
        source, keys = self.world.source, {}
        for part in ("root", "leaf"):
            drawn = int.from_bytes(source.octets(f"case/{label}/{part}/serial", 15), "big")
            keys[part] = source.key(f"case/{label}/{part}", "sm2-sm3"), drawn | 1 << 119
        key, serial = keys["root"]
        root = Authority.root(
            f"沙箱{label}根", now=self.world.now, key=key, extensions=[mark()],
            alter=lambda blank: replace(blank, serial=serial),
        )  # fmt: skip
        own, number = keys["leaf"]
        return root.issue(f"沙箱{label}", key=own, extensions=[mark()], days=365, serial=number)

    def content(
        self, vendors: Sequence[str] = LISTED, *, sequence: int = 7, **changed: Any
    ) -> dict[str, Any]:
        """A list that says these vendors; `changed` are members of each CA that are put otherwise."""
        made = sandbox_content(
            [self.vendor(one) for one in vendors], now=self.world.now, region="62", sequence=sequence
        )
        made["cas"] = [{**one, **changed} for one in made["cas"]]
        return made

    def signed(self, content: Mapping[str, Any], key: HeldKey | None = None) -> bytes:
        return publish(content, key or self.centre, at=self.world.now)[0]

    @cached_property
    def usual_list(self) -> bytes:
        return self.signed(self.content())

    @cached_property
    def usual_crls(self) -> tuple[bytes, ...]:
        return tuple(raw for one in LISTED for raw in self.vendor(one).crls())

    def hold(self, certificate: bytes, vendor: VendorCa) -> tuple[bytes, ...]:
        """The vendor's lists, with this certificate on hold."""
        row = (read_certificate(certificate).serial, self.world.now - DAY, HOLD)
        return (*vendor.crls()[:-1], vendor.issuing().crl([row], number=2))

    def case(
        self,
        row: Row,
        files: Mapping[str, bytes],
        *,
        trust_list: bytes | None = None,
        crls: Sequence[bytes] | None = None,
        vendors: Sequence[str] = (),
        **asked: Any,
    ) -> Case:
        """`vendors` further than the usual ones: they are put on the list with their revocation lists."""
        if vendors and trust_list is None:
            trust_list = self.signed(self.content(vendors))
            crls = [raw for one in vendors for raw in self.vendor(one).crls()] if crls is None else crls
        believed = {
            "trustlist.json": self.usual_list if trust_list is None else trust_list,
            "centre.der": self.centre.certificate,
        }
        lists = self.usual_crls if crls is None else crls
        believed |= {f"crl-{at:02}.crl": raw for at, raw in enumerate(lists)}
        question = {"operation": row.operation, "at": self.world.now.isoformat(), **asked}
        return Case(row, {**believed, **files}, question)


def drawn(stage: Stage, label: str, size: int) -> bytes:
    return stage.world.source.octets(f"case/{label}", size)


def flipped(data: bytes, old: bytes, new: bytes) -> bytes:
    """The same with one thing changed everywhere; raises ValueError if it is not there."""
    if old not in data or len(old) != len(new):
        raise ValueError("nothing to alter")
    return data.replace(old, new)


def named(data: bytes) -> str:
    return f"sm3:{digest(data).hex()}"
