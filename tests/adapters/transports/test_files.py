"""Files into real folders over SFTP, FTP and a mount: whole or not at all, in order, once."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from carrying import HOST, QUICK, ask, place, plain, put
from servers_kit import Proxy, Remote, free_port, ftp_server
from tls_kit import Trusting, issue

from hub.delivery.limits import Limits
from hub.delivery.secured import Contexts
from hub.delivery.transport import TransportError


async def files(remote: Remote, asked: Any, bounds: Limits = QUICK) -> tuple[int, Any]:
    return await ask("FILES", place(remote.base, remote.credentials), asked, bounds)


def there(remote: Remote) -> dict[str, bytes]:
    folder = remote.folder
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


async def test_files_are_put_once_and_got_back(remote: Remote) -> None:
    big = bytes(range(256)) * 2000
    asked = {"put": [put("in/包_001.zip", big), put("in/包_001.ok", b"")],
             "get": ["in/包_001.zip", "in/none", "out/*.xml"]}  # fmt: skip
    status, told = await files(remote, asked)
    assert (status, told["put"], plain(told["got"])) == (200, [True, True], {"in/包_001.zip": big})
    assert there(remote) == {"in/包_001.zip": big, "in/包_001.ok": b""}, "nothing else is left over there"
    again = {"put": [put("in/包_001.zip", b"other"), put("in/包_001.ok", b"")], "get": []}
    assert await files(remote, again) == (200, {"put": [False, False], "got": {}})
    assert there(remote)["in/包_001.zip"] == big


async def test_what_was_taken_away_is_not_put_again_where_its_trace_lies(remote: Remote) -> None:
    (remote.folder / "done").mkdir()
    (remote.folder / "done" / "a.xml").write_bytes(b"")
    asked = {"put": [put("in/a.xml", unless="done/a.xml"), put("in/b.xml", unless="done/b.xml")]}
    assert (await files(remote, asked))[1]["put"] == [False, True]
    assert set(there(remote)) == {"done/a.xml", "in/b.xml"}


async def test_folders_below_are_made_and_patterns_reach_one_level(remote: Remote) -> None:
    names = ["out/2026/a.xml", "out/2026/b.xml", "out/2026/b.txt", "out/2026/deep/c.xml"]
    assert (await files(remote, {"put": [put(name, name.encode()) for name in names]}))[1]["put"] == [
        True
    ] * 4
    (remote.folder / "out/2026/.hidden.xml").write_bytes(b"being written")
    _, told = await files(remote, {"get": ["out/2026/*.xml"], "list": ["out/2026/*", "none/*"]})
    assert plain(told["got"]) == {name: name.encode() for name in names[:2]}
    assert told["listed"] == {name: len(name) for name in sorted(names[:3])}


@pytest.mark.parametrize(
    "path",
    ["../x", "/x", "in/../../x", "in//x", "", ".", "in/a\r\nDELE b", "in/a\x00", "in\\x", "i*/x", 7, None]
)  # fmt: skip
async def test_no_path_leads_out_of_the_folder(remote: Remote, path: Any) -> None:
    before = there(remote)
    for asked in ({"put": [{**put("x"), "path": path}]}, {"get": [path]}, {"list": [path]}):
        assert await files(remote, asked) == (400, {"error": "request"})
    assert there(remote) == before


async def test_what_is_not_of_the_form_is_refused(remote: Remote) -> None:
    for asked in (
        b"[",
        {"put": [{"path": "x"}]},
        {"put": [{**put("x"), "b64": "?"}]},
        {"limit": "1"},
        {"del": []},
    ):
        assert await files(remote, asked) == (400, {"error": "request"})


async def test_an_answer_has_a_limit(remote: Remote) -> None:
    (remote.folder / "in" / "big").write_bytes(b"x" * 5000)
    for asked, sent in (({"get": ["in/big"]}, False), ({"put": [put("in/n")], "get": ["in/*"]}, True)):
        with pytest.raises(TransportError) as caught:
            await files(remote, {**asked, "limit": 4000})
        assert (caught.value.code, caught.value.sent) == ("receiver.answer-too-large", sent)
    assert (await files(remote, {"get": ["in/big"], "limit": 5000}))[0] == 200


async def test_a_link_that_leads_elsewhere_is_not_followed(mounted: Remote, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    (mounted.folder / "in" / "l").symlink_to(tmp_path / "secret")
    (mounted.folder / "up").symlink_to(tmp_path)
    for asked in ({"get": ["in/l"]}, {"get": ["up/secret"]}, {"put": [put("up/x")]}):
        assert (await files(mounted, asked))[0] == 403
    assert not (tmp_path / "x").exists()


async def test_an_upload_cut_in_the_middle_shows_nothing_and_is_certainly_nothing(sftp: Remote) -> None:
    big = b"z" * 600_000
    async with Proxy(sftp.port, lambda upward, seen: upward and len(seen) > 200_000) as port:
        hosts = sftp.credentials["known_hosts"].replace(f":{sftp.port}", f":{port}")
        cut = replace(
            sftp, base=f"sftp://hub@{HOST}:{port}/", credentials={**sftp.credentials, "known_hosts": hosts}
        )
        with pytest.raises(TransportError) as caught:
            await files(cut, {"put": [put("in/a.zip", big), put("in/a.ok", b"")]})
    assert (caught.value.code, caught.value.sent) == ("network.reset", False)
    assert not [name for name in there(sftp) if not Path(name).name.startswith(".")]
    assert (await files(sftp, {"put": [put("in/a.zip", big), put("in/a.ok", b"")]}))[1]["put"] == [True, True]
    assert (sftp.folder / "in" / "a.zip").read_bytes() == big


async def test_a_transfer_broken_off_shows_nothing_and_is_certainly_nothing(tmp_path: Path) -> None:
    """An FTP server that dies in the middle of the data connection."""
    handlers = pytest.importorskip("pyftpdlib.handlers")

    class Dying(handlers.DTPHandler):  # type: ignore[misc, name-defined]
        def recv(self, size: int) -> bytes:
            if self.get_transmitted_bytes() > 100_000:
                self.cmd_channel.close()
                return b""
            return bytes(super().recv(size))

    (tmp_path / "in").mkdir()
    with ftp_server(tmp_path, dtp_handler=Dying) as port:
        remote = Remote(f"ftp://hub@{HOST}:{port}/", tmp_path, {"password": "pw"}, port)
        with pytest.raises(TransportError) as caught:
            await files(remote, {"put": [put("in/a.zip", b"z" * 5_000_000), put("in/a.ok", b"")]})
    assert caught.value.code in {"network.reset", "network.timeout"} and caught.value.sent is False
    assert not [name for name in there(remote) if not Path(name).name.startswith(".")]


async def test_cut_after_the_name_was_given_nobody_knows(ftp: Remote) -> None:
    seen_it = {"renamed": False}

    def cut(upward: bool, seen: bytes) -> bool:
        if upward and b"RNTO" in seen:
            seen_it["renamed"] = True
        return not upward and seen_it["renamed"]

    async with Proxy(ftp.port, cut) as port:
        with pytest.raises(TransportError) as caught:
            await files(replace(ftp, base=f"ftp://hub@{HOST}:{port}/"), {"put": [put("in/a.xml")]})
    assert caught.value.sent is True
    assert (await files(ftp, {"put": [put("in/a.xml")]}))[1]["put"] == [False], "and repeating is safe"


async def test_a_host_that_cannot_prove_itself_gets_no_password(sftp: Remote) -> None:
    asyncssh = pytest.importorskip("asyncssh")
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode()
    for hosts in (f"[{HOST}]:{sftp.port} {stranger}", ""):
        with pytest.raises(TransportError) as caught:
            await files(replace(sftp, credentials={"password": "pw", "known_hosts": hosts}), {"get": []})
        assert (caught.value.code, caught.value.sent) == ("network.host-key", False)


async def test_who_is_not_let_in_and_who_is_not_there(remote: Remote, tmp_path: Path) -> None:
    if remote.port:
        wrong = replace(remote, credentials={**remote.credentials, "password": "no"})
        assert await files(wrong, {"get": []}) == (401, {"error": "login"})
        exact = replace(remote, credentials={**remote.credentials, "password": "no", "file_password": "pw"})
        assert (await files(exact, {"get": []}))[0] == 200
        base = remote.base.replace(f":{remote.port}", f":{free_port()}")
        hosts = remote.credentials.get("known_hosts", "")
        away = replace(remote, base=base, credentials={**remote.credentials, "known_hosts": hosts})
    else:
        away = replace(remote, base=f"file://{tmp_path}/unmounted")
    with pytest.raises(TransportError) as caught:
        await files(away, {"get": []})
    assert (caught.value.code, caught.value.sent) == ("network.refused", False)


async def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.socket() as mute:
        mute.bind((HOST, 0))
        mute.listen()
        port = mute.getsockname()[1]
        for base, more in (
            (f"ftp://{HOST}:{port}/", {}),
            (f"sftp://{HOST}:{port}/", {"known_hosts": f"{HOST} x"}),
        ):
            if base.startswith("sftp"):
                pytest.importorskip("asyncssh")
            with pytest.raises(TransportError) as caught:
                await ask("FILES", place(base, more), {"get": []}, Limits(1.0, 0.4))
            assert caught.value.code in {"network.refused", "network.timeout", "peer.credentials"}
            assert caught.value.sent is False


async def test_a_key_opens_too_and_an_agent_is_never_asked(
    sftp: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncssh = pytest.importorskip("asyncssh")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nowhere")
    broken = replace(sftp, credentials={**sftp.credentials, "private_key": "no key"})
    with pytest.raises(TransportError) as caught:
        await files(broken, {"get": []})
    assert (caught.value.code, caught.value.sent) == ("peer.credentials", False)
    key = asyncssh.generate_private_key("ssh-ed25519")
    known = asyncssh.import_authorized_keys(key.export_public_key("openssh").decode())
    host = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        HOST, 0, server_host_keys=[host], authorized_client_keys=known,
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(sftp.folder)),
    )  # fmt: skip
    public = host.export_public_key("openssh").decode().strip()
    credentials = {
        "private_key": key.export_private_key("pkcs8-pem", passphrase="words").decode(),
        "passphrase": "words",
        "known_hosts": f"[{HOST}]:{server.get_port()} {public}",
    }
    base = f"sftp://hub@{HOST}:{server.get_port()}/in"
    assert (await files(replace(sftp, base=base, credentials=credentials), {"put": [put("k")]}))[1][
        "put"
    ] == [True]
    assert (sftp.folder / "in" / "k").exists()
    server.close()
    await server.wait_closed()


async def test_what_is_forbidden_is_said_with_what_was_done_before(mounted: Remote, ftp: Remote) -> None:
    (mounted.folder / "in" / "taken").write_bytes(b"a file where a folder is wanted")
    for remote in (mounted, ftp):
        (remote.folder / "in" / "taken").write_bytes(b"a file where a folder is wanted")
        status, told = await files(remote, {"put": [put("in/a"), put("in/taken/b"), put("in/c")]})
        assert status >= 400 and told["put"] == [True] and told["error"], told
        assert not (remote.folder / "in" / "c").exists(), "in the given order"
    await asyncio.sleep(0)


async def test_ftp_inside_tls_both_ways_and_only_with_the_server_of_the_row(tmp_path: Path) -> None:
    handlers = pytest.importorskip("pyftpdlib.handlers")
    pytest.importorskip("OpenSSL")
    ca, cert, key = issue(tmp_path, "files.example")
    key.write_bytes(cert.read_bytes() + key.read_bytes())
    folder = tmp_path / "ftps"
    (folder / "in").mkdir(parents=True)
    options = {"certfile": str(key), "tls_control_required": True, "tls_data_required": True}
    with ftp_server(folder, kind=handlers.TLS_FTPHandler, **options) as port:
        for host, good in (("files.example", True), ("other.example", False)):
            there = place(f"ftp://hub@{host}:{port}/", {"password": "pw"}, Contexts().of(Trusting(ca), host))
            if good:
                status, told = await ask("FILES", there, {"put": [put("in/a", b"abc")], "get": ["in/a"]})
                assert (status, told["put"], plain(told["got"])) == (200, [True], {"in/a": b"abc"})
                continue
            with pytest.raises(TransportError) as caught:
                await ask("FILES", there, {"get": ["in/a"]})
            assert (caught.value.code, caught.value.sent) == ("network.tls", False)
        plainly = place(f"ftp://hub@{HOST}:{port}/", {"password": "pw"})
        assert (await ask("FILES", plainly, {"get": ["in/a"]}))[0] in {401, 403, 503}
