"""The members' keys: one JSON file per key in one directory, read again when it changes.

`{"keyId": "T01-1", "owner": "T01", "alg": "hmac-sm3", "secret": "<base64>", "demo": true}`, or with a
public key `{"keyId": "T01-2", "owner": "T01", "alg": "sm2-sm3", "public": "<base64 or PEM>", "id": "…"}`;
`id` is the SM2 identity where it is not the usual one. `certificate` (base64 or PEM) in the place of `public`
makes the key that of a certificate: whether it holds is then for `hub.ca.signers` to say. `private` stands
only in the sender's own file (and in demo keys): a production hub refuses to hold one of a member's.
Rotation is two files for one owner; revocation is removing the file (or moving another over it):
both change the directory, which is what is looked at here. What is written into a file that stays is seen
by the reloader, half a second later. A directory that cannot be read as a whole leaves the keys as they were.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from certs.algorithms.digest import MACS
from certs.algorithms.signature import DEFAULT_ID, SIGNATURES, family
from certs.algorithms.sm2_keys import unwrap
from hub.errors import SettingsError
from hub.message import ALGORITHMS, Key

log = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MIN_SECRET = 16
# Clocks of file systems tick in milliseconds: what changed this recently may change unseen once more.
_TICK_NS = 50_000_000
_LOOK = 0.05  # seconds between two looks at the directory


class Bytes(Protocol):
    """The randomness a key is made of: `secrets.token_bytes` or a seeded `Random.randbytes`."""

    def randbytes(self, n: int, /) -> bytes: ...


class Keyring:
    """Keys by id and by owner; in `production` demo keys do not exist."""

    def __init__(
        self, directory: Path, *, realm: str = "sandbox", ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._directory = directory
        self._realm = realm
        self._seen = -1
        self._settled = False
        self._ticks = ticks
        self._look_again = 0.0
        self._by_id: Mapping[str, Key] = {}
        self._by_owner: Mapping[str, Key] = {}

    def key(self, key_id: str) -> Key | None:
        self._refresh()
        return self._by_id.get(key_id)

    def of(self, owner: str) -> Key | None:
        """The owner's newest key (last by id)."""
        self._refresh()
        return self._by_owner.get(owner)

    def all_of(self, owner: str) -> tuple[Key, ...]:
        """Every key the owner has at present: while it changes over there are two."""
        self._refresh()
        return tuple(key for key in self._by_id.values() if key.owner == owner)

    def owners(self) -> tuple[str, ...]:
        self._refresh()
        return tuple(self._by_owner)

    @property
    def held(self) -> tuple[Key, ...]:
        """As they are, without a look at the directory."""
        return tuple(self._by_id.values())

    def renew(self, keys: Iterable[Key]) -> None:
        """Go on with these, read and judged by somebody else."""
        self._by_id = {key.key_id: key for key in keys}
        self._by_owner = {key.owner: key for key in self._by_id.values()}

    def _refresh(self) -> None:
        """Look at the directory again, but not for every message of a burst."""
        now = self._ticks()
        if now < self._look_again:
            return
        self._look_again = now + _LOOK
        try:
            changed = self._directory.stat().st_mtime_ns
        except OSError:
            changed = 0
        if changed == self._seen and self._settled:
            return
        try:
            keys = read_keys(self._directory, demo=self._realm != "production")
        except SettingsError as error:
            if changed != self._seen:
                log.error("keyring kept as it was: %s", error.detail)
        else:
            self._by_id = {key.key_id: key for key in keys}
            self._by_owner = {key.owner: key for key in keys}
        self._seen = changed
        self._settled = time.time_ns() - changed > _TICK_NS


def read_keys(directory: Path, *, demo: bool = True) -> list[Key]:
    """All keys in id order; without `demo` those marked as demo keys are left out.

    Raises SettingsError naming the file: a broken or doubled key must not quietly be a missing one.
    """
    keys: dict[str, Key] = {}
    for path in sorted(directory.glob("*.json")):
        key, is_demo = read_key(path)
        if is_demo and not demo:
            continue
        if not demo and key.private and key.owner != "centre":
            raise SettingsError(f"{path}: 成员私钥不得存放于枢纽 / a member's private key has no place here")
        if key.key_id in keys:
            raise SettingsError(f"{path}: keyId {key.key_id} 重复 / stands in two files")
        keys[key.key_id] = key
    return [keys[key_id] for key_id in sorted(keys)]


def read_key(path: Path) -> tuple[Key, bool]:
    """One key file and whether it is a demo key."""
    try:
        row = json.loads(path.read_text("utf-8"))
        names = str(row["keyId"]), str(row["owner"]), str(row["alg"])
        if names[2] not in ALGORITHMS:
            raise SettingsError(f"{path}: alg {names[2]!r} 不在 {sorted(ALGORITHMS)} 中")
        key = _shared(names, row) if names[2] in MACS else _pair(names, row)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise SettingsError(f"{path}: 不是密钥文件 / not a key file ({type(error).__name__})") from error
    if key.alg in MACS and len(key.secret) < _MIN_SECRET:
        raise SettingsError(f"{path}: 密钥短于 {_MIN_SECRET} 字节 / secret too short")
    return key, row.get("demo") is True


def _shared(names: tuple[str, str, str], row: Mapping[str, str]) -> Key:
    return Key(*names, base64.b64decode(row["secret"], validate=True))


def _pair(names: tuple[str, str, str], row: Mapping[str, str]) -> Key:
    """A public key, or both halves; a public key that is not the private one's raises ValueError."""
    kind = family(names[2])
    private = kind.read_private(row["private"].encode("ascii")) if "private" in row else b""
    certificate = unwrap(row["certificate"].encode("ascii")) if "certificate" in row else b""
    stated = [kind.public_of(private)] if private else []
    if certificate:
        stated.append(_certified(certificate, names[2]))
    if "public" in row or not stated:
        stated.append(kind.read_public(row["public"].encode("ascii")))
    public, *others = stated
    if any(other != public for other in others):
        raise ValueError("public, certificate and private are not of one key")
    ident = str(row.get("id", DEFAULT_ID.decode("ascii"))).encode("utf-8")
    return Key(*names, public=public, private=private, ident=ident, certificate=certificate)


def _certified(certificate: bytes, alg: str) -> bytes:
    """The public key in a certificate; ValueError for one that is of another algorithm."""
    from certs.model.certificate import read_certificate
    from certs.recognition.messages import usual

    found = usual(read_certificate(certificate).key)
    if found is None or found[0] != alg:
        raise ValueError(f"the certificate has no key for {alg}")
    return found[1]


def demo_keys(directory: Path) -> list[str]:
    """Ids of the demo keys there, so that a production hub can refuse to start beside them."""
    return [key.key_id for path in sorted(directory.glob("*.json")) for key, demo in [read_key(path)] if demo]


def make_demo_keys(directory: Path, owners: Iterable[str], rng: Bytes, *, alg: str = "hmac-sm3") -> list[Key]:
    """Make `<owner>-1` for every owner that has none yet; existing files stay. Returns the new keys."""
    directory.mkdir(parents=True, exist_ok=True)
    made = []
    for owner in owners:
        key = _fresh(f"{owner}-1", owner, alg, rng.randbytes(32))
        if (directory / f"{key.key_id}.json").exists():
            continue
        write_key(directory, key, demo=True)
        made.append(key)
    return made


def _fresh(key_id: str, owner: str, alg: str, chance: bytes) -> Key:
    """A key out of 32 random bytes: a secret, or d of SM2 (a value out of range comes once in 2^32)."""
    if alg in MACS:
        return Key(key_id, owner, alg, chance)
    if alg != "sm2-sm3":
        raise SettingsError(f"演示密钥只有 hmac-* 与 sm2-sm3 / no demo keys of {alg}")
    private = SIGNATURES[alg].read_private(chance)
    return Key(key_id, owner, alg, public=SIGNATURES[alg].public_of(private), private=private)


def write_key(directory: Path, key: Key, *, demo: bool = False) -> Path:
    """Write one key file whole or not at all, readable by its owner only."""
    if _NAME.fullmatch(key.key_id) is None:
        raise SettingsError(f"keyId {key.key_id!r} 不能作文件名 / cannot be a file name")
    row = {
        "keyId": key.key_id,
        "owner": key.owner,
        "alg": key.alg,
        **_material(key),
        **({"demo": True} if demo else {}),
    }
    path = directory / f"{key.key_id}.json"
    draft = directory / f".{key.key_id}.{os.getpid()}.tmp"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            json.dump(row, handle)
        draft.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
    return path


def _material(key: Key) -> dict[str, str]:
    named = {"certificate": key.certificate} if key.certificate else {"public": key.public}
    parts = {"secret": key.secret, **named, "private": key.private}
    row = {name: base64.b64encode(part).decode("ascii") for name, part in parts.items() if part}
    return row | ({"id": key.ident.decode("utf-8")} if key.ident != DEFAULT_ID else {})
