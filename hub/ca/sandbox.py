"""The recognition data of a sandbox that has none: made out of the test PKI, signed like the real ones.

What it writes are the same files a centre would lay down, and beside them `sandbox.json` with the seed and
the moment of the world they come from, so that simulators, demos and tests can open the very same one.
The default seed is that of `hutong sim up`, whose systems then are known here.

Where the simulators run, `peers.toml` says so (`pki`), and the list names their responders: revocation is
then fetched as it would be from real CAs, and only the lists of the upper tiers lie here. Without them the
lists of all CAs lie here. The list is made anew, under the same signer and with a higher sequence, when an
address changes. So it is with the list of the other province: where its platform (C05) runs, the list of
lists says where theirs is fetched, and none lies here until it was.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certs.algorithms.sm2_keys import pem, private_der, read_private
from certs.cli.kinds import recognise_kind
from certs.keys.held import HeldKey
from certs.model.der import MalformedError
from certs.testpki.mark import ProductionError, refuse_folder
from hub.ca.belief import CRLS, LIST, PEERS, SEEN, SIGNERS
from hub.durable import place_file
from hub.errors import SettingsError
from hub.peers import read_peers

if TYPE_CHECKING:
    from certs.testpki.vendor import VendorCa
    from certs.testpki.world import World

MADE, KEY = "sandbox.json", "signer.key"
SEED = "hutong-sim/1"
HOME = "620000"
_FRESH = timedelta(days=5)  # the revocation lists of a world are current for seven
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
# vendor of the world -> the system that speaks for it, where that has another name
_SPOKEN_FOR = {"P01": "C05"}
Addresses = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Made:
    """What lies there: `opened` is the moment of the world, `pki` the addresses by system."""

    seed: str
    opened: datetime
    sequence: int = 0
    pki: Addresses = field(default_factory=dict)


def addresses(peers: Path) -> Addresses | None:
    """Where simulated CAs have their public services; None while the file cannot be used: all stays as it
    is."""
    if not peers.is_file():
        return {}
    try:
        found = read_peers(peers, realm="sandbox", env=os.environ)
    except SettingsError:
        return None
    return {system: peer.pki for system, peer in found.items() if peer.pki}


def provide(folder: Path, now: datetime, pki: Addresses | None = None) -> bool:
    """Make what a sandbox needs, unless somebody has laid down a list of his own; did it make anything?

    Costs seconds (RSA hierarchies out of a seed): never on the loop. Raises SettingsError.
    """
    made = _made(folder)
    if made is None and (folder / LIST).exists():
        return False
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    known = made.pki if made is not None else {}
    wanted = dict(known if pki is None else pki)
    current = made is not None and timedelta(0) <= now - made.opened < _FRESH and (folder / LIST).exists()
    if made is not None and current and wanted == known:
        return False
    try:
        refuse_folder(folder.parent)
    except ProductionError as error:
        raise SettingsError(str(error)) from error
    opened = made.opened if made is not None and current else midnight
    days, before = (opened - _EPOCH).days, made.sequence if made is not None else 0
    seed = made.seed if made is not None else SEED
    if made is None:
        (folder / SEEN).unlink(missing_ok=True)
    _write(folder, Made(seed, opened, max(1, days, before + 1), wanted))
    return True


def open_world(folder: Path) -> World:
    """The world whose files lie there; raises SettingsError where none was made."""
    from certs.testpki.world import World

    made = _made(folder)
    if made is None:
        raise SettingsError(f"{folder / MADE}: 没有沙箱证书世界 / no sandbox world here")
    return World.open(now=made.opened, seed=made.seed)


def _made(folder: Path) -> Made | None:
    try:
        found = json.loads((folder / MADE).read_text("utf-8"))
        opened = datetime.fromisoformat(found["opened"])
        sequence = int(found.get("sequence", (opened - _EPOCH).days))
        return Made(str(found["seed"]), opened, sequence, dict(found.get("pki", {})))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(folder: Path, made: Made) -> None:
    from certs.testpki.world import World

    world = World.open(now=made.opened, seed=made.seed)
    for place in (folder, folder / CRLS, folder / PEERS):
        place.mkdir(parents=True, exist_ok=True)
    home = [one for one in world.vendors.values() if one.declared.region == HOME]
    others = [one for one in world.vendors.values() if one.declared.region != HOME]
    peers: list[dict[str, Any]] = []
    for region in sorted({one.declared.region for one in others}):
        theirs = [one for one in others if one.declared.region == region]
        peers.append(_neighbour(folder, world, region, theirs, made))
    key = _signer(folder, made.opened)
    data = _list(HOME, home, made, key, peers)
    place_file(folder / KEY, pem("PRIVATE KEY", private_der(key.private)).encode("ascii"))
    place_file(folder / SIGNERS, pem("CERTIFICATE", key.certificate).encode("ascii"))
    for vendor in world.vendors.values():
        _lay_lists(folder / CRLS, vendor, served=_base(vendor, made) != "")
    place_file(folder / LIST, data)
    told = {"seed": made.seed, "opened": made.opened.isoformat(), "sequence": made.sequence}
    told |= {"pki": dict(made.pki), "zh": "沙箱证书世界,绝不用于生产"}
    place_file(folder / MADE, json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8"))


def _lay_lists(place: Path, vendor: VendorCa, *, served: bool) -> None:
    """The list of who issues is not kept here where it can be asked for: it would go before the responder."""
    lists = vendor.crls()
    for number, raw in enumerate(lists):
        path = place / f"{vendor.id}-{number}.crl"
        if served and number >= len(lists) - len(vendor.algorithms):
            path.unlink(missing_ok=True)
        else:
            place_file(path, raw)


def _base(vendor: VendorCa, made: Made) -> str:
    return made.pki.get(_SPOKEN_FOR.get(vendor.id, vendor.id), "")


def _served(vendor: VendorCa, made: Made) -> dict[str, list[str]]:
    """The responder for holders' certificates, the lists for those of CAs."""
    base, above = _base(vendor, made), len(vendor.algorithms) * (vendor.declared.tiers - 1)
    if not base:
        return {"ocsp": [], "crl": []}
    lists = [f"{base}/crl/{vendor.id}-{number}.crl" for number in range(above)]
    return {"ocsp": [f"{base}/ocsp"], "crl": lists}


def _neighbour(
    folder: Path, world: World, region: str, vendors: list[VendorCa], made: Made
) -> dict[str, Any]:
    """Its row in the list of lists. Where its platform runs, its list is fetched from there; else it is laid
    down here, after whatever lies there."""
    from certs.trustlist.sandbox import sandbox_peer, sandbox_signer

    key, system = sandbox_signer(world, region), _SPOKEN_FOR.get(vendors[0].id, "")
    base = _base(vendors[0], made)
    if not base:
        place = folder / PEERS / f"{region}.json"
        place_file(place, _list(region, vendors, _after(place, made), key, []))
    location = f"{base}/trustlist" if base else ""
    zh = f"邻省 {region}(沙箱)"
    return sandbox_peer(region, zh, key.certificate, now=made.opened, location=location, system=system)


def _after(place: Path, made: Made) -> Made:
    """Newer than the list there: nothing goes back, in a sandbox neither."""
    from certs.trustlist.publishing import content_of

    try:
        there = content_of(place.read_bytes())
        number, issued = int(there["sequence"]), datetime.fromisoformat(there["issued"])
    except (OSError, ValueError, KeyError, TypeError, MalformedError):
        return made
    return replace(made, sequence=max(made.sequence, number + 1), opened=max(made.opened, issued))


def _signer(folder: Path, now: datetime) -> HeldKey:
    """The one who signed before, so that whoever pins him is not misled; else a new one."""
    try:
        certificate = recognise_kind((folder / SIGNERS).read_bytes()).data
        return HeldKey("sm2-sm3", read_private((folder / KEY).read_bytes()), certificate)
    except (OSError, ValueError):
        return _new_signer(HOME, now)


def _new_signer(region: str, now: datetime) -> HeldKey:
    from certs.testpki.issue import Authority

    return Authority.root(f"{region} 管理根", now=now).issue(f"{region} 信任列表签发", days=365)


def _list(
    region: str, vendors: list[VendorCa], made: Made, key: HeldKey, peers: list[dict[str, Any]]
) -> bytes:
    from certs.trustlist import publish
    from certs.trustlist.sandbox import sandbox_content

    where = {one.id: _served(one, made) for one in vendors}
    content = sandbox_content(
        vendors, now=made.opened, region=region, sequence=made.sequence, peers=peers, addresses=where
    )
    return publish(content, key, at=made.opened)[0]
