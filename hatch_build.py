"""Building: compile the accelerators if this machine can; go on without them if not.

Nothing depends on them (see certs/algorithms/README.md): without a compiler, or on Windows, verification
stays with libcrypto or plain Python, SM3 with `cryptography`, canonical forms with msgspec. A wheel that
carries a compiled file is tagged for its platform; an editable installation has them beside their sources.
`HUTONG_NO_COMPILER=1` leaves them out on purpose.
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

_CIPHERS = Path("certs") / "algorithms"
# All but the first are modules of Python's stable interface and need Python.h.
SOURCES = (_CIPHERS / "_sm2.c", _CIPHERS / "_sm3.c", Path("hub") / "message" / "_canon.c")
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


def compiled(source: Path, into: Path) -> Path | None:
    """The library of a source, made in `into` in one step, or None; a compiler that fails is none."""
    command = compiler()
    if command is None:
        return None
    target = into / f"{source.stem}-{sys.platform}-{platform.machine()}.so"  # as looked for
    fresh = target.with_suffix(f".{os.getpid()}")
    words = [
        *command,
        *_FLAGS,
        *_UNBOUND,
        f"-I{sysconfig.get_path('include')}",
        "-o",
        str(fresh),
        str(source),
    ]
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
        self._scratch = tempfile.TemporaryDirectory()
        found = {}
        for source in SOURCES:
            into = (root / source).parent if version == "editable" else Path(self._scratch.name)
            made = compiled(root / source, into)
            if made is not None:
                found[str(made)] = (source.parent / made.name).as_posix()
        if version != "editable" and found:
            build_data["force_include"] |= found
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform_tag()}"
        if len(found) < len(SOURCES):
            self.app.display_warning("hutong: no C compiler (or no Python.h): without some accelerators")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        scratch = getattr(self, "_scratch", None)
        if scratch is not None:
            scratch.cleanup()
