"""What is agreed with each member beside its keys: how much it may send, and its TLS certificates.

`members.toml` in the data directory, read again when it changes; without it nobody is limited and no
certificate is anybody's. `[defaults]` holds limits for all, `[members.<id>]` those of one and its
`certificates`: `sha256:<hex of the DER>` for one certificate, or `subject:<code>` for any that the trusted
CAs issue to that 统一社会信用代码 (serialNumber or organizationIdentifier). A file that is wrong
anywhere is refused whole: what held goes on holding, and the reason is logged.
"""

from __future__ import annotations

import logging
import re
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from hub.errors import SettingsError

log = logging.getLogger(__name__)
FILE = "members.toml"
_LOOK = 0.05  # seconds between two looks at the file
_MARK = re.compile(r"sha256:[0-9a-f]{64}|subject:[0-9A-Z]{6,40}")


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much one member may send once it is proved; 0 is no limit. A day is the calendar's, UTC+8."""

    per_second: float = 0.0
    burst: int = 0
    messages_per_day: int = 0
    bytes_per_day: int = 0
    concurrent: int = 0

    @property
    def unlimited(self) -> bool:
        return not (self.per_second or self.messages_per_day or self.bytes_per_day or self.concurrent)


@dataclass(frozen=True, slots=True)
class Agreed:
    """The whole file; `certificates` by mark, each perhaps of several members (one gateway for many)."""

    defaults: Allowance = Allowance()
    allowances: Mapping[str, Allowance] = field(default_factory=dict)
    certificates: Mapping[str, frozenset[str]] = field(default_factory=dict)


LIMITS = tuple(one.name for one in fields(Allowance))


class Memberships:
    """The table that holds now."""

    def __init__(self, path: Path, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._ticks = ticks
        self._look_again = 0.0
        self._seen: tuple[int, int, int] | None = None
        self._agreed = Agreed()
        self.error = ""

    def allowance(self, member: str) -> Allowance:
        agreed = self._current()
        return agreed.allowances.get(member, agreed.defaults)

    def owners(self, marks: tuple[str, ...]) -> frozenset[str]:
        """The members a certificate with these marks stands for; none if nobody named it."""
        known = self._current().certificates
        return frozenset[str]().union(*(known.get(mark, frozenset()) for mark in marks))

    def _current(self) -> Agreed:
        now = self._ticks()
        if now < self._look_again:
            return self._agreed
        self._look_again = now + _LOOK
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._agreed, self._seen = Agreed(), None
            return self._agreed
        except OSError:
            return self._agreed
        seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if seen != self._seen:
            self._seen = seen
            try:
                self._agreed, self.error = read_members(self._path), ""
            except SettingsError as error:
                self.error = error.detail
                log.error("members kept as they were: %s", error.detail)
        return self._agreed


def read_members(path: Path) -> Agreed:
    """The file as a whole, or SettingsError naming the place."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    members = table.get("members", {})
    if set(table) - {"defaults", "members"} or not isinstance(members, dict):
        raise SettingsError(f"{path}: 只认 [defaults] 与 [members.<编号>] / only these tables are known")
    defaults = _allowance(f"{path} [defaults]", table.get("defaults", {}), Allowance(), frozenset())
    allowances, certificates = {}, dict[str, frozenset[str]]()
    for member, row in members.items():
        place = f"{path} [members.{member}]"
        allowances[member] = _allowance(place, row, defaults, frozenset({"certificates"}))
        for mark in _marks(place, row.get("certificates", [])):
            certificates[mark] = certificates.get(mark, frozenset()) | {member}
    return Agreed(defaults, allowances, certificates)


def _allowance(place: str, row: Any, base: Allowance, more: frozenset[str]) -> Allowance:
    known = {*LIMITS, *more}
    if not isinstance(row, dict) or set(row) - known:
        unknown = sorted(set(row) - known) if isinstance(row, dict) else row
        raise SettingsError(f"{place}: 未知成员 / unknown {unknown}; 可用 / known {sorted(known)}")
    stated = {name: row[name] for name in LIMITS if name in row}
    for name, value in stated.items():
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not (whole or (name == "per_second" and isinstance(value, float))) or not 0 <= value < 2**53:
            raise SettingsError(f"{place}.{name}: {value!r} 应为不小于零的数 / a number, not negative")
    return replace(base, **stated)


def _marks(place: str, stated: Any) -> tuple[str, ...]:
    if not isinstance(stated, list):
        raise SettingsError(f"{place}.certificates: 应为数组 / a list")
    for mark in stated:
        if not isinstance(mark, str) or _MARK.fullmatch(mark) is None:
            raise SettingsError(f"{place}.certificates: {mark!r} 应为 sha256:<hex> 或 subject:<代码>")
    return tuple(stated)
