"""One process per data directory: the system's own file lock, gone with its holder however that ends.

SQLite would let two hubs write in turn, and each would number its entries and deliver as if alone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hub.errors import SettingsError


class Hold:
    """Holds `path` until `release`; raises SettingsError when somebody else does."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if sys.platform == "win32":  # the hub runs on Linux; tools that read here do not write
            return
        import fcntl

        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise SettingsError(
                f"{path.parent}: 数据目录正被另一个平台进程使用 / in use by a running hub", code="data.in-use"
            ) from error

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
