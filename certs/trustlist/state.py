"""The newest list seen of each region, kept between runs: the one place of this folder with files."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from certs.trustlist.sequence import Sequence


class StateError(Exception):
    """The file is there but cannot be believed; starting anew in silence would open the way back."""


def load(path: Path) -> dict[str, Sequence]:
    """By region; empty if there is no file yet. Raises StateError."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {
            region: Sequence(int(row["sequence"]), datetime.fromisoformat(row["issued"]), str(row["digest"]))
            for region, row in rows.items()
        }
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise StateError(f"{path}: {error}") from error


def save(path: Path, seen: Mapping[str, Sequence]) -> None:
    """Whole or not at all, and on the disk before anybody relies on it."""
    rows = {
        region: {"sequence": one.number, "issued": one.issued.isoformat(), "digest": one.digest}
        for region, one in sorted(seen.items())
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8", newline="\n") as out:
        json.dump(rows, out, ensure_ascii=False, indent=1)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
