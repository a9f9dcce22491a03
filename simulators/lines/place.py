"""Where rows or files of a system lie, whatever keeps them."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Generic, Protocol, TypeVar

S_contra = TypeVar("S_contra", contravariant=True)
A_co = TypeVar("A_co", covariant=True)

WAYS = ("locked", "shut", "full", "read-only")


class Place(Protocol, Generic[S_contra, A_co]):
    """Rows (`Rows` -> `RowsSaid`) or files (`Files` -> `FilesSaid`)."""

    @property
    def can(self) -> frozenset[str]:
        """Which of WAYS this place can behave in."""
        ...

    async def do(self, step: S_contra) -> A_co:
        """Raises `listening.Refused` when nothing could be done at all; then nothing was."""
        ...

    async def mark(self) -> Hashable:
        """Something that differs when somebody else has been here; cheap."""
        ...

    async def suffer(self, ways: frozenset[str]) -> None:
        """From now on behave in these WAYS to others; those not in `can` are passed over."""
        ...

    async def snapshot(self) -> Any: ...

    async def restore(self, kept: Any) -> None: ...

    async def close(self) -> None: ...
