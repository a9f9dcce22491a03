"""The outside cases once more under fresh keys of other kinds: a verdict hangs on no known byte or key."""

from __future__ import annotations

import importlib.util
import secrets
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.algorithms import sm2
from certs.algorithms.verification import Strength, fault
from certs.model.certificate import PublicKey, read_certificate, signed_parts
from certs.model.crl import read_crl
from certs.model.der import INTEGER, MalformedError, Reader

HERE = Path(__file__).parent
SUITES = HERE.parents[3] / "shared" / "pki"
ANY = Strength(frozenset(), 512, 160)
ECDSA = bytes.fromhex("300a06082a8648ce3d040302")
SM2_SM3 = bytes.fromhex("300a06082a811ccf55018375")
Signer = tuple[bytes, bytes, Callable[[bytes], bytes]]  # SubjectPublicKeyInfo, algorithm, signing


def module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


def der(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + body


def p256() -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return spki, ECDSA, lambda message: key.sign(message, ec.ECDSA(hashes.SHA256()))


def sm2_key() -> Signer:
    key = b"\x01" + secrets.token_bytes(31)
    return sm2.public_der(sm2.public_of(key)), SM2_SM3, lambda message: sm2.sign(message, key)


class Again:
    """Writes everything signed anew: each old key has one new key; what did not hold does not hold."""

    def __init__(self, fresh: Callable[[], Signer], raws: set[bytes]) -> None:
        self.fresh = fresh
        self.keys: dict[PublicKey, Signer] = {}
        self.done: dict[bytes, bytes] = {}
        self.known: dict[object, set[PublicKey]] = {}
        for raw in raws:
            try:
                view = read_certificate(raw)
            except MalformedError:
                continue
            self.known.setdefault(view.subject.rdns, set()).add(view.key)

    def key(self, old: PublicKey) -> Signer:
        if old not in self.keys:
            self.keys[old] = self.fresh()
        return self.keys[old]

    def write(self, raw: bytes, *, crl: bool = False) -> bytes:
        if raw not in self.done:
            self.done[raw] = self._write(raw, crl)
        return self.done[raw]

    def _write(self, raw: bytes, crl: bool) -> bytes:
        try:
            view: Any = read_crl(raw) if crl else read_certificate(raw)
        except MalformedError:
            return raw
        found = [
            key
            for key in self.known.get(view.issuer.rdns, ())
            if fault(view.signed, view.algorithm, view.signature, key, strength=ANY) is None
        ]
        _, algorithm, sign = self.key(found[0]) if found else self.fresh()
        reader = Reader(raw, 20_000_000)
        parts = reader.inside(signed_parts(reader)[0])
        pieces = [reader.raw(part) for part in parts]
        first = 1 if parts[0].tag == (INTEGER if crl else 0xA0) else 0
        pieces[first if crl else first + 1] = algorithm
        if not crl:
            pieces[first + 5] = self.key(view.key)[0]
        signed = der(0x30, b"".join(pieces))
        return der(0x30, signed + algorithm + der(0x03, b"\x00" + sign(signed)))


@pytest.mark.parametrize(("name", "fresh"), [("pkits", p256), ("pkits", sm2_key), ("gm", sm2_key)])
def test_verdicts_stay(name: str, fresh: Callable[[], Signer]) -> None:
    if not (SUITES / f"{name}.json.xz").exists():
        pytest.skip(f"outside suite {name} is not beside the project (../shared/pki)")
    cases = module(SUITES / "suite.py").load(name)[1]
    judge = module(HERE / "hutong_validator.py").validate
    again = Again(fresh, {raw for case in cases for raw in (case.leaf, *case.intermediates, *case.roots)})
    missed = {}
    for case in cases:
        if case.id == "pkits:4.1.5":
            continue  # inherited DSA parameters: other keys have none to inherit
        new = replace(
            case,
            leaf=again.write(case.leaf),
            intermediates=[again.write(raw) for raw in case.intermediates],
            roots=[again.write(raw) for raw in case.roots],
            crls=[again.write(raw, crl=True) for raw in case.crls],
        )
        ok, why = judge(new)
        if ok != case.expect:
            missed[case.id] = why
        assert new.leaf != case.leaf or not case.expect
    assert not missed
