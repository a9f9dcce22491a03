"""The recognition data of a sandbox that has none: made once out of the test PKI, signed like the real ones.

What it writes are the same files a centre would lay down, and beside them `sandbox.json` with the seed and
the moment of the world they come from, so that simulators, demos and tests can open the very same one.
The default seed is that of `hutong sim up`, whose systems then are known here.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certs.algorithms.sm2_keys import pem, private_der
from certs.testpki.mark import ProductionError, refuse_folder
from hub.ca.belief import CRLS, LIST, PEERS, SEEN, SIGNERS
from hub.durable import place_file
from hub.errors import SettingsError

if TYPE_CHECKING:
    from certs.keys.held import HeldKey
    from certs.testpki.vendor import VendorCa
    from certs.testpki.world import World

MADE, KEY = "sandbox.json", "signer.key"
SEED = "hutong-sim/1"
HOME = "620000"
_FRESH = timedelta(days=5)  # the revocation lists of a world are current for seven
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def provide(folder: Path, now: datetime) -> bool:
    """Make what a sandbox needs, unless somebody has laid down a list of his own; did it make anything?

    Costs seconds (RSA hierarchies out of a seed): never on the loop. Raises SettingsError.
    """
    made = _made(folder)
    if made is None and (folder / LIST).exists():
        return False
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if made is not None and timedelta(0) <= now - made[1] < _FRESH and (folder / LIST).exists():
        return False
    try:
        refuse_folder(folder.parent)
    except ProductionError as error:
        raise SettingsError(str(error)) from error
    _write(folder, made[0] if made is not None else SEED, midnight)
    return True


def open_world(folder: Path) -> World:
    """The world whose files lie there; raises SettingsError where none was made."""
    from certs.testpki.world import World

    made = _made(folder)
    if made is None:
        raise SettingsError(f"{folder / MADE}: 没有沙箱证书世界 / no sandbox world here")
    return World.open(now=made[1], seed=made[0])


def _made(folder: Path) -> tuple[str, datetime] | None:
    try:
        found = json.loads((folder / MADE).read_text("utf-8"))
        return str(found["seed"]), datetime.fromisoformat(found["opened"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(folder: Path, seed: str, midnight: datetime) -> None:
    from certs.testpki.world import World

    world = World.open(now=midnight, seed=seed)
    for place in (folder, folder / CRLS, folder / PEERS):
        place.mkdir(parents=True, exist_ok=True)
    (folder / SEEN).unlink(missing_ok=True)
    home = [one for one in world.vendors.values() if one.declared.region == HOME]
    others = [one for one in world.vendors.values() if one.declared.region != HOME]
    peers: list[dict[str, Any]] = []
    for region in sorted({one.declared.region for one in others}):
        key, data, peer = _neighbour(
            region, [one for one in others if one.declared.region == region], midnight
        )
        place_file(folder / PEERS / f"{region}.json", data)
        peers.append(peer)
    key, data = _list(HOME, home, midnight, peers)
    place_file(folder / KEY, pem("PRIVATE KEY", private_der(key.private)).encode("ascii"))
    place_file(folder / SIGNERS, pem("CERTIFICATE", key.certificate).encode("ascii"))
    for vendor in world.vendors.values():
        for number, raw in enumerate(vendor.crls()):
            place_file(folder / CRLS / f"{vendor.id}-{number}.crl", raw)
    place_file(folder / LIST, data)
    told = {"seed": seed, "opened": midnight.isoformat(), "zh": "沙箱证书世界,绝不用于生产"}
    place_file(folder / MADE, json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8"))


def _neighbour(region: str, vendors: list[VendorCa], now: datetime) -> tuple[HeldKey, bytes, dict[str, Any]]:
    from certs.trustlist.sandbox import sandbox_peer

    key, data = _list(region, vendors, now, [])
    return key, data, sandbox_peer(region, f"邻省 {region}(沙箱)", key.certificate, now=now)


def _list(
    region: str, vendors: list[VendorCa], now: datetime, peers: list[dict[str, Any]]
) -> tuple[HeldKey, bytes]:
    from certs.testpki.issue import Authority
    from certs.trustlist import publish
    from certs.trustlist.sandbox import sandbox_content

    key = Authority.root(f"{region} 管理根", now=now).issue(f"{region} 信任列表签发", days=365)
    number = max(1, (now - _EPOCH).days)
    content = sandbox_content(vendors, now=now, region=region, sequence=number, peers=peers)
    return key, publish(content, key, at=now)[0]
