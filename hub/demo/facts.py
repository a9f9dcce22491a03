"""What is spoken of in one place: a whole tender that lies in the past, and questions about it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from hub.catalogue import load as load_catalogue
from hub.message import CST, wall
from hub.standard import load as load_standard
from hub.standard.sample import Project

PAST = timedelta(days=300)  # all the times of a tender are over by now
SEED = 9000


def project(region: str) -> Project:
    """The tender of this run in a region."""
    start = datetime.now(CST).replace(hour=9, minute=0, second=0, microsecond=0) - PAST
    return Project(SEED + int(region) % 1000, start, region, standard=load_standard())


@cache
def questions() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(
        files("hub.demo").joinpath("data", "questions.json").read_text("utf-8")
    )
    return found


def question(service: str, system: str, about: Project) -> dict[str, Any]:
    """The fields of a question (or notice) to `system`, new each time; KeyError where we have no words."""
    filled = _filled(questions()[service], _words(system, about))
    assert isinstance(filled, dict)  # noqa: S101 - the templates are objects
    return filled


def _words(system: str, about: Project) -> dict[str, str]:
    now, bidder, section = datetime.now(CST), about.bidders[0], about.record("eng-section")
    nonce = secrets.token_hex(16)
    return {
        "number": f"DEMO-{system}-{secrets.token_hex(6)}",
        "nonce": nonce,
        "digest": hashlib.sha256(nonce.encode()).hexdigest(),
        "now": wall(now),
        "earlier": wall(now - timedelta(days=365)),
        "later": wall(now + timedelta(days=90)),
        "system": system,
        "stamp": f"{now:%Y%m%d%H%M%S}",
        "issuer": load_catalogue().system(system).zh,
        "bidder_code": bidder.code,
        "bidder_name": bidder.name,
        "person_name": bidder.manager,
        "person_no": bidder.manager_id,
        "asker_code": about.agency.code,
        "asker_name": about.agency.name,
        "owner_code": about.tenderer.code,
        "owner_name": about.tenderer.name,
        "section_code": section["BID_SECTION_CODE"],
        "section_name": section["BID_SECTION_NAME"],
    }


def _filled(template: Any, words: Mapping[str, str]) -> Any:
    if isinstance(template, dict):
        return {name: _filled(value, words) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(one, words) for one in template]
    return template.format(**words) if isinstance(template, str) else template
