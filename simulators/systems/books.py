"""Which systems hold data of their own behind a service, and the making of it."""

from __future__ import annotations

from simulators.desk import Desk
from simulators.systems.asked import open_asked
from simulators.systems.credit import CreditRegister
from simulators.systems.projects import ProjectRegister
from simulators.systems.services import open_services


def open_books(desk: Desk, seed: int) -> None:
    """D01 answers project.query, credit platforms credit.query, others what their papers list."""
    open_services(desk, seed)
    open_asked(desk, seed)
    if desk.id == "D01":
        register = ProjectRegister(seed)
        desk.books["project.query"] = register.look_up
        desk.switches["projects"] = register
    if desk.id in ("R01", "N03"):
        credit = CreditRegister(desk.id, seed)
        desk.books["credit.query"] = credit.look_up
        desk.switches["credit"] = credit
    desk.books = desk.noting(desk.books)
