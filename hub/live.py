"""What may change while the hub runs, as one frozen value: read once for a piece of work, replaced at once.

Whoever took it up finishes with it, whoever comes later has the next one; nobody ever sees half of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.callbacks import Hearing
from hub.catalogue import Catalogue
from hub.pipeline.acceptance import Acceptance
from hub.pipeline.ingress import Ingress
from hub.services.desk import ServiceDesk
from hub.settings import Settings


@dataclass(frozen=True, slots=True)
class Live:
    """`number` counts what was taken up since the start, from 1."""

    number: int
    settings: Settings
    systems: Catalogue
    kind_of: Mapping[str, str]
    acceptance: Acceptance
    ingress: Ingress
    services: ServiceDesk
    hearing: Hearing
