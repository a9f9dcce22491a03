"""Reading a peer's address and account: what every carrier needs to get in.

Papers name credentials in their own way and a system may have two accounts (database and folder), so the more
exact name wins: `db_password` or `file_password` before `password`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from hub.delivery.transport import TransportError
from hub.ports import Place

Made = TypeVar("Made")
_USER = ("user", "username", "account")


@dataclass(frozen=True, slots=True)
class Door:
    """`host` is the name, for keys and certificates; where to go is in the place's `addresses`."""

    host: str
    port: int
    path: str
    user: str
    password: str
    query: dict[str, str]


def door(place: Place, kind: str, port: int) -> Door:
    """`kind`: the prefix of the more exact credentials (`db`, `file`); `port` where the address has none."""
    parts = urlsplit(place.base)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    user = unquote(parts.username or "") or credential(place, kind, *_USER)
    password = credential(place, kind, "password", "secret") or unquote(parts.password or "")
    return Door(parts.hostname or "", parts.port or port, unquote(parts.path), user, password, query)


def credential(place: Place, kind: str, *names: str) -> str:
    """The first of these that is there, the exact ones first."""
    wanted = (*(f"{kind}_{name}" for name in names), *names)
    return next((place.credentials[name] for name in wanted if place.credentials.get(name)), "")


async def dial(place: Place, way: Callable[[str], Awaitable[Made]]) -> Made:
    """Try the judged addresses one after another; the last one's failure is the failure."""
    failure: OSError | None = None
    for address in place.addresses:
        try:
            return await way(address)
        except OSError as error:  # also ssl.SSLError and TimeoutError
            failure = error
    if failure is None:
        raise TransportError("network.refused", sent=False)
    raise failure
