"""Building: compile the accelerators of SM2 and SM3 if this machine can; go on without them if not.

Nothing depends on them (see certs/algorithms/README.md): without a compiler, or on Windows, verification
stays with libcrypto or plain Python, and SM3 with `cryptography`. A wheel that carries a compiled file is
tagged for its platform; an editable installation has them beside their sources. `HUTONG_NO_COMPILER=1`
leaves them out on purpose.
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
NAMES = ("_sm2", "_sm3")  # the second is a module of Python's stable interface and needs Python.h
# Loading a number as one vector right after it was stored limb by limb stalls: twice as slow.
_FLAGS = ["-std=c99", "-O3", "-fno-tree-vectorize", "-fPIC", "-shared", "-fvisibility=hidden"]
_UNBOUND = ["-undefined", "dynamic_lookup"] if sys.platform == "darwin" else []


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


def compiled(root: Path, into: Path, name: str) -> Path | None:
    """The library of a name, made in `into` in one step, or None; a compiler that fails is none."""
    command = compiler()
    if command is None:
        return None
    target = into / f"{name}-{sys.platform}-{platform.machine()}.so"  # as sm?_native
    fresh = target.with_suffix(f".{os.getpid()}")
    words = [*command, *_FLAGS, *_UNBOUND, f"-I{sysconfig.get_path('include')}", "-o", str(fresh)]
    words.append(str(root / _FOLDER / f"{name}.c"))
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
        into = root / _FOLDER
        if version != "editable":
            self._scratch = tempfile.TemporaryDirectory()
            into = Path(self._scratch.name)
        found = [made for name in NAMES if (made := compiled(root, into, name)) is not None]
        if version != "editable" and found:
            build_data["force_include"] |= {str(one): (_FOLDER / one.name).as_posix() for one in found}
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform_tag()}"
        if len(found) < len(NAMES):
            self.app.display_warning(
                "hutong: no C compiler (or no Python.h): SM2 and SM3 without accelerators"
            )

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        scratch = getattr(self, "_scratch", None)
        if scratch is not None:
            scratch.cleanup()
