"""Where the systems are: addresses, credentials and TLS of each peer, read again when the file changes.

This is also the list of targets the hub may call at all, and of the addresses that may call in.
The catalogue holds neither addresses nor secrets; a credential is `env:NAME` or `file:PATH`, and a
literal only in the sandbox. A new file that is wrong anywhere is refused whole: the old set stays
and the reason is logged, so that a slip of an editor does not cut off 135 systems.
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub.credentials import Credentials
from hub.errors import SettingsError
from hub.transports import HTTP, schemes

log = logging.getLogger(__name__)

_MEMBERS = {"base", "files", "listen", "allow_from", "reach", "credentials", "tls", "rate", "poll", "pki"}
_POLL = {"every", "limit", "patience", "source"}
_TLS = {"ca", "cert", "key"}
MOST_OFTEN, MOST_AT_ONCE = 0.05, 1000


@dataclass(frozen=True, slots=True)
class Tls:
    """Whom we believe (`ca`) and who we are (`cert`, `key`) towards one peer: paths to PEM files."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """Every so many seconds the hub looks at what the system lays down: at most `limit` items, `patience`
    seconds for one look, `source` one of several tables or folders."""

    every: float
    limit: int
    patience: float
    source: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the hub listens for one system that calls in over TCP; port 0: any free one."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Peer:
    """One system as the wire sees it; `credentials` are resolved, names as its papers list them; `reach` are
    the inner networks its host name may lead to in production; `files` is the folder of one whose `base` are
    tables; `pki` is where a simulated CA has its responder, lists and time stamps, for the sandbox's list:
    in production such addresses stand in the centre's signed list and nowhere else."""

    base: str
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: Tls | None = None
    allow_from: tuple[IPv4Network | IPv6Network, ...] = ()
    rate: float = 0.0
    poll: Poll | None = None
    reach: tuple[IPv4Network | IPv6Network, ...] = ()
    files: str = ""
    listen: Listen | None = None
    pki: str = ""

    def admits(self, remote: str | None) -> bool:
        """May a call from this address speak as this peer?"""
        try:
            address = ip_address(remote or "")
        except ValueError:
            return False
        return any(address in network for network in self.allow_from)


class Peers:
    """The current set; every look asks the file system whether it is still current."""

    def __init__(self, path: Path, *, realm: str = "sandbox", env: Mapping[str, str] | None = None) -> None:
        self._path = path
        self._realm = realm
        self._env = os.environ if env is None else env
        self._seen: tuple[int, int, int] | None = None
        self._peers: Mapping[str, Peer] = {}
        self.error = ""

    def get(self, system: str) -> Peer | None:
        self._refresh()
        return self._peers.get(system)

    def systems(self) -> tuple[str, ...]:
        self._refresh()
        return tuple(self._peers)

    @property
    def held(self) -> Mapping[str, Peer]:
        """As they are, without a look at the file."""
        return self._peers

    def renew(self, peers: Mapping[str, Peer]) -> None:
        """Go on with these, read and judged by somebody else: a secret may change where the file does not."""
        self._peers = peers
        self.error = ""

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        except OSError:
            return  # not written yet, or being replaced: what we know stays
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._peers = read_peers(self._path, realm=self._realm, env=self._env)
            self.error = ""
        except SettingsError as error:
            self.error = error.detail
            log.error("peers kept as they were: %s", error.detail)


def read_peers(path: Path, *, realm: str, env: Mapping[str, str]) -> dict[str, Peer]:
    """The whole file, or SettingsError naming system and member."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    if set(table) - {"systems"} or not isinstance(table.get("systems", {}), dict):
        raise SettingsError(f"{path}: 只认 [systems.<编号>] / only [systems.<id>] tables are known")
    peers = {}
    for system, row in table.get("systems", {}).items():
        place = f"{path} [systems.{system}]"
        try:
            peers[system] = _peer(place, row, path.parent, realm, env)
        except (AttributeError, TypeError, ValueError) as error:
            raise SettingsError(f"{place}: {error}") from error
    return peers


def _peer(place: str, row: Any, beside: Path, realm: str, env: Mapping[str, str]) -> Peer:
    if not isinstance(row, dict) or set(row) - _MEMBERS:
        unknown = sorted(set(row) - _MEMBERS) if isinstance(row, dict) else row
        raise SettingsError(f"{place}: 未知成员 / unknown {unknown}; 可用 / known {sorted(_MEMBERS)}")
    base, files = (_address(f"{place}.{name}", row.get(name, ""), realm) for name in ("base", "files"))
    try:
        networks = tuple(ip_network(text, strict=False) for text in row.get("allow_from", ()))
        reach = tuple(ip_network(text, strict=False) for text in row.get("reach", ()))
    except ValueError as error:
        raise SettingsError(f"{place}.allow_from, reach: {error}") from error
    secrets = {
        name: _resolve(f"{place}.credentials.{name}", str(value), beside, realm, env)
        for name, value in row.get("credentials", {}).items()
    }
    tls = row.get("tls")
    if tls is not None and set(tls) - _TLS:
        raise SettingsError(f"{place}.tls: 未知成员 / unknown {sorted(set(tls) - _TLS)}")
    return Peer(
        base=base,
        files=files,
        listen=_listen(f"{place}.listen", row["listen"], networks) if "listen" in row else None,
        credentials=Credentials(secrets, place),
        tls=Tls(**{name: beside / str(value) for name, value in tls.items()}) if tls else None,
        allow_from=networks,
        rate=float(row.get("rate", 0.0)),
        poll=_poll(f"{place}.poll", row["poll"]) if "poll" in row else None,
        reach=reach,
        pki=_pki(f"{place}.pki", row.get("pki", ""), realm),
    )


def _address(place: str, text: Any, realm: str) -> str:
    """An address of a kind somebody here can go to; what stands in it besides is its carrier's matter."""
    parts = urlsplit(text) if isinstance(text, str) else urlsplit("")
    # A path alone is a place on this machine; HTTP has none there.
    somewhere = parts.hostname or (parts.scheme not in HTTP and (parts.path.strip("/") or parts.query))
    if text and not (parts.scheme in schemes() and "://" in text and somewhere):
        raise SettingsError(f"{place}: {text!r} 不是可用的地址;可用 / known {', '.join(sorted(schemes()))}")
    if parts.password is not None and realm != "sandbox":
        raise SettingsError(f"{place}: {realm} 域不得在地址中明写口令,用 credentials")
    return str(text).rstrip("/")


def _pki(place: str, text: Any, realm: str) -> str:
    if text and realm != "sandbox":
        raise SettingsError(f"{place}: 仅沙箱可用;{realm} 域以中心签发的信任列表为准 / sandbox only")
    address = _address(place, text, realm)
    if address and urlsplit(address).scheme not in HTTP:
        raise SettingsError(f"{place}: {text!r} 须为 http(s) 地址 / an http address")
    return address


def _listen(place: str, text: Any, allowed: tuple[IPv4Network | IPv6Network, ...]) -> Listen:
    parts = urlsplit(f"tcp://{text}")
    if not isinstance(text, str) or not parts.hostname or parts.port is None or parts.path:
        raise SettingsError(f'{place}: 须写作 "地址:端口" / "host:port"')
    if not allowed:
        raise SettingsError(f"{place}: 须有 allow_from,否则无人可以呼入 / allow_from is needed")
    return Listen(parts.hostname, parts.port)


def _poll(place: str, row: Any) -> Poll:
    if not isinstance(row, dict) or set(row) - _POLL or "every" not in row:
        raise SettingsError(f"{place}: 须有 every,可有 limit、patience、source / every is needed")
    made = Poll(
        float(row["every"]), int(row.get("limit", 200)), float(row.get("patience", 30.0)),
        str(row.get("source", "")),
    )  # fmt: skip
    if made.every < MOST_OFTEN or not 1 <= made.limit <= MOST_AT_ONCE or made.patience <= 0:
        raise SettingsError(f"{place}: every >= {MOST_OFTEN}, 1 <= limit <= {MOST_AT_ONCE}, patience > 0")
    return made


def _resolve(place: str, text: str, beside: Path, realm: str, env: Mapping[str, str]) -> str:
    kind, _, rest = text.partition(":")
    if kind == "env":
        if rest not in env:
            raise SettingsError(f"{place}: 环境变量 {rest} 未设置 / not set")
        return env[rest]
    if kind == "file":
        try:
            return (beside / rest).read_text("utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{place}: {error.strerror}: {rest}") from error
    if realm != "sandbox":
        raise SettingsError(f"{place}: {realm} 域不得明写口令,用 env: 或 file:")
    return text
