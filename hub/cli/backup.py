"""`hutong backup DEST`: a closed copy of a hub's journal, made while it runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from hub.cli.progress import Progress
from hub.settings import load

SUMMARY = "备份(运行中即可):日志加密副本,可增量"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dest", type=Path, help="存放备份的目录,每次在其下新建一个")
    parser.add_argument("--config", type=Path, help="设置文件")
    parser.add_argument("--data", type=Path, help="数据目录,缺省 .hutong")
    parser.add_argument("--realm", choices=["sandbox", "production"], help="运行域")
    parser.add_argument("--since", type=Path, help="增量:接在这份备份之后")
    parser.add_argument(
        "--with-keys", type=Path, metavar="FILE", help="连同密钥,用此文件中的口令加密;缺省不含任何密钥"
    )
    parser.add_argument("--json", action="store_true", help="输出一个 JSON 文档")


def run(args: argparse.Namespace) -> int:
    from hub.backup.make import Wish, make

    settings = load(args.config, env=os.environ, flags={"data": args.data, "realm": args.realm}).settings
    wish = Wish(
        settings.data,
        args.dest,
        settings.realm,
        datetime.now(UTC),
        base=args.since,
        passphrase=passphrase(args.with_keys),
        ca=settings.ca_dir,
    )
    made = make(wish, told=Progress("备份"))
    if args.json:
        print(json.dumps({"ok": True, "id": made.id, "base": made.base, "head": dict(made.head)}))
        return 0
    print(f"已备份到 {args.dest / made.id},树头 {made.head['size']} / {made.head['root'][:16]}…")
    if not args.with_keys:
        told = "密钥未备份:请把 journal.key、index.key、evidence.key、vault/ 另行保管,没有它们无法恢复。"
        print(told, file=sys.stderr)
    return 0


def passphrase(path: Path | None) -> bytes:
    """The first line of the file; a short one is refused, since the copy can be tried at leisure."""
    from hub.errors import SettingsError

    if path is None:
        return b""
    try:
        text = path.read_bytes().split(b"\n", 1)[0].strip()
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    if len(text) < 16:
        raise SettingsError(f"{path}: 口令短于 16 字节 / shorter than 16 bytes", code="backup.passphrase")
    return text
