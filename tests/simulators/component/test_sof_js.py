"""The browser's side of the function set, run by node against the component."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import hub.console
from simulators.component.functions import FUNCTIONS

HERE = Path(__file__).parent
ASSETS = Path(hub.console.__file__).parent / "assets"


@pytest.fixture(scope="module")
def node() -> str:
    """Where node is; in CI it must be there, elsewhere the test is skipped by name."""
    found = shutil.which("node")
    if not found:
        if os.environ.get("CI"):
            pytest.fail("no node, and CI must have one")
        pytest.skip("no node on this machine")
    return found


def test_sof_js_speaks_to_the_component(node: str, component: Any) -> None:
    words = [node, str(HERE / "sof_test.mjs"), component.url, component.site, ASSETS.as_uri()]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == set(FUNCTIONS), "the page has the functions of the component"
