"""A world written to files: certificates and keys as PEM, lists and seals as DER, and an index in JSON.

Keys lie there in the clear, so production directories are refused, and so is any folder that holds
something else already.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from certs.algorithms.sm2_keys import pem, private_der
from certs.keys.held import HeldKey
from certs.testpki.defects import DEFECTS, Exhibit
from certs.testpki.mark import MARK_OID, MARK_TEXT, ProductionError, refuse_folder
from certs.testpki.seals import sealed_by
from certs.testpki.vendor import VendorCa
from certs.testpki.world import World

INDEX = "index.json"
Index = dict[str, Any]


def write_world(
    world: World,
    folder: Path,
    *,
    holders: Iterable[str] | None = None,
    defects: bool = True,
    realm: str = "sandbox",
) -> Index:
    """Write it all and return the index, whose paths are relative to `folder`. `holders` are those who get
    certificates (of every vendor); left out, each vendor serves its own province. Raises ProductionError."""
    refuse_folder(folder, realm=realm)
    _refuse_strange(folder)
    chosen = None if holders is None else list(holders)
    index: Index = {
        "realm": "sandbox", "mark": {"oid": MARK_OID, "text": MARK_TEXT}, "zh": world.declared.zh,
        "en": world.declared.en, "now": world.now.isoformat(),
        "vendors": {one.id: _vendor(one, folder, chosen) for one in world.vendors.values()},
        "seals": {one.id: _seal(world, one.id, folder) for one in world.seals.values()},
        "defects": _defects(world, folder) if defects and world.declared.bench else {},
    }  # fmt: skip
    text = json.dumps(index, ensure_ascii=False, indent=1)
    (folder / INDEX).write_text(text + "\n", encoding="utf-8")
    return index


def _refuse_strange(folder: Path) -> None:
    """Empty, or written by us before."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    try:
        before = json.loads((folder / INDEX).read_text("utf-8"))
        ours = isinstance(before, dict) and before.get("realm") == "sandbox" and "mark" in before
    except (OSError, ValueError):
        ours = False
    if not ours:
        raise ProductionError(f"目录非空且不是沙箱证书目录 / not empty, and not a sandbox's: {folder}")


def _vendor(vendor: VendorCa, folder: Path, chosen: list[str] | None) -> Index:
    place, declared = folder / vendor.id, vendor.declared
    served = chosen if chosen is not None else [one for one in vendor.holders if _at_home(vendor, one)]
    return {
        "zh": declared.zh, "en": declared.en, "region": declared.region, "medium": declared.medium,
        "pair": declared.pair, "quirks": sorted(declared.quirks),
        "identity": [rule.as_row() for rule in vendor.rules],
        "hierarchies": {one: _hierarchy(vendor, one, place / one, folder) for one in vendor.algorithms},
        "holders": {one: _holder(vendor, one, place, folder) for one in served},
    }  # fmt: skip


def _at_home(vendor: VendorCa, holder: str) -> bool:
    who = vendor.holders[holder]
    region = who.code[2:4] if who.kind == "organisation" else who.code[:2]
    return region == vendor.declared.region[:2]


def _hierarchy(vendor: VendorCa, algorithm: str, place: Path, folder: Path) -> Index:
    tiers = [_key(ca.key, place / f"ca{at}", folder) for at, ca in enumerate(vendor.tiers(algorithm))]
    lists = [ca.crl() for ca in vendor.tiers(algorithm)[:-1]] + [vendor.crl(algorithm)]
    crls = [_file(raw, place / f"ca{at}.crl", folder) for at, raw in enumerate(lists)]
    return {
        "cas": tiers, "crls": crls, "tsa": _key(vendor.tsa(algorithm), place / "tsa", folder),
        "ocsp": _key(vendor.ocsp(algorithm).key, place / "ocsp", folder),
    }  # fmt: skip


def _holder(vendor: VendorCa, holder: str, place: Path, folder: Path) -> Index:
    who = vendor.holders[holder]
    out: Index = {"kind": who.kind, "name": who.name, "code": who.code, "keys": {}}
    for algorithm in vendor.algorithms:
        base = place / algorithm / holder
        signing = _key(vendor.signer(holder, algorithm), base.with_name(f"{holder}.sign"), folder)
        out["keys"][algorithm] = {"sign": signing, "encipher": signing}
        if vendor.declared.pair:
            key = vendor.encrypter(holder, algorithm)
            out["keys"][algorithm]["encipher"] = _key(key, base.with_name(f"{holder}.encipher"), folder)
    return out


def _seal(world: World, name: str, folder: Path) -> Index:
    seal = world.seals[name]
    raw = sealed_by(seal, world.vendors[seal.vendor])
    return {
        "vendor": seal.vendor, "holder": seal.holder, "maker": seal.maker, "name": seal.name,
        "version": seal.version, "file": _file(raw, folder / "seals" / f"{name}.esl", folder),
    }  # fmt: skip


def _defects(world: World, folder: Path) -> Index:
    out: Index = {}
    for name, row in DEFECTS.items():
        made = world.defect(name)
        place = folder / "defects" / name
        out[name] = {
            "about": row.about, "expected": list(row.expected), "zh": row.zh, "en": row.en,
            "good": _exhibit(made.good, place / "good", folder),
            "bad": _exhibit(made.bad, place / "bad", folder),
        }  # fmt: skip
    return out


def _exhibit(shown: Exhibit, place: Path, folder: Path) -> Index:
    """The certificate, and of what it is judged by only what is there."""
    out: Index = {"certificate": _file(shown.certificate, place / "certificate.der", folder)}
    for name, raws in (("anchors", shown.anchors), ("above", shown.above), ("crls", shown.crls or ())):
        out[name] = [_file(raw, place / f"{name}{at}.der", folder) for at, raw in enumerate(raws)]
    for name, raw in (("answer", shown.answer), ("issuer", shown.issuer), ("other", shown.other)):
        if raw:
            out[name] = _file(raw, place / f"{name}.der", folder)
    out |= {"purpose": shown.purpose.name, "identity": [rule.as_row() for rule in shown.rules]}
    if shown.nonce is not None:
        out["nonce"] = shown.nonce.hex()
    if shown.claimed is not None:
        out["claimed"] = shown.claimed
    return out


def _key(key: HeldKey, place: Path, folder: Path) -> dict[str, str]:
    certificate = place.with_name(place.name + ".pem")
    private = place.with_name(place.name + ".key")
    der = private_der(key.private) if key.algorithm == "sm2-sm3" else key.private
    certificates = "".join(pem("CERTIFICATE", raw) for raw in (key.certificate, *key.chain))
    _file(certificates.encode(), certificate, folder)
    private.touch(mode=0o600)
    private.write_text(pem("PRIVATE KEY", der), encoding="ascii")
    return {name: path.relative_to(folder).as_posix() for name, path in
            (("certificate", certificate), ("key", private))}  # fmt: skip


def _file(raw: bytes, path: Path, folder: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path.relative_to(folder).as_posix()
