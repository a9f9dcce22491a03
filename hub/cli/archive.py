"""`hutong archive --before DATE`: what is done with into verifiable files, out of the journal when told."""

from __future__ import annotations

import argparse
import json
import os
from datetime import UTC, datetime, time
from pathlib import Path

from hub.cli.progress import Progress
from hub.errors import SettingsError
from hub.message import CST
from hub.settings import load

SUMMARY = "归档:办结的旧报文写入可核验的归档文件"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--before", help="归档此日之前受理的报文,YYYY-MM-DD(北京时间)")
    parser.add_argument("--drop", action="store_true", help="归档后从日志中移除原文(平台须已停止);缺省不移除")
    parser.add_argument("--verify", type=Path, metavar="FILE", help="只核验一个归档文件,不需要平台")
    parser.add_argument("--config", type=Path, help="设置文件")
    parser.add_argument("--data", type=Path, help="数据目录,缺省 .hutong")
    parser.add_argument("--realm", choices=["sandbox", "production"], help="运行域")
    parser.add_argument("--json", action="store_true", help="输出一个 JSON 文档")


def run(args: argparse.Namespace) -> int:
    from hub.archive.archive import archive, drop
    from hub.archive.package import verify

    if args.verify is not None:
        about = verify(args.verify)
        print(f"核验通过:{about.entries} 条,树头 {about.head['size']} / {about.head['root'][:16]}…")
        return 0
    before = _day(args.before)
    settings = load(args.config, env=os.environ, flags={"data": args.data, "realm": args.realm}).settings
    files, entries = [], 0
    while (done := archive(settings.data, settings.realm, before, datetime.now(UTC))).path is not None:
        files.append(done.path.name)
        entries += done.entries
    dropped = drop(settings.data, before, told=Progress("移除")) if args.drop else 0
    if args.json:
        print(json.dumps({"ok": True, "files": files, "entries": entries, "dropped": dropped}))
    else:
        print(f"归档 {entries} 条,新文件 {len(files)} 个;从日志移除原文 {dropped} 条。")
    return 0


def _day(text: str | None) -> datetime:
    try:
        return datetime.combine(datetime.strptime(text or "", "%Y-%m-%d").date(), time(), CST)  # noqa: DTZ007
    except ValueError:
        raise SettingsError("--before 应写 YYYY-MM-DD / a date is needed", code="archive.before") from None
