"""What client verbs share at the terminal: their flags, reading a file, telling a refusal to a person."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hub.client import HubClient, Sent, client_key, hub_url
from hub.errors import SettingsError

OK, SHORT = 0, 1


def add(parser: argparse.ArgumentParser, *, default_as: str | None = None) -> None:
    """`--url --as --keys --json`; the environment and the data directory of `hutong up` fill the rest."""
    known = f",缺省 {default_as}" if default_as else ""
    parser.add_argument("--url", help="平台地址,缺省 HUTONG_URL 或 http://127.0.0.1:8700")
    parser.add_argument(
        "--as", dest="owner", default=default_as, metavar="ID", help=f"以哪个系统的身份{known}"
    )
    parser.add_argument("--keys", type=Path, help="密钥目录,缺省 HUTONG_KEYS 或 .hutong/keys")
    parser.add_argument("--json", action="store_true", help="输出一个 JSON 文档")


def client(args: argparse.Namespace) -> HubClient:
    """A client with the key of `--as`, or without one when nobody was named."""
    key = client_key(args.owner, os.environ, args.keys) if args.owner else None
    return HubClient(args.url or hub_url(), key)


def read(file: str) -> bytes:
    """The bytes of a file or of standard input."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from error


def show_json(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2))


def refused(reply: Sent, *, as_json: bool) -> int:
    """Print a refusal with all its findings; always exit code 1."""
    document = reply.document
    if as_json:
        show_json(document)
        return SHORT
    detail = document.get("detail") or document.get("title") or ""
    print(f"未受理 {reply.status} [{document.get('code', '?')}] {detail}", file=sys.stderr)
    if reply.retry_after is not None:
        print(f"请 {reply.retry_after} 秒后重试", file=sys.stderr)
    print_findings(document.get("findings", ()))
    return SHORT


def print_findings(findings: Iterable[Mapping[str, Any]], *, asked_for: bool = False) -> None:
    """What, where, expected, observed, advice: one block for each finding.

    On stderr, or on stdout where the findings are what was asked for.
    """
    stream = sys.stdout if asked_for else sys.stderr
    for number, row in enumerate(findings, start=1):
        mark = "警告" if row.get("severity") == "warning" else "错误"
        print(f"{number:>3}. {mark} {row.get('code')}  位置 {row.get('at') or '(整体)'}", file=stream)
        for name, zh in (("expected", "应为"), ("observed", "实为"), ("advice", "建议"), ("clause", "条款")):
            if row.get(name):
                print(f"     {zh}:{row[name]}", file=stream)
