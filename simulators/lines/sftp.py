"""A real SFTP server over one system's folder (asyncssh, extra `files`): one account, held to the folder."""

from __future__ import annotations

import asyncio
import hmac
import importlib
from typing import Any

from simulators.lines.folder import FolderPlace
from simulators.listening import Address

asyncssh: Any = importlib.import_module("asyncssh")  # an extra: not there in every installation

_WRITING = asyncssh.FXF_WRITE | asyncssh.FXF_CREAT | asyncssh.FXF_APPEND | asyncssh.FXF_TRUNC


class SftpServer:
    """The server of one folder; a host key of its own, so that a hub must keep them apart."""

    def __init__(self, folder: FolderPlace, user: str, password: str) -> None:
        self._folder, self._user, self._password = folder, user, password
        self._server: Any = None

    async def start(self, host: str) -> Address:
        key = asyncssh.generate_private_key("ssh-ed25519")
        self._server = await asyncssh.listen(
            host,
            0,
            server_host_keys=[key],
            server_factory=lambda: _Door(self._folder, self._user, self._password),
            sftp_factory=lambda channel: _Files(channel, self._folder),
        )
        port = self._server.get_port()
        public = key.export_public_key("openssh").decode("ascii").strip()
        return Address(f"sftp://{self._user}@{host}:{port}/", {"known_hosts": f"[{host}]:{port} {public}\n"})

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None


class _Door(asyncssh.SSHServer):  # type: ignore[misc]
    """Who may come in. A closed server hangs up before it says a word about accounts."""

    def __init__(self, folder: FolderPlace, user: str, password: str) -> None:
        self._folder, self._user, self._password = folder, user, password

    def connection_made(self, conn: Any) -> None:
        if "shut" in self._folder.ways:
            asyncio.get_running_loop().call_soon(conn.abort)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        given, wanted = f"{username}\n{password}".encode(), f"{self._user}\n{self._password}".encode()
        return hmac.compare_digest(given, wanted)


class _Files(asyncssh.SFTPServer):  # type: ignore[misc]
    """The folder, as its server lets others see it."""

    def __init__(self, channel: Any, folder: FolderPlace) -> None:
        super().__init__(channel, chroot=str(folder.root).encode())
        self._folder = folder

    def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
        if pflags & _WRITING:
            self._may_write()
        return super().open(path, pflags, attrs)

    def rename(self, oldpath: bytes, newpath: bytes) -> Any:
        self._may_write()
        return super().rename(oldpath, newpath)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
        self._may_write()
        return super().posix_rename(oldpath, newpath)

    def _may_write(self) -> None:
        if "shut" in self._folder.ways:
            raise asyncssh.SFTPConnectionLost("closed for maintenance")
        if "full" in self._folder.ways:
            raise asyncssh.SFTPNoSpaceOnFilesystem("no space left on device")
        if "read-only" in self._folder.ways:
            raise asyncssh.SFTPPermissionDenied("read only")
