"""Where the sender's shared secret is: a key file as a hub's data directory keeps them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from hub.message import Key


def read_key(path: Path) -> Key:
    """One key file; OSError, ValueError or KeyError when it is none."""
    row = json.loads(path.read_text("utf-8"))
    return Key(row["keyId"], row["owner"], row["alg"], base64.b64decode(row["secret"]))


def find_key(directory: Path, owner: str) -> Path | None:
    """The first file in `directory` whose owner is `owner`."""
    for path in sorted(directory.glob("*.json")):
        try:
            if read_key(path).owner == owner:
                return path
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None
