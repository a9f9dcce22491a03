"""Small hand-made records, the installed score, and the story computed once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.quality import Noted, QualityConfig, QualityRecord, Series, installed, series
from hub.quality.ledger import CST
from hub.quality.story import FIRST, LAST, tell
from hub.standard import Standard, load
from hub.standard.sample import Project

Make = Callable[..., QualityRecord]
START = datetime(2026, 6, 1, 9, 0, tzinfo=CST)


@pytest.fixture(scope="session")
def standard() -> Standard:
    return load()


@pytest.fixture(scope="session")
def config() -> QualityConfig:
    return installed()


@pytest.fixture(scope="session")
def project(standard: Standard) -> Project:
    return Project(7, START, "620102", standard=standard)


@pytest.fixture(scope="session")
def make(project: Project) -> Make:
    """A record of the project as a platform sends it: on time, whole and right unless told otherwise."""

    def made(
        stage: str,
        *,
        late: int = 0,
        bidder: int | None = None,
        part: int = 0,
        fields: dict[str, Any] | None = None,
        found: tuple[str, ...] = (),
        of: Project = project,
        **rest: Any,
    ) -> QualityRecord:
        key = f"{stage}-{of.seed}-{bidder or 0}"
        told = {**of.record(stage, bidder), **(fields or {})}
        values: dict[str, Any] = {
            "platform": "T01", "ref": f"{key}-{part}", "key": key, "stage": stage,
            "received": of.happens(stage, bidder) + timedelta(days=late, minutes=part),
            "accepted": True, "findings": tuple(Noted(code, "/body/fields/X") for code in found),
            "fields": {name: value for name, value in told.items() if value is not None},
        }  # fmt: skip
        return QualityRecord(**{**values, **rest})

    return made


@pytest.fixture(scope="session")
def month() -> tuple[QualityRecord, ...]:
    return tell()


@pytest.fixture(scope="session")
def told(month: tuple[QualityRecord, ...], config: QualityConfig) -> Series:
    return series(month, config, FIRST, LAST)
