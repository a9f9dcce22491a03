"""A verb that was started by another of ours ends with it: its stdin is a pipe only the parent holds.

When the parent dies, whatever way, reading meets the end of the pipe. Then the verb is asked to stop
as an operator would ask it, and is ended if it does not.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import MutableMapping

FLAG = "HUTONG_PARENT_PIPE"
_PATIENCE = 40.0


def obey(environment: MutableMapping[str, str]) -> None:
    """Watch stdin when the environment says that a parent holds it; the verb's own children do not."""
    if environment.pop(FLAG, "") == "stdin":
        threading.Thread(target=_watch, name="parent-pipe", daemon=True).start()


def _watch() -> None:
    try:
        while os.read(0, 4096):
            continue
    except OSError:
        pass  # a broken pipe is an end too
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE)
    os._exit(1)
