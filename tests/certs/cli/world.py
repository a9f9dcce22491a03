"""A sandbox world in files, and the command line asked about it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from certs.testpki.world import World

NOW = datetime(2026, 11, 22, tzinfo=UTC)
AT = "2026-11-22T08:00:00+08:00"
BUILDER = "91620000MA71A0013W"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
Run = Callable[..., "Ran"]


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Files(NamedTuple):
    folder: Path
    world: World

    def trust(self, *more: str) -> list[str]:
        crls = [word for one in sorted(self.folder.glob("*/*/*.crl")) for word in ("--crl", str(one))]
        listed, signer = self.folder / "trustlist.json", self.folder / "centre.pem"
        return ["--trust", str(listed), "--signer", str(signer), "--at", AT, *crls, *more]

    def holder(self, which: str) -> str:
        return f"{self.stem(which)}.pem"

    def stem(self, which: str) -> Path:
        vendor, holder = which.split("-")
        return self.folder / vendor / self.world.vendors[vendor].algorithms[0] / f"{holder}.sign"

    def put(self, file: str, data: bytes) -> str:
        path = self.folder / file
        path.write_bytes(data)
        return str(path)
