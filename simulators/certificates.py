"""The steering port's hand on a CA: what befalls a certificate of its holders.

`GET /systems/{id}/certificates` shows them; `POST` with `{"action": "revoke" | "freeze" | "unfreeze",
"holder": "builder"}` (or `"serial"`, hexadecimal; with `"reason"`, its number in RFC 5280, to revoke) changes
one, and responder and list say so from then on. A system that speaks for two bodies (C05: its province's P01,
and its own) shows both; `"ca": "C05"` says which, else the first one that knows the holder or number. The hub
is told by those who tell it (`notices`), unless `"tell": false`; with `"delta": true` by a delta of its list.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from certs.model.certificate import Certificate, read_certificate
from simulators.system import System

if TYPE_CHECKING:
    from simulators.systems.hierarchy import Hierarchy

Befallen = Callable[[System, "Hierarchy", Certificate, str, datetime, bool], None]


class CertificateDesk:
    """`found` gives the system and the moment on its clock, or raises 404."""

    def __init__(self, found: Callable[[web.Request], tuple[System, datetime]], befallen: Befallen) -> None:
        self._found, self._befallen = found, befallen

    def routes(self) -> list[web.RouteDef]:
        path = "/systems/{id}/certificates"
        return [web.get(path, self._show), web.post(path, self._act)]

    def _hierarchies(self, request: web.Request) -> tuple[System, list[Hierarchy], datetime]:
        system, now = self._found(request)
        switches = system.desk.switches
        found = [one for name, one in switches.items() if name.partition(".")[0] == "hierarchy"]
        if not found:
            text = json.dumps({"code": "sim.no-ca", "detail": f"{system.desk.id} issues no certificates"})
            raise web.HTTPNotFound(text=text)
        return system, found, now

    async def _show(self, request: web.Request) -> web.Response:
        _, hierarchies, now = self._hierarchies(request)
        return web.json_response([row for one in hierarchies for row in shown(one, now)])

    async def _act(self, request: web.Request) -> web.Response:
        system, hierarchies, now = self._hierarchies(request)
        try:
            asked = await request.json()
            hierarchy = meant(hierarchies, asked, now)
            said = acted(hierarchy, asked, now)
            if asked.get("tell", True) is not False:
                certificate = read_certificate(hierarchy.key_of(serial=said["serial"]).certificate)
                delta = asked.get("delta") is True
                self._befallen(system, hierarchy, certificate, str(asked["action"]), now, delta)
            return web.json_response(said)
        except KeyError as error:
            return web.json_response({"code": "sim.no-such-certificate", "detail": str(error)}, status=404)
        except (ValueError, TypeError, AttributeError) as error:
            return web.json_response({"code": "sim.malformed", "detail": str(error)}, status=400)


def meant(hierarchies: Sequence[Hierarchy], asked: dict[str, Any], now: datetime) -> Hierarchy:
    """Whose certificate it is; KeyError for nobody's."""
    for one in hierarchies:
        if asked.get("ca") not in (None, one.vendor_id):
            continue
        if asked.get("serial"):
            known = one.standing(int(str(asked["serial"]), 16), now)[0] != "unknown"
        else:
            known = str(asked["holder"]) in one.vendor.holders
        if known:
            return one
    raise KeyError(asked.get("serial") or asked.get("holder"))


def shown(hierarchy: Hierarchy, now: datetime) -> Iterator[dict[str, Any]]:
    """The signing certificates it has given to its holders, and what was issued at run time."""
    for holder in hierarchy.vendor.holders:
        serial = read_certificate(hierarchy.signer(holder).certificate).serial
        yield {
            "ca": hierarchy.vendor_id,
            "holder": holder,
            "serial": f"{serial:X}",
            "state": hierarchy.standing(serial, now)[0],
        }
    for serial in hierarchy.issued:
        yield {
            "ca": hierarchy.vendor_id,
            "holder": "",
            "serial": f"{serial:X}",
            "state": hierarchy.standing(serial, now)[0],
        }


def acted(hierarchy: Hierarchy, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Do what is asked; KeyError for no such certificate, ValueError for no such action."""
    if asked.get("serial"):
        serial = int(str(asked["serial"]), 16)
        if hierarchy.standing(serial, now)[0] == "unknown":
            raise KeyError(asked["serial"])
    else:
        serial = read_certificate(hierarchy.signer(str(asked["holder"])).certificate).serial
    match asked.get("action"):
        case "revoke":
            hierarchy.revoke(serial, now, int(asked.get("reason", 1)))
        case "freeze":
            hierarchy.freeze(serial, now)
        case "unfreeze":
            hierarchy.unfreeze(serial, now)
        case other:
            raise ValueError(f"action {other!r} is none of revoke, freeze, unfreeze")
    return {"serial": f"{serial:X}", "state": hierarchy.standing(serial, now)[0]}
