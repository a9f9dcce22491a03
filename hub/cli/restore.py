"""`hutong restore SRC --data DIR`: a hub made again of a copy, checked against its signed head."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from hub.cli.backup import passphrase
from hub.cli.progress import Progress
from hub.settings import load

SUMMARY = "由备份恢复到空的数据目录,逐条核对签名树头"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, help="一份备份的目录;增量的前几份须在同一处")
    parser.add_argument("--data", type=Path, required=True, help="要建立的数据目录,须不存在或为空")
    parser.add_argument("--realm", choices=["sandbox", "production"], help="运行域,须与备份一致")
    parser.add_argument("--keys", type=Path, help="另行保管的密钥目录(journal.key 等)")
    parser.add_argument("--passphrase-file", type=Path, help="备份带密钥时,加密所用的口令文件")
    parser.add_argument("--head-key", type=Path, help="另行取得的存证公钥(PEM);不给则用备份所带的")
    parser.add_argument("--json", action="store_true", help="输出一个 JSON 文档")


def run(args: argparse.Namespace) -> int:
    from hub.backup.restore import Order, restore

    settings = load(None, env=os.environ, flags={"data": args.data, "realm": args.realm}).settings
    order = Order(
        args.source,
        args.data,
        settings.realm,
        datetime.now(UTC),
        keys=args.keys,
        passphrase=passphrase(args.passphrase_file),
        head_key=args.head_key.read_text("ascii") if args.head_key else "",
    )
    done = restore(order, told=Progress("恢复"))
    if args.json:
        rows = {"ok": True, "entries": done.entries, "headSize": done.head_size, "missing": done.missing}
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    print(f"已恢复 {done.entries} 条日志到 {args.data},与树头 {done.head_size} 相符;索引已重建。")
    for name in done.missing:
        print(f"附件须另行放回 files/:{name}", file=sys.stderr)
    return 0
