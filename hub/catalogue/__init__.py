"""Whom we talk to and how: 135 systems, 19 dialects, and the papers of those built here."""

from hub.catalogue.load import installed, load
from hub.catalogue.model import Catalogue, CatalogueError, DialectInfo, Subscription, System
from hub.catalogue.papers import Expectation, FieldRow, Papers, PapersError

__all__ = [
    "Catalogue",
    "CatalogueError",
    "DialectInfo",
    "Expectation",
    "FieldRow",
    "Papers",
    "PapersError",
    "Subscription",
    "System",
    "installed",
    "load",
]
