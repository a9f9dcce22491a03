"""All that systems remember, kept and brought back: for the next test, and for a world forked from another.

A system's state is spread over its desk, its side and what those lean on (registers, guards, nonce
books). Nobody has to write code for it: whatever is an object of ours and hangs on the desk or the side
by an attribute is a *place*, known by its path; what its attributes hold is kept by value. So a snapshot
can be brought back into the same objects (others may hold them), and into those of another world, which
has the same paths. What is neither value nor ours (papers, keys, functions) is kept as it is: it does not
change.
"""

from __future__ import annotations

import io
import pickle
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any

from simulators.state import Record
from simulators.system import System

_NOT_STATE = frozenset({"books", "credentials", "own", "_books"})
_VALUES = frozenset(
    {"builtins", "datetime", "decimal", "collections", "random", "_random", "uuid", "pathlib"}
)
_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.LambdaType)
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """One system's state: the bytes, and the things in them that are kept as they are."""

    state: bytes
    fixed: tuple[Any, ...]
    journal: Any


def keep(system: System) -> Kept:
    """What this system remembers now."""
    places = dict(_places(system))
    paths = {id(place): path for path, place in places.items()}
    out = io.BytesIO()
    pickler = _Pickler(out, paths)
    pickler.dump([(path, type(place), _state(place)) for path, place in places.items()])
    return Kept(out.getvalue(), tuple(pickler.fixed), system.journal.keep())


def recall(system: System, kept: Kept) -> None:
    """Bring the state back, into this system or one of the same id in another world."""
    unpickler = _Unpickler(io.BytesIO(kept.state), dict(_places(system)), kept.fixed)
    for path, kind, state in unpickler.load():  # our own bytes, never from outside
        place = unpickler.place(path, kind)
        for name, value in state.items():
            object.__setattr__(place, name, value)
    system.journal.recall(kept.journal)


def _places(system: System) -> Iterator[tuple[Path, Any]]:
    """Every object of ours that hangs on the system by attributes, each once, in a fixed order."""
    seen: set[int] = set()
    waiting: list[tuple[Path, Any]] = [
        (("desk",), system.desk),
        (("side",), system.side),
        (("faults",), system.faults),
    ]
    while waiting:
        path, place = waiting.pop(0)
        if id(place) in seen:
            continue
        seen.add(id(place))
        yield path, place
        waiting += [((*path, name), value) for name, value in _leaning(place) if _is_place(value)]


def _leaning(place: Any) -> Iterator[tuple[str, Any]]:
    for name, value in _attributes(place).items():
        if name in ("switches", "books", "_books") and isinstance(value, dict):
            for key, one in value.items():
                yield f"{name}.{key}", getattr(one, "__self__", one)
        else:
            yield name, value


def _is_place(value: Any) -> bool:
    kind = type(value)
    if not kind.__module__.startswith("simulators.") or isinstance(value, type):
        return False
    return not (is_dataclass(kind) and getattr(kind, "__dataclass_params__").frozen)  # noqa: B009


def _attributes(place: Any) -> dict[str, Any]:
    found: dict[str, Any] = dict(getattr(place, "__dict__", {}))
    for kind in type(place).__mro__:
        names = kind.__dict__.get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            if name not in ("__dict__", "__weakref__") and hasattr(place, name):
                found[name] = getattr(place, name)
    return found


def _state(place: Any) -> dict[str, Any]:
    """Attributes without those that are only how the thing is made."""
    return {
        name: value
        for name, value in _attributes(place).items()
        if name not in _NOT_STATE and not isinstance(value, _FUNCTIONS)
    }


def _place(path: Path, kind: type) -> Any:
    raise TypeError(f"{path} of {kind} outside a snapshot")


def _fixed(number: int) -> Any:
    raise TypeError(f"{number} outside a snapshot")


def _record(number: int) -> Any:
    raise TypeError(f"{number} outside a snapshot")


class _Pickler(pickle.Pickler):
    """Places by path, things that do not change by number, all else by value."""

    def __init__(self, out: io.BytesIO, paths: Mapping[int, Path]) -> None:
        super().__init__(out, protocol=5)
        self._paths = paths
        self.fixed: list[Any] = []

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if obj is _place or obj is _fixed or obj is _record or isinstance(obj, type):
            return NotImplemented
        if kind is Record:
            self.fixed.append(obj.twin())
            return _record, (len(self.fixed) - 1,)
        path = self._paths.get(id(obj))
        if path is not None:
            return _place, (path, kind)
        value = kind.__module__.startswith("simulators.") or kind.__module__ in _VALUES
        if value and not isinstance(obj, _FUNCTIONS):
            return NotImplemented
        self.fixed.append(obj)
        return _fixed, (len(self.fixed) - 1,)


class _Unpickler(pickle.Unpickler):
    """Finds places in the system that is brought back, and makes those it does not have yet."""

    def __init__(self, source: io.BytesIO, places: dict[Path, Any], fixed: tuple[Any, ...]) -> None:
        super().__init__(source)
        self._places = places
        self._fixed = fixed

    def find_class(self, module: str, name: str) -> Any:
        if module == __name__ and name == "_place":
            return self.place
        if module == __name__ and name == "_fixed":
            return self._fixed.__getitem__
        if module == __name__ and name == "_record":
            return lambda number: self._fixed[number].twin()
        return super().find_class(module, name)

    def place(self, path: Path, kind: type) -> Any:
        if path not in self._places:
            self._places[path] = object.__new__(kind)
        return self._places[path]
