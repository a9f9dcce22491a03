"""`hutong settings`: every setting, its value, and where the value came from."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from hub.settings import load

SUMMARY = "查看生效的设置及其来源"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="设置文件,缺省为数据目录下 hub.toml")
    parser.add_argument("--data", type=Path, help="数据目录,缺省 .hutong")
    parser.add_argument("--json", action="store_true", help="输出一个 JSON 文档")


def run(args: argparse.Namespace) -> int:
    loaded = load(args.config, env=os.environ, flags={"data": args.data})
    rows = loaded.rows()
    if args.json:
        print(json.dumps({"settings": rows}, ensure_ascii=False, indent=2))
        return 0
    for row in rows:
        print(f"{row['name']:<18} {row['value']!s:<40} {row['source']}\n{'':<18} {row['zh']}  ({row['env']})")
    return 0
