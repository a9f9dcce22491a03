"""A folder of the system's own: what its file server serves, and where the system itself reads and writes."""

from __future__ import annotations

import shutil
from pathlib import Path

from simulators.lines.place import Place
from simulators.listening import Files, FilesSaid


class FolderPlace(Place[Files, FilesSaid]):
    """`ways` is what the file server before it asks: it is the server that refuses, not the folder."""

    can = frozenset({"shut", "full", "read-only"})

    def __init__(self, root: Path, folders: tuple[str, ...]) -> None:
        self.root = root
        self.ways: frozenset[str] = frozenset()
        self._folders = folders
        for name in folders:
            (root / name).mkdir(parents=True, exist_ok=True)

    async def mark(self) -> tuple[int, ...]:
        """A name that comes or goes moves its folder's time; files are renamed into place whole."""
        return tuple((self.root / name).stat().st_mtime_ns for name in self._folders)

    async def do(self, step: Files) -> FilesSaid:
        for name, content in step.put:
            path = self._at(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.part")
            draft.write_bytes(content)
            draft.replace(path)
        for name in step.drop:
            for path in self._found(name):
                path.unlink(missing_ok=True)
        got = {self._name(path): path.read_bytes() for name in step.get for path in self._found(name)}
        listed = {self._name(path): path.stat().st_size for name in step.list for path in self._found(name)}
        return FilesSaid(got, listed)

    def _found(self, pattern: str) -> list[Path]:
        """Whole files of that name or one-level glob, never the drafts of uploads under way."""
        path = self._at(pattern)
        if "*" not in path.name:
            return [path] if path.is_file() else []
        return sorted(p for p in path.parent.glob(path.name) if p.is_file() and not p.name.startswith("."))

    def _at(self, name: str) -> Path:
        if name.startswith("/") or ".." in name.split("/"):
            raise ValueError(f"path outside the folder: {name}")
        return self.root / name

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    async def suffer(self, ways: frozenset[str]) -> None:
        self.ways = ways & self.can

    async def snapshot(self) -> dict[str, bytes]:
        return {self._name(path): path.read_bytes() for path in self.root.rglob("*") if path.is_file()}

    async def restore(self, kept: dict[str, bytes]) -> None:
        for name in set(self._all()) - set(kept):
            (self.root / name).unlink()
        await self.do(Files(put=tuple(kept.items())))

    def _all(self) -> list[str]:
        return [self._name(path) for path in self.root.rglob("*") if path.is_file()]

    async def close(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
