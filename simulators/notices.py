"""What a CA tells the hub of its own accord (`ca.sync`): its lists, and what befell a certificate.

`GET|POST /systems/C05/trustlist`: `{"action": "admit" | "remove", "ca": "X01"}`, `{"action": "version"}`; C05
issues its next list and tells the hub, with its octets unless `"octets": false`, as a delta with `"delta":
true`. `{"action": "rollback" | "forged" | "wrong-base"}` tells what must be refused and issues nothing.
A certificate steered at C01, C02 or C05 (`simulators.certificates`) is told as `status-change` and `crl`, or
`delta-crl` upon the list told before.
What the hub said to it is to be found among the sayings of that system.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from certs.model.certificate import Certificate
from certs.trustlist.delta import difference, digest_of
from certs.trustlist.publishing import content_of
from hub.message import wall
from simulators.sayings import SayingDesk
from simulators.system import System
from simulators.systems.listing import Listing, version
from simulators.systems.material import b64
from simulators.systems.material import digest_of as octets_digest

if TYPE_CHECKING:
    from simulators.systems.hierarchy import Hierarchy

TELLING = frozenset({"C01", "C02", "C05"})  # whose papers let them say ca.sync
SYNC = "ca.sync"
_WORDS = {"revoke": "revoked", "freeze": "frozen", "unfreeze": "unfrozen"}
_WEEK = timedelta(days=7)


@dataclass(slots=True)
class NoticeDesk:
    """`found` gives the system and the moment on its clock, or raises 404."""

    found: Callable[[web.Request], tuple[System, datetime]]
    sayings: SayingDesk
    _told: int = field(default=0)
    _whole: dict[str, datetime] = field(default_factory=dict)  # of when the complete list told last was

    def routes(self) -> list[web.RouteDef]:
        path = "/systems/{id}/trustlist"
        return [web.get(path, self._show), web.post(path, self._act)]

    # -- lists ------------------------------------------------------------------------------------

    async def _show(self, request: web.Request) -> web.Response:
        system, now = self.found(request)
        return web.json_response(_listing(system).shown(now))

    async def _act(self, request: web.Request) -> web.Response:
        system, now = self.found(request)
        listing = _listing(system)
        try:
            asked = await request.json()
            octets, previous = issued(listing, asked, now)
        except KeyError as error:
            return web.json_response({"code": "sim.no-such-ca", "detail": str(error)}, status=404)
        except (ValueError, TypeError, AttributeError) as error:
            return web.json_response({"code": "sim.malformed", "detail": str(error)}, status=400)
        inside = asked.get("octets", True) is not False
        number = self._list(system, listing, octets, previous, now, inside=inside)
        return web.json_response({**listing.shown(now), "listVersion": number})

    def _list(
        self, system: System, listing: Listing, octets: bytes, previous: str, now: datetime, *, inside: bool
    ) -> str:
        content = {"name": f"trustlist-{listing.region}.json", "media": "application/json"}
        fields = {"entries": len(listing.admitted), "previousDigest": previous}
        end = datetime.fromisoformat(content_of(listing.current(now))["nextUpdate"])
        value = listing.sign(octets)
        return self._tell(system, "trust-list", content, octets, fields, end, value, now, inside=inside)

    # -- certificates -----------------------------------------------------------------------------

    def befallen(
        self, system: System, hierarchy: Hierarchy, certificate: Certificate, action: str, now: datetime,
        delta: bool = False,
    ) -> None:  # fmt: skip
        """Tell the hub what was done to a certificate: the notice, and the list that now has it; or what has
        changed since the list it was told last."""
        if system.desk.id not in TELLING:
            return
        algorithm = hierarchy.algorithm_of(certificate)
        issuing = hierarchy.vendor.issuing(algorithm).key
        octets = change(certificate, issuing.certificate, _WORDS[action], now)
        content = {"name": "status.json", "media": "application/json"}
        self._tell(
            system, "status-change", content, octets, {"entries": 1}, now + _WEEK, issuing.sign(octets), now
        )
        key, kind = f"{system.desk.id}/{hierarchy.vendor_id}/{algorithm}", "crl"
        since = self._whole.get(key)
        made = hierarchy.delta(algorithm, since, now) if delta and since is not None else None
        if made is None:
            crl, entries = hierarchy.crl(algorithm, now), sum(1 for _ in hierarchy.gone(algorithm, now))
            self._whole[key] = hierarchy.published(now)
        else:
            (crl, entries), kind = made, "delta-crl"
        content = {"name": f"{hierarchy.vendor_id}.crl", "media": "application/pkix-crl"}
        self._tell(system, kind, content, crl, {"entries": entries}, now + _WEEK, issuing.sign(crl), now)

    def _tell(
        self,
        system: System,
        kind: str,
        content: dict[str, Any],
        octets: bytes,
        more: dict[str, Any],
        end: datetime,
        value: bytes,
        now: datetime,
        *,
        inside: bool = True,
    ) -> str:
        self._told += 1
        number = version(now, self._told)
        about: dict[str, Any] = {
            f"content.{name}": one
            for name, one in {**content, "digest": octets_digest(octets), "size": len(octets)}.items()
        }
        if inside:
            about["content"] = about["content.data"] = b64(octets)
        signed = {"alg": "sm2-sm3", "keyId": f"{system.desk.id}-1", "value": base64.b64encode(value).decode()}
        fields = {
            "syncNo": f"{system.desk.id}-{kind}-{number}", "syncKind": kind, "listVersion": number,
            **{name: one for name, one in more.items() if one != ""}, **about, "issueTime": wall(now),
            "nextUpdate": wall(end), **{f"signature.{name}": one for name, one in signed.items()},
        }  # fmt: skip
        self.sayings.tell(system, SYNC, fields, number)
        return number


def issued(listing: Listing, asked: dict[str, Any], now: datetime) -> tuple[bytes, str]:
    """What is to be told, and the digest of what it changes; KeyError, ValueError for what cannot be."""
    before, ident = listing.current(now), str(asked.get("ca", ""))
    match asked.get("action"):
        case "admit":
            data = listing.admit(ident, now)
        case "remove":
            data = listing.remove(ident, now)
        case "version":
            data = listing.issue(now)
        case "rollback":
            if len(listing.issues) < 2:
                raise ValueError("there is only one list so far")
            return listing.issues[-2], ""
        case "forged":
            return listing.forged(now), ""
        case "wrong-base":
            return difference(listing.forged(now), before), digest_of(listing.forged(now))
        case other:
            raise ValueError(f"action {other!r}: admit, remove, version, rollback, forged, wrong-base")
    return (difference(before, data), digest_of(before)) if asked.get("delta") is True else (data, "")


def change(certificate: Certificate, issuer: bytes, status: str, now: datetime) -> bytes:
    """The content of a `status-change`."""
    from certs.model.certificate import read_certificate

    row = {
        "issuerKey": octets_digest(read_certificate(issuer).key.bits), "serialNo": f"{certificate.serial:X}",
        "status": status, "time": now.isoformat(timespec="seconds"),
    }  # fmt: skip
    if status == "unfrozen":
        row["certificate"] = b64(certificate.raw)
    return json.dumps({"version": "1", "changes": [row]}, indent=1).encode()


def _listing(system: System) -> Listing:
    found = system.desk.switches.get("listing")
    if not isinstance(found, Listing):
        text = json.dumps({"code": "sim.no-list", "detail": f"{system.desk.id} keeps no trust list"})
        raise web.HTTPNotFound(text=text)
    return found
