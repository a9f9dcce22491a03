"""The shared secrets of the native dialect, read from the hub's key files (seams: `keys/*.json`)."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from hub.message import Key


class KeyFiles:
    """Keys by id and by owner; read again only for an id not known yet (members join late)."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._keys: dict[str, Key] = {}
        self._read()

    def _read(self) -> None:
        if self._directory is None:
            return
        for path in sorted(self._directory.glob("*.json")):
            raw = json.loads(path.read_text("utf-8"))
            if "secret" not in raw:
                continue  # a member's public key: nothing one could share
            key = Key(raw["keyId"], raw["owner"], raw["alg"], base64.b64decode(raw["secret"]))
            self._keys[key.key_id] = key

    def key(self, key_id: str) -> Key | None:
        if key_id not in self._keys:
            self._read()
        return self._keys.get(key_id)

    def of(self, owner: str) -> Key | None:
        """The owner's key; the last by id where there are several."""
        found = [key for key in self._keys.values() if key.owner == owner]
        if not found:
            self._read()
            found = [key for key in self._keys.values() if key.owner == owner]
        return max(found, key=lambda key: key.key_id) if found else None
