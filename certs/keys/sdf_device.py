"""A cipher machine opened (GM/T 0018): its sessions, the right to one private key, and their replacement.

Access to a private key belongs to a session, so each session asks for it once. A session that died is
replaced and the one operation repeated: signing twice does no harm.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

from certs.keys import sdf_library as lib
from certs.keys.sessions import Pool

_Answer = TypeVar("_Answer")
# Nothing a new session would change.
_FINAL = frozenset((lib.RIGHT_DENIED, lib.RIGHT_FAILED, lib.NOT_SUPPORTED, lib.KEY_ABSENT, lib.CIPHERTEXT))


class Device:
    """One device, for one key in it; safe for threads."""

    def __init__(self, library: lib.Library, index: int, pin: str, sessions: int) -> None:
        self._library, self._index, self._pin = library, index, pin.encode("utf-8")
        self._devices: list[ctypes.c_void_p] = []
        self._opening = threading.Lock()
        self._pool = Pool(self._session, self._end, sessions)

    def do(self, do: Callable[[ctypes.c_void_p], _Answer]) -> _Answer:
        """Once, and once more with everything opened anew if it looks as if the session had died."""
        try:
            with self._pool.session() as session:
                return do(session)
        except lib.SdfError as error:
            if error.code in _FINAL:
                raise
        self._pool.renew()
        with self._pool.session() as session:
            return do(session)

    def call(self, name: str, *arguments: object) -> None:
        self._library.call(name, *arguments)

    def _session(self) -> ctypes.c_void_p:
        handle = ctypes.c_void_p()
        with self._opening:
            if not self._devices:
                self._devices.append(self._device())
            try:
                self.call("SDF_OpenSession", self._devices[-1], ctypes.byref(handle))
            except lib.SdfError:
                # The device may have been restarted. The old handle stays until `close`: others may use it.
                handle = self._anew()
        if self._pin:
            try:
                self.call("SDF_GetPrivateKeyAccessRight", handle, self._index, self._pin, len(self._pin))
            except lib.SdfError:
                self.call("SDF_CloseSession", handle)
                raise
        return handle

    def _anew(self) -> ctypes.c_void_p:
        device, handle = self._device(), ctypes.c_void_p()
        try:
            self.call("SDF_OpenSession", device, ctypes.byref(handle))
        except lib.SdfError:
            self.call("SDF_CloseDevice", device)
            raise
        self._devices.append(device)
        return handle

    def _device(self) -> ctypes.c_void_p:
        handle = ctypes.c_void_p()
        self.call("SDF_OpenDevice", ctypes.byref(handle))
        return handle

    def _end(self, session: ctypes.c_void_p) -> None:
        if self._pin:
            with contextlib.suppress(lib.SdfError):
                self.call("SDF_ReleasePrivateKeyAccessRight", session, self._index)
        self.call("SDF_CloseSession", session)

    def close(self) -> None:
        self._pool.close()
        with self._opening:
            devices, self._devices = self._devices, []
        for device in devices:
            with contextlib.suppress(lib.SdfError):  # it is gone either way
                self.call("SDF_CloseDevice", device)
