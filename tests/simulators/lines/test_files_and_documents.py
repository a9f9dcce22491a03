"""Folders behind a real SFTP and FTP server, and documents on a raw socket."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import io
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from simulators.faults import plan
from simulators.faults.table import Fault
from simulators.lines import Lines, choose
from simulators.listening import Address

SECRETS = {"username": "hub6200", "password": "pw-1"}


def _kit() -> Any:
    path = Path(__file__).with_name("kit.py")
    name = f"hutong_tests_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


kit = _kit()


class Sftp:
    """asyncssh as the hub's hand."""

    def __init__(self, address: Address, password: str) -> None:
        self.address, self.password = address, password

    async def _do(self, work: Any) -> Any:
        asyncssh = pytest.importorskip("asyncssh")
        port = int(self.address.base.split(":")[-1].rstrip("/"))
        hosts = asyncssh.import_known_hosts(self.address.credentials["known_hosts"])
        async with (
            asyncssh.connect(
                "127.0.0.1", port, username="hub6200", password=self.password, known_hosts=hosts, config=None
            ) as line,
            line.start_sftp_client() as client,
        ):
            return await work(client)

    async def put(self, name: str, content: bytes) -> None:
        async def work(client: Any) -> None:
            async with client.open(f"{name}.part", "wb") as file:
                await file.write(content)
            await client.rename(f"{name}.part", name)

        await self._do(work)

    async def get(self, name: str) -> bytes:
        async def work(client: Any) -> bytes:
            async with client.open(name, "rb") as file:
                content: bytes = await file.read()
                return content

        got: bytes = await self._do(work)
        return got

    async def names(self, folder: str) -> list[str]:
        async def work(client: Any) -> list[str]:
            return sorted(name for name in await client.listdir(folder) if not name.startswith("."))

        found: list[str] = await self._do(work)
        return found


class Ftp:
    """ftplib of the standard library, in a thread."""

    def __init__(self, address: Address, password: str) -> None:
        self.address, self.password = address, password

    async def _do(self, work: Any) -> Any:
        import ftplib

        def run() -> Any:
            with ftplib.FTP(timeout=60) as client:
                client.connect("127.0.0.1", int(self.address.base.split(":")[-1].rstrip("/")))
                client.login("hub6200", self.password)
                return work(client)

        return await asyncio.to_thread(run)

    async def put(self, name: str, content: bytes) -> None:
        def work(client: Any) -> None:
            client.storbinary(f"STOR {name}.part", io.BytesIO(content))
            client.rename(f"{name}.part", name)

        await self._do(work)

    async def get(self, name: str) -> bytes:
        def work(client: Any) -> bytes:
            parts: list[bytes] = []
            client.retrbinary(f"RETR {name}", parts.append)
            return b"".join(parts)

        got: bytes = await self._do(work)
        return got

    async def names(self, folder: str) -> list[str]:
        found: list[str] = await self._do(
            lambda client: sorted(name.split("/")[-1] for name in client.nlst(folder))
        )
        return found


@pytest.fixture(params=["sftp", "ftp"])
async def bench(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Any]:
    """(lines, system, the hub's hand) for one kind of server."""
    pytest.importorskip({"sftp": "asyncssh", "ftp": "pyftpdlib"}[request.param])
    monkeypatch.setattr(choose, "schemes", lambda _dialect: [request.param])
    lines = Lines(tmp_path, kit.Watch())
    system = kit.system_of(kit.FileSide(), "xml-drop", "files", "P10", **SECRETS)
    address = await lines.open(system, "127.0.0.1")
    hand = Sftp(address, "pw-1") if request.param == "sftp" else Ftp(address, "pw-1")
    yield lines, system, hand
    await lines.close()


async def test_files_are_taken_and_answered(bench: Any) -> None:
    _, system, hand = bench
    await hand.put("in/a.txt", b"abc")
    async with asyncio.timeout(60):
        while "a.txt" not in await hand.names("out"):
            await asyncio.sleep(0.05)
    assert await hand.get("out/a.txt") == b"ABC" and await hand.names("in") == []
    assert system.journal.last(1)[0].request.path == "/in/a.txt"


async def test_a_wrong_password_does_not_come_in(bench: Any) -> None:
    _, _, hand = bench
    with pytest.raises(Exception, match=r"(?i)permission denied|530"):
        await type(hand)(hand.address, "pw-2").names("in")


async def test_nothing_outside_the_folder(bench: Any, tmp_path: Path) -> None:
    _, _, hand = bench
    (tmp_path / "secret").write_text("x")
    with pytest.raises(Exception, match=r"(?i)no such file|550"):
        await hand.get("../secret")


@pytest.mark.parametrize("way", ["full", "read-only", "shut"])
async def test_a_server_can_be_full_read_only_or_shut(
    bench: Any, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines, system, hand = bench
    place = lines.open_lines["P10"]._files
    fault = Fault("place", "place", {"way": way}, frozenset({"xml-drop"}), "")
    monkeypatch.setattr(plan, "faults", lambda: {"place": fault})
    system.faults.arm("place")
    await kit.until(lambda: place.ways == {way})
    words = {
        "full": "space|storage|failure",
        "read-only": "read only|permission|550",
        "shut": "clos|lost|421|disconn|reset",
    }
    with pytest.raises(Exception, match=f"(?i){words[way]}"):
        await hand.put("in/b.txt", b"b")
    system.faults.lift()
    await kit.until(lambda: not place.ways)
    await hand.put("in/b.txt", b"b")


async def test_folders_come_back_as_they_were(bench: Any) -> None:
    lines, _, hand = bench
    await hand.put("out/kept", b"1")
    kept = await lines.open_lines["P10"].snapshot()
    await hand.put("out/new", b"2")
    await lines.open_lines["P10"].restore(kept)
    assert await hand.names("out") == ["kept"] and await hand.get("out/kept") == b"1"


async def _say(port: int, parts: list[bytes], *, close: bool = True) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.01)
    if close:
        writer.write_eof()
    try:
        async with asyncio.timeout(60):
            return await reader.read()
    finally:
        writer.close()


async def _bank(tmp_path: Path, **headers: str) -> tuple[Lines, Any, int]:
    lines = Lines(tmp_path, kit.Watch())
    system = kit.system_of(kit.DocumentSide(headers), "bank-tcp-xml", "tcp", "F03")
    address = await lines.open(system, "127.0.0.1")
    return lines, system, int(address.base.rsplit(":", 1)[1])


@pytest.mark.parametrize("close", [True, False])
async def test_a_document_is_whole_by_its_end_or_by_half_close(tmp_path: Path, close: bool) -> None:
    lines, system, port = await _bank(tmp_path)
    assert await _say(port, [b"<root>", b"a</ro", b"ot>\n"], close=close) == b"<root><root>a</root>\n</root>"
    assert await _say(port, [b"<root>cut"]) == b"<root><root>cut</root>"
    assert system.journal.received == 2 and system.journal.last(1)[0].request.method == "TCP"
    await lines.close()


async def test_headers_of_an_answer_steer_the_sending(tmp_path: Path) -> None:
    lines, _, port = await _bank(tmp_path, pieces="5", after="eof")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"<root>a</root>")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await reader.read(1)  # not before we close our half
    writer.write_eof()
    assert len(await reader.read(4096)) <= 15  # not all at once
    writer.close()
    await lines.close()


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("drop-after-effect", b""),
        ("cut-answer", b"<root><root>a</root>"),
        ("truncate", b"<root><root>a"),
    ],
)
async def test_faults_of_the_wire_happen_to_documents(tmp_path: Path, fault: str, seen: bytes) -> None:
    lines, system, port = await _bank(tmp_path)
    system.faults.arm(fault)
    said = b""
    with contextlib.suppress(ConnectionError):
        said = await _say(port, [b"<root>a</root>"])
    assert said == seen
    with pytest.raises(plan.UnknownFaultError, match="line of tcp"):
        system.faults.arm("http-500")
    await lines.close()
