"""Who of the 135 can start here, and the making of those who can; what is broken stays with that one."""

from __future__ import annotations

from collections.abc import Iterable

from hub.catalogue.papers import PapersError
from simulators.dialects import SIDES, UNSPOKEN
from simulators.lines import missing
from simulators.roll import Row, papered, roll, variant_papered
from simulators.system import System
from simulators.systems.build import Making, build


def chosen(idents: Iterable[str]) -> list[Row]:
    """The rows of these ids (all 135 for none), refusing an id that is not in the catalogue."""
    known = roll()
    return [known[ident] for ident in idents] if idents else list(known.values())


def cannot(row: Row, database: str = "") -> str:
    """Why this system cannot be started yet; empty when it can."""
    try:
        return _lacking(row, database)
    except Exception as error:
        return f"papers of {row.dialect} are broken: {type(error).__name__}: {error}"


def _lacking(row: Row, database: str) -> str:
    if row.dialect not in SIDES:
        return f"dialect {row.dialect} has no simulator yet"
    if not papered(row.dialect):
        return f"dialect {row.dialect} has no papers yet"
    if not variant_papered(row):
        return f"variant {row.variant} of {row.dialect} has no papers yet"
    if (row.dialect, row.variant) in UNSPOKEN:
        return f"variant {row.variant} of {row.dialect} has no simulator yet"
    lacking = missing(row.dialect, database)
    return f"{row.dialect} needs {lacking}" if lacking else ""


def muster(
    idents: Iterable[str], making: Making, database: str = ""
) -> tuple[dict[str, System], dict[str, str]]:
    """The systems that could be built, and the reasons of the others."""
    systems: dict[str, System] = {}
    waiting: dict[str, str] = {}
    for row in chosen(tuple(idents)):
        reason = cannot(row, database)
        if not reason:
            try:
                systems[row.id] = build(row, making)
            except PapersError as error:
                reason = str(error)
            except Exception as error:
                reason = f"broken: {type(error).__name__}: {error}"
        if reason:
            waiting[row.id] = reason
    _alike(systems)
    return systems, waiting


def _alike(systems: dict[str, System]) -> None:
    """N05 has its certificates from C04: what befalls one there has befallen it."""
    if "C04" in systems and "N05" in systems:
        its, other = (systems[ident].desk.switches["hierarchy"] for ident in ("C04", "N05"))
        other.register = its.register


def system_of(row: Row, making: Making) -> System:
    """One system alone, as tests want it."""
    return build(row, making)
