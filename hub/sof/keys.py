"""The service keys: a pair for each application that asks, never one shared by all.

With one key for everybody, whoever holds an envelope sent to another application could have it opened here,
and sign in its name. Bids have no key here at all: their envelopes are opened at their gate, by others.

A sandbox's come out of its test PKI, derived from one secret, so that nothing is written when somebody asks
for the first time. Elsewhere `<data>/sof/keys.toml` names them (`certs/keys`: tokens, HSMs, cipher machines).
"""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from certs.keys.opening import OpenedKey, open_key
from certs.keys.port import DecryptionKey, KeyFailureError, SigningKey
from certs.testpki.world import World
from hub.ca import sandbox
from hub.ca.belief import folder_of
from hub.durable import place_file
from hub.settings import SANDBOX, Settings
from hub.sof.refusing import NO_KEY, RefusedError

FOLDER, TABLE, SECRET = "sof", "keys.toml", "secret"
_HOLDER, _VENDOR = "agency", "C01"


@dataclass(frozen=True, slots=True)
class Pair:
    """One application's keys, each with its certificate; `close` gives devices back."""

    signing: SigningKey
    encryption: DecryptionKey
    opened: tuple[OpenedKey, ...] = ()


class ServiceKeys:
    """For threads; remembers what it opened until the table or the sandbox's world changes."""

    def __init__(self, settings: Callable[[], Settings], ready: Callable[[], object]) -> None:
        """`ready` makes sure that a sandbox's recognition data lie there."""
        self._settings, self._ready = settings, ready
        self._pairs: dict[str, Pair] = {}
        self._retired: list[Pair] = []
        self._lock = Lock()
        self._mark: tuple[object, ...] = ()
        self._world: World | None = None

    def of(self, application: str) -> Pair:
        """Raises RefusedError where there is none."""
        with self._lock:
            self._look()
            found = self._pairs.get(application)
            if found is None:
                found = self._pairs[application] = self._open(application)
            return found

    def close(self) -> None:
        """Also what is out of use since: a device is given back when nobody can be using it any more."""
        with self._lock:
            self._forget()
            for pair in self._retired:
                for one in pair.opened:
                    one.close()
            self._retired.clear()

    def _look(self) -> None:
        """What was opened under another table or world is not used again."""
        mark = (_touched(self._table), _touched(folder_of(self._settings()) / sandbox.MADE))
        if mark != self._mark:
            self._forget()
            self._mark = mark

    @property
    def _table(self) -> Path:
        return self._settings().data / FOLDER / TABLE

    def _open(self, application: str) -> Pair:
        settings = self._settings()
        if self._table.exists():
            return self._named(application)
        if settings.realm != SANDBOX:
            raise _missing(application, f"{FOLDER}/{TABLE}", "请中心为本应用配置签名与加密密钥")
        if not (folder_of(settings) / sandbox.MADE).exists():
            self._ready()
            if not (folder_of(settings) / sandbox.MADE).exists():
                raise _missing(application, f"{FOLDER}/{TABLE}", "沙箱用自备信任列表时须自己配置密钥")
            self._look()
        return self._issued(application)

    def _named(self, application: str) -> Pair:
        try:
            row = tomllib.loads(self._table.read_text("utf-8"))[application]
            lines = str(row["signing"]), str(row["encryption"])
        except (OSError, ValueError, KeyError, TypeError):
            raise _missing(application, f"{TABLE} 的 [{application}]", "写明 signing 与 encryption") from None
        opened: list[OpenedKey] = []
        try:
            for line in lines:
                opened.append(open_key(line, realm=self._settings().realm))
        except KeyFailureError as error:
            for one in opened:
                one.close()
            raise _missing(application, f"{TABLE} 的 [{application}]", str(error)) from error
        return Pair(opened[0], opened[1], tuple(opened))

    def _issued(self, application: str) -> Pair:
        from certs.testpki.issue import ENCIPHER, SIGN

        if self._world is None:
            self._world = sandbox.open_world(folder_of(self._settings()))
        vendor, secret = self._world.vendors[_VENDOR], self._secret()
        label = f"sof/{secret}/{application}"
        return Pair(
            vendor.issue(_HOLDER, SIGN, label=f"{label}/sign"),
            vendor.issue(_HOLDER, ENCIPHER, label=f"{label}/encipher"),
        )

    def _secret(self) -> str:
        """Without it everybody who knows the sandbox's seed would have these keys."""
        path = self._settings().data / FOLDER / SECRET
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            place_file(path, secrets.token_hex(32).encode("ascii"))
        return path.read_text("ascii").strip()

    def _forget(self) -> None:
        self._retired += [pair for pair in self._pairs.values() if pair.opened]
        self._pairs.clear()
        self._world = None


def _touched(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def _missing(application: str, where: str, advice: str) -> RefusedError:
    return RefusedError(NO_KEY, where, f"应用 {application} 的服务密钥", "没有", advice)
