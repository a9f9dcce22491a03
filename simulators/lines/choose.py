"""Which line a system has, read from its dialect's papers, and what all lines of one fleet share."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hub.catalogue.papers import Papers
from simulators.lines.documents import DocumentLine
from simulators.lines.folder import FolderPlace
from simulators.lines.place import Place
from simulators.lines.rounds import RoundsLine
from simulators.lines.sqlite import SqlitePlace
from simulators.listening import Address, Filed, Listener, Rows, RowsSaid, Tabled
from simulators.serving import Clock
from simulators.system import System

if TYPE_CHECKING:
    from simulators.lines.ftp import FtpThread

NEEDS = {"sftp": "asyncssh", "ftp": "pyftpdlib"}


def line_of(dialect: str) -> str:
    """`http`, `tcp`, `rows`, `files` or `steps` (rows and files)."""
    facts = Papers.load(dialect).facts
    return str(facts.get("transport") or {"ROWS": "rows", "FILES": "files", "STEPS": "steps"}.get(
        str(facts.get("method")), "http"))  # fmt: skip


def schemes(dialect: str) -> list[str]:
    """The file servers this dialect knows, the usual one first."""
    facts = Papers.load(dialect).facts
    return [str(name) for name in facts.get("file_schemes") or facts.get("schemes") or ()]


def missing(dialect: str, database: str = "") -> str:
    """What has to be installed before this dialect's line can be opened; empty when nothing has."""
    kind = line_of(dialect)
    if kind in ("files", "steps") and not any(_there(name) for name in schemes(dialect)):
        return "an SFTP or FTP server (extra `files`: asyncssh, pyftpdlib)"
    if kind in ("rows", "steps") and database and importlib.util.find_spec("asyncpg") is None:
        return "asyncpg (extra `postgres`) for --database"
    return ""


def _there(scheme: str) -> bool:
    return scheme in NEEDS and importlib.util.find_spec(NEEDS[scheme]) is not None


class Lines:
    """Opens the lines of one world; databases that are shared are opened once."""

    def __init__(self, root: Path, clock: Clock, database: str = "", prefix: str = "sim") -> None:
        self._root, self._clock, self._database, self._prefix = root, clock, database, prefix
        self._tables: dict[str, Place[Rows, RowsSaid]] = {}
        self._closing: list[Any] = []
        self._thread: FtpThread | None = None
        self.open_lines: dict[str, Listener] = {}

    async def open(self, system: System, host: str) -> Address:
        """Start this system's line; the address is what the hub must know."""
        kind = line_of(system.desk.dialect)
        line: Listener
        if kind == "tcp":
            line = DocumentLine(self._clock)
        else:
            tables = await self._table_place(system) if kind in ("rows", "steps") else None
            files = self._file_place(system) if kind in ("files", "steps") else None
            address = await self._address(system, tables, files, host)
            line = RoundsLine(address, self._clock, tables, files)
        self.open_lines[system.desk.id] = line
        return await line.start(system, host)

    async def _table_place(self, system: System) -> Place[Rows, RowsSaid]:
        side = cast(Tabled, system.side)
        name = side.place
        if name not in self._tables:
            if self._database:
                from simulators.lines.postgres import PostgresPlace

                schema = f"{self._prefix}_{name}".lower().replace("-", "_")
                self._tables[name] = await PostgresPlace.open(
                    self._database, schema, side.schema("postgresql")
                )
            else:
                self._root.mkdir(parents=True, exist_ok=True)
                self._tables[name] = SqlitePlace(self._root / f"{name}.db", side.schema("sqlite"))
        return self._tables[name]

    def _file_place(self, system: System) -> FolderPlace:
        place = FolderPlace(self._root / f"{system.desk.id}-files", cast(Filed, system.side).folders)
        self._closing.append(place.close)
        return place

    async def _address(
        self, system: System, tables: Place[Rows, RowsSaid] | None, files: FolderPlace | None, host: str
    ) -> Address:
        served = await self._serve(system, files, host) if files is not None else None
        if tables is None:
            return served or Address("")
        told = await self._table_address(system, tables)
        if served is None:
            return told
        return Address(told.base, {**told.credentials, **served.credentials, "files": served.base})

    async def _table_address(self, system: System, place: Place[Rows, RowsSaid]) -> Address:
        if isinstance(place, SqlitePlace):
            return Address(f"sqlite://{place.path.resolve().as_posix()}")
        secrets = system.desk.credentials
        name = next((n for n in ("db_username", "username") if n in secrets), "username")
        role = f"{self._prefix}_{secrets.get(name, 'hub')}_{system.desk.id}".lower()
        word = secrets.get("db_password") or secrets.get("password", "")
        return Address(await cast(Any, place).admit(role, word), {name: role})

    async def _serve(self, system: System, files: FolderPlace, host: str) -> Address:
        secrets = system.desk.credentials
        user = secrets.get("file_username") or secrets.get("username", "hub")
        word = secrets.get("file_password") or secrets.get("password", "")
        scheme = next(name for name in schemes(system.desk.dialect) if _there(name))
        server: Any
        if scheme == "sftp":
            from simulators.lines.sftp import SftpServer

            server = SftpServer(files, user, word)
        else:
            from simulators.lines.ftp import FtpDoor, FtpThread

            self._thread = self._thread or FtpThread()
            server = FtpDoor(files, user, word, self._thread)
        address: Address = await server.start(host)
        self._closing.insert(0, server.stop)
        return address

    async def close(self) -> None:
        for line in self.open_lines.values():
            await line.stop()
        for close in self._closing:
            await close()
        for place in self._tables.values():
            await place.close()
        self.open_lines.clear()
        self._tables.clear()
        self._closing.clear()
        self._thread = None
