"""A hub with the sandbox's recognition data, made once for a session; certificates of the very same world."""

from __future__ import annotations

import base64
import shutil
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from certs.testpki.world import World as Pki
from hub.ca import sandbox


@cache
def provided() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hutong-ca-")) / "ca"
    assert sandbox.provide(folder, datetime.now(UTC))
    return folder


@cache
def pki() -> Pki:
    return sandbox.open_world(provided())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(provided(), tmp_path / "own-ca"))


@pytest.fixture
async def ca(make_world: Any, folder: Path) -> Any:
    return await make_world(ca_dir=folder)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
