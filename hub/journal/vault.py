"""Bytes of records that the policy keeps closed, enciphered where they are stored.

What the journal proves is the digest of the plain bytes; what lies in its file, and so in every copy
and backup of it, is AES-256-GCM under keys that lie apart. Format 1 is the whole under the master key.
Format 2 has two layers: personal values are cut out, each person's under a key of its own; what is
left, masks in the cuts' places, is under the keys of the gates it waits for, or under the master key.
So a person's key can be destroyed and the rest stays readable, and the whole comes back byte for byte
as long as it is not. The sequence number is bound in, so that no entry can be put in another's place.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from certs.algorithms.digest import digest
from hub.durable import place_file
from hub.errors import SettingsError
from hub.journal.cuts import Cut
from hub.journal.keystore import Keystore, open_keystore

# No message begins like this: those that are stored open are JSON.
MARK, MARK2 = b"\x00HT1", b"\x00HT2"
NONCE = 12
KEY = 32
CIPHERS = 8192  # kept ready
WHOLE = b"{}"  # what is left of a record that could only be cut as one
_COUNT, _LENGTH = struct.Struct(">H"), struct.Struct(">I")
_ONE = struct.Struct(">HI")
_SPAN = struct.Struct(">IHI")  # place in what is left, length of the mask, length of what was there


@dataclass(frozen=True, slots=True)
class Opened:
    """The bytes as they came, or, where keys in `gone` are destroyed, with masks."""

    raw: bytes
    gone: tuple[int, ...] = ()


class Vault:
    """Closes and opens stored bytes; `fresh` gives nonces. Without a keystore only format 1."""

    def __init__(self, key: bytes, fresh: Callable[[int], bytes], keys: Keystore | None = None) -> None:
        self._cipher = AESGCM(key)
        self._fresh = fresh
        self.keys = keys
        self._ready = lru_cache(CIPHERS)(self._made)

    def close(
        self,
        seq: int,
        plain: bytes,
        *,
        gates: tuple[int, ...] = (),
        people: tuple[int, ...] = (),
        places: Sequence[Cut] | None = (),
    ) -> bytes:
        """`gates` and `people` are places in the keystore; a cut's `whose` counts in `people`."""
        if self.keys is None:
            nonce = self._fresh(NONCE)
            return MARK + nonce + self._cipher.encrypt(nonce, plain, _bound(seq))
        if places is None:
            places = (Cut(0, len(plain), WHOLE, tuple(range(len(people)))),)
        left, taken = _apart(plain, places)
        fresh, at = self._fresh(NONCE * (len(taken) + 1)), NONCE
        bound, parts = _bound(seq), [_COUNT.pack(len(taken))]
        for whose, (spans, texts) in taken.items():
            keys = tuple([people[one] for one in whose])
            head = _places(keys) + _COUNT.pack(len(spans)) + b"".join(spans)
            nonce, text = fresh[at : at + NONCE], b"".join(texts)
            closed = self._ready(keys).encrypt(nonce, text, bound + head)
            parts += head, _LENGTH.pack(len(closed)), nonce, closed
            at += NONCE
        inner, nonce, head = b"".join((*parts, *left)), fresh[:NONCE], MARK2 + _places(gates)
        return head + nonce + self._cipher_of(gates).encrypt(nonce, inner, bound + head)

    def open(self, seq: int, stored: bytes) -> Opened:
        """What was stored open comes back as it is.

        Raises SettingsError when a key is another one or the bytes were changed.
        """
        try:
            if stored.startswith(MARK2):
                return self._open(seq, stored)
            if not stored.startswith(MARK):
                return Opened(stored)
            nonce, closed = stored[len(MARK) :][:NONCE], stored[len(MARK) + NONCE :]
            return Opened(self._cipher.decrypt(nonce, closed, _bound(seq)))
        except (InvalidTag, struct.error, IndexError) as error:
            text = (
                f"journal.key 不是封存第 {seq} 条时的密钥,或内容已被改动 / wrong key or altered entry {seq}"
            )
            raise SettingsError(text, code="journal.key") from error

    def _open(self, seq: int, stored: bytes) -> Opened:
        gates, at = _read_places(stored, len(MARK2))
        lost = self._lost(gates)
        if lost:
            return Opened(b"", lost)
        nonce, closed = stored[at : at + NONCE], stored[at + NONCE :]
        inner = self._cipher_of(gates).decrypt(nonce, closed, _bound(seq) + stored[:at])
        found: list[tuple[int, int, bytes]] = []
        gone: list[int] = []
        (parts,) = _COUNT.unpack_from(inner)
        at = 2
        for _ in range(parts):
            at = self._put_back(seq, inner, at, found, gone)
        return Opened(_mended(inner[at:], found), tuple(dict.fromkeys(gone)))

    def _put_back(
        self, seq: int, inner: bytes, start: int, found: list[tuple[int, int, bytes]], gone: list[int]
    ) -> int:
        people, at = _read_places(inner, start)
        (count,) = _COUNT.unpack_from(inner, at)
        spans = [_SPAN.unpack_from(inner, at + 2 + n * _SPAN.size) for n in range(count)]
        at += 2 + count * _SPAN.size
        (length,) = _LENGTH.unpack_from(inner, at)
        end: int = at + 4 + NONCE + length
        lost = self._lost(people)
        if lost:
            gone += lost
            return end
        nonce, closed = inner[at + 4 : at + 4 + NONCE], inner[at + 4 + NONCE : end]
        text = self._cipher_of(people).decrypt(nonce, closed, _bound(seq) + inner[start:at])
        taken = 0
        for place, mask, size in spans:
            found.append((place, mask, text[taken : taken + size]))
            taken += size
        return end

    def _lost(self, places: tuple[int, ...]) -> tuple[int, ...]:
        """Those whose keys are destroyed. Asked of the file each time: nothing outlives it in memory."""
        return tuple(place for place in places if self._keys().key(place) is None)

    def _cipher_of(self, places: tuple[int, ...]) -> AESGCM:
        return self._ready(places) if places else self._cipher

    def _made(self, places: tuple[int, ...]) -> AESGCM:
        """One key, or what can be made of several only together."""
        key = self._keys().key
        made = [one for one in map(key, places) if one is not None]
        if len(made) != len(places):
            raise SettingsError(f"密钥 {places} 已销毁 / destroyed", code="vault.destroyed")
        return AESGCM(made[0] if len(made) == 1 else digest(b"hutong-keys" + b"".join(made), "sha256"))

    def _keys(self) -> Keystore:
        if self.keys is None:
            raise SettingsError("没有密钥库,不能打开 / no keystore", code="vault.keys")
        return self.keys

    def destroy(self, places: Sequence[int]) -> None:
        """Destroy keys for good, also those kept ready here."""
        self._keys().destroy(places)
        self._ready.cache_clear()

    def shut(self) -> None:
        if self.keys is not None:
            self.keys.close()


def is_closed(stored: bytes) -> bool:
    """Are these bytes enciphered?"""
    return stored.startswith((MARK, MARK2))


def open_vault(path: Path, fresh: Callable[[int], bytes], *, new: bool) -> Vault:
    """The vault under the key in `path`; a `new` journal gets a new key, an old one must find its own."""
    if not path.exists():
        if not new:
            raise SettingsError(f"缺少 / missing {path}: 没有它,已封存的报文无法读取", code="journal.key")
        place_file(path, fresh(KEY))  # what is enciphered under it must not outlive it
    key = path.read_bytes()
    if len(key) != KEY:
        raise SettingsError(f"{path}: 应为 / must be {KEY} bytes", code="journal.key")
    return Vault(key, fresh, open_keystore(path.parent / "vault" / "keys", key, fresh))


def _bound(seq: int) -> bytes:
    return seq.to_bytes(8, "big")


_Taken = dict[tuple[int, ...], tuple[list[bytes], list[bytes]]]


def _apart(plain: bytes, places: Sequence[Cut]) -> tuple[list[bytes], _Taken]:
    """What is left with masks, and what each person's cuts hold: where their masks stand, and the bytes."""
    left: list[bytes] = []
    taken: _Taken = {}
    at = shift = 0
    for start, end, mask, whose in places:
        if whose not in taken:
            taken[whose] = [], []
        spans, texts = taken[whose]
        spans.append(_SPAN.pack(start + shift, len(mask), end - start))
        texts.append(plain[start:end])
        left.append(plain[at:start])
        left.append(mask)
        shift += len(mask) - (end - start)
        at = end
    left.append(plain[at:])
    return left, taken


def _places(places: tuple[int, ...]) -> bytes:
    if len(places) == 1:
        return _ONE.pack(1, places[0])
    return struct.pack(f">H{len(places)}I", len(places), *places)


def _read_places(data: bytes, at: int) -> tuple[tuple[int, ...], int]:
    (count,) = _COUNT.unpack_from(data, at)
    return struct.unpack_from(f">{count}I", data, at + 2), at + 2 + 4 * count


def _mended(left: bytes, found: list[tuple[int, int, bytes]]) -> bytes:
    """What is left with the cuts put back; those that are gone keep their masks."""
    parts, at = [], 0
    for place, mask, text in sorted(found):
        parts += [left[at:place], text]
        at = place + mask
    return b"".join((*parts, left[at:]))
