"""How a third-party system comes online: application, examination by the real suite, approval."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hub.client import HubClient
from hub.errors import ReceiverError
from hub.onboarding.sample import sample_application


def examine(plan: Path, out: Path) -> dict[str, Any]:
    """Run `hutong conform run` on one plan; the report, whatever its verdict."""
    verb = [
        sys.executable,
        "-m",
        "hub.cli.main",
        "conform",
        "run",
        "--plan",
        str(plan),
        "--out",
        str(out),
        "--json",
    ]
    done = subprocess.run(  # noqa: S603 - our own interpreter and verb
        verb, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "utf-8"}, timeout=300, check=False
    )
    if done.returncode not in (0, 1):
        raise ReceiverError(done.stderr.decode("utf-8", "replace")[-800:], code="demo.examination")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def admit(vendor: HubClient, centre: HubClient, system: str, report: dict[str, Any]) -> str:
    """Apply, hand in the report, be approved; the state the desk ends in."""
    application = vendor.onboard_apply(sample_application(system))
    vendor.onboard_report(application, report)
    return centre.onboard_approve(application)
