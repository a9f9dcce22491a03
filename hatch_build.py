"""Building: compile the SM2 accelerator if this machine can; go on without it if not.

Nothing depends on it (see certs/algorithms/README.md): without a compiler, or on Windows, verification
stays with libcrypto or plain Python. A wheel that carries the compiled file is tagged for its platform; an
editable installation has it beside its source. `HUTONG_NO_COMPILER=1` leaves it out on purpose.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_FOLDER = Path("certs") / "algorithms"
# Loading a number as one vector right after it was stored limb by limb stalls: twice as slow.
_FLAGS = ["-std=c99", "-O3", "-fno-tree-vectorize", "-fPIC", "-shared", "-fvisibility=hidden"]


def compiler() -> list[str] | None:
    """The command of a C compiler, None if there is none (or it is not wanted)."""
    if sys.platform == "win32" or os.environ.get("HUTONG_NO_COMPILER"):
        return None
    named = (os.environ.get("CC"), sysconfig.get_config_var("CC"), "cc", "gcc", "clang")
    for command in filter(None, named):
        words = shlex.split(str(command))
        if shutil.which(words[0]):
            return words
    return None


def compiled(root: Path, into: Path) -> Path | None:
    """The library, made in `into` in one step, or None; a compiler that fails is as good as none."""
    command = compiler()
    if command is None:
        return None
    target = into / f"_sm2-{sys.platform}-{platform.machine()}.so"  # as certs.algorithms.sm2_native looks for
    fresh = target.with_suffix(f".{os.getpid()}")
    words = [*command, *_FLAGS, "-o", str(fresh), str(root / _FOLDER / "_sm2.c")]
    try:
        done = subprocess.run(words, capture_output=True, check=False, timeout=120)  # noqa: S603  the installer's own compiler
        if done.returncode != 0:
            return None
        fresh.replace(target)  # never half a file, never a change under somebody who has it loaded
    except (OSError, subprocess.SubprocessError):
        return None
    finally:
        fresh.unlink(missing_ok=True)
    return target


def platform_tag() -> str:
    from packaging.tags import sys_tags

    return next(tag.platform for tag in sys_tags() if "manylinux" not in tag.platform)


class Accelerator(BuildHookInterface[Any]):
    """Called by hatchling for every wheel, editable ones included."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if version == "editable":
            found = compiled(root, root / _FOLDER)
        else:
            self._scratch = tempfile.TemporaryDirectory()
            found = compiled(root, Path(self._scratch.name))
            if found is not None:
                build_data["force_include"][str(found)] = (_FOLDER / found.name).as_posix()
                build_data["pure_python"] = False
                build_data["tag"] = f"py3-none-{platform_tag()}"
        if found is None:
            self.app.display_warning("hutong: no C compiler, SM2 is verified without the accelerator")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        scratch = getattr(self, "_scratch", None)
        if scratch is not None:
            scratch.cleanup()
