"""A second hand that writes time-stamp tokens and evidence records: asn1crypto for the structures, gmalg for
SM2 and SM3. Imports nothing of `certs`; random numbers come from a seed, so the bytes are the same each time.

`python -m tests.certs.golden.stamp_writer` writes `stamps/*.der` anew.
"""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from asn1crypto import algos, core, tsp, x509

from tests.certs.golden.cms_writer import (
    SHA256,
    SM2_SIGN,
    SM2_SM3,
    SM3,
    Algorithm,
    Attribute,
    Attributes,
    Body,
    Certificate,
    Party,
    SignedData,
    SignerInfo,
    algorithm,
    key_identifier,
    sm2_party,
    sm3,
)

MADE = datetime(2026, 11, 1, 8, 30, 15, 250000, tzinfo=UTC)
DATA = "甘肃省公共资源交易:时间戳样例(沙箱)".encode()
POLICY = "1.2.156.10197.6.1.99.1"
HERE = Path(__file__).parent / "stamps"
TST = "1.2.840.113549.1.9.16.1.4"


class Lists(core.SequenceOf):
    _child_spec = core.OctetString


class Tree(core.SequenceOf):
    _child_spec = Lists


class ArchiveStamp(core.Sequence):
    _fields: ClassVar = [("algorithm", Algorithm, {"implicit": 0, "optional": True}),
               ("attributes", core.Any, {"implicit": 1, "optional": True}),
               ("tree", Tree, {"implicit": 2, "optional": True}), ("stamp", core.Any)]  # fmt: skip


class Chain(core.SequenceOf):
    _child_spec = ArchiveStamp


class Chains(core.SequenceOf):
    _child_spec = Chain


class Digests(core.SequenceOf):
    _child_spec = Algorithm


class EvidenceRecord(core.Sequence):
    _fields: ClassVar = [("version", core.Integer), ("digests", Digests),
               ("cryptoInfos", core.Any, {"implicit": 0, "optional": True}),
               ("encryptionInfo", core.Any, {"implicit": 1, "optional": True}),
               ("chains", Chains)]  # fmt: skip


def issued(party: Party, by: Party, serial: int, *, ca: bool) -> bytes:
    """A certificate of a CA, or of a time-stamp authority."""
    usage = x509.KeyUsage({"key_cert_sign", "crl_sign"} if ca else {"digital_signature", "non_repudiation"})
    rows = [
        {"id": "2.5.29.19", "critical": True, "value": x509.BasicConstraints({"ca": ca}).dump()},
        {"id": "2.5.29.15", "critical": True, "value": usage.dump()},
        {"id": "2.5.29.14", "value": core.OctetString(key_identifier(party)).dump()},
    ]
    if not ca:
        extended = x509.ExtKeyUsageSyntax(["time_stamping"])
        rows.append({"id": "2.5.29.37", "critical": True, "value": extended.dump()})
    period = MADE.replace(microsecond=0)
    body = Body({
        "version": 2, "serial": serial, "algorithm": algorithm(SM2_SM3),
        "issuer": by.name, "subject": party.name, "key": core.load(party.key),
        "validity": {"begin": period - timedelta(days=30), "end": period + timedelta(days=3000)},
        "extensions": rows,
    })  # fmt: skip
    return Certificate({"body": body, "algorithm": algorithm(SM2_SM3), "value": by.sign(body.dump())}).dump()


def info(data: bytes = DATA, name: str = "sm3", tsa: x509.Name | None = None) -> bytes:
    """TSTInfo with everything that can stand in one."""
    imprint = {"hash_algorithm": digest(name), "hashed_message": hashed(data, name)}
    fields = {
        "version": 1, "policy": POLICY, "message_imprint": imprint, "serial_number": 4711, "gen_time": MADE,
        "accuracy": {"seconds": 1, "millis": 500, "micros": 20}, "ordering": True, "nonce": 0xC0FFEE00C0FFEE,
    }  # fmt: skip
    if tsa is not None:
        fields["tsa"] = x509.GeneralName("directory_name", tsa)
    return tsp.TSTInfo(fields).dump()


def digest(name: str) -> algos.DigestAlgorithm:
    if name == "sm3":
        return algos.DigestAlgorithm({"algorithm": SM3})
    return algos.DigestAlgorithm({"algorithm": name, "parameters": core.Null()})


def hashed(data: bytes, name: str) -> bytes:
    return sm3(data) if name == "sm3" else hashlib.new(name, data).digest()


def token(party: Party, certificates: list[bytes], serial: int, issuer: Party, content: bytes) -> bytes:
    """ContentInfo of an SM2 time stamp; the certificate is named by its SM3 digest."""
    named = core.Sequence
    one = _sequence(algorithm(SM3).dump(), core.OctetString(sm3(certificates[0])).dump())
    attributes = Attributes([
        Attribute({"kind": "1.2.840.113549.1.9.3", "values": [core.ObjectIdentifier(TST)]}),
        Attribute({"kind": "1.2.840.113549.1.9.4", "values": [core.OctetString(sm3(content))]}),
        Attribute({"kind": "1.2.840.113549.1.9.16.2.47",
                   "values": [named.load(_sequence(_sequence(one)))]}),
    ])  # fmt: skip
    signer = SignerInfo({
        "version": 1, "sid": {"issuer": {"issuer": issuer.name, "serial": serial}},
        "digest": algorithm(SM3), "attributes": attributes, "algorithm": algorithm(SM2_SIGN),
        "value": party.sign(attributes.dump()),
    })  # fmt: skip
    inner = _sequence(core.ObjectIdentifier(TST).dump(), core.OctetString(content, explicit=0).dump())
    signed = SignedData({
        "version": 3, "digests": [algorithm(SM3)], "content": core.load(inner),
        "certificates": [core.load(raw) for raw in certificates], "signers": [signer],
    })  # fmt: skip
    kind = core.ObjectIdentifier("1.2.840.113549.1.7.2").dump()
    return _sequence(kind, b"\xa0" + _length(len(signed.dump())) + signed.dump())


def _sequence(*parts: bytes) -> bytes:
    content = b"".join(parts)
    return b"\x30" + _length(len(content)) + content


def _length(size: int) -> bytes:
    if size < 128:
        return bytes((size,))
    raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(raw),)) + raw


def record(chains: list[list[tuple[str, list[list[bytes]], bytes]]]) -> bytes:
    """An evidence record of (digest, lists, token) in chains."""
    rows = [
        [
            {"algorithm": bare(name), "stamp": core.load(raw), **({"tree": lists} if lists else {})}
            for name, lists, raw in chain
        ]
        for chain in chains
    ]
    names = dict.fromkeys(name for chain in chains for name, _, _ in chain)
    return EvidenceRecord({"version": 1, "digests": [bare(name) for name in names], "chains": rows}).dump()


def bare(name: str) -> Algorithm:
    return algorithm(SM3 if name == "sm3" else SHA256)


def made() -> dict[str, bytes]:
    """File name to bytes."""
    seed = random.Random(20261122)
    root, tsa = sm2_party("沙箱时间戳根 CA", seed), sm2_party("沙箱时间戳机构", seed)
    anchor, leaf = issued(root, root, 1, ca=True), issued(tsa, root, 2, ca=False)
    content = info(tsa=tsa.name)
    one = token(tsa, [leaf, anchor], 2, root, content)
    others = [sm3(b"%d" % at) for at in range(3)]
    pair = sorted([sm3(DATA), others[0]])
    upper = sm3(b"".join(pair))
    middle = sm3(b"".join(sorted([upper, others[1]])))
    top = sm3(b"".join(sorted([middle, others[2]])))
    imprint = {"hash_algorithm": digest("sm3"), "hashed_message": top}
    over = tsp.TSTInfo({"version": 1, "policy": POLICY, "message_imprint": imprint, "serial_number": 4712,
                        "gen_time": MADE.replace(microsecond=0)}).dump()  # fmt: skip
    lists = [pair, [others[1]], [others[2]]]
    archive = record([[("sm3", lists, token(tsa, [leaf, anchor], 2, root, over))]])
    return {"root.der": anchor, "sm2-token.der": one, "sm2-record.der": archive}


def main() -> None:
    HERE.mkdir(exist_ok=True)
    for name, raw in made().items():
        (HERE / name).write_bytes(raw)


if __name__ == "__main__":
    main()
