"""`hutong`: finds its verbs by entry point and loads only the one that is asked for."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from types import ModuleType

from hub.errors import HubError
from hub.parent import obey

USAGE, COULD_NOT_RUN = 2, 3


def verbs() -> dict[str, str]:
    """Verb -> module, as the installed packages declare them."""
    return {entry.name: entry.value for entry in sorted(entry_points(group="hutong.commands"))}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; the exit codes are those of contracts.md."""
    _speak_utf8()
    obey(os.environ)
    words = list(sys.argv[1:] if argv is None else argv)
    known = verbs()
    if not words or words[0] in {"-h", "--help"}:
        print(_overview(known))
        return 0 if words else USAGE
    if words[0] not in known:
        print(f"hutong: 没有这个命令 / unknown verb {words[0]!r}\n\n{_overview(known)}", file=sys.stderr)
        return USAGE
    try:
        module = importlib.import_module(known[words[0]])
        parser = argparse.ArgumentParser(prog=f"hutong {words[0]}", description=module.SUMMARY)
        module.configure(parser)
        return int(module.run(parser.parse_args(words[1:])))
    except HubError as error:
        print(f"hutong {words[0]}: {error.detail} [{error.code}]", file=sys.stderr)
        return COULD_NOT_RUN
    except ImportError as error:
        print(f"hutong {words[0]}: 缺少组件 / missing part: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130


def _overview(known: dict[str, str]) -> str:
    lines = ["用法 / usage: hutong VERB [options]      (hutong VERB --help)", ""]
    for verb, target in known.items():
        lines.append(f"  {verb:<10} {_summary(target)}")
    return "\n".join(lines)


def _summary(target: str) -> str:
    try:
        module: ModuleType = importlib.import_module(target)
    except ImportError as error:
        return f"(缺少组件 / missing part: {error.name})"
    return str(module.SUMMARY)


def _speak_utf8() -> None:
    """Redirected output is UTF-8 everywhere; a terminal keeps its charset and never stops us."""
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if stream.isatty():
            stream.reconfigure(errors="replace")
        else:
            stream.reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    sys.exit(main())
