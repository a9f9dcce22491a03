"""`hutong standard build DIR`: the site into a folder."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

OK, CANNOT = 0, 3


def configure(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """The verb with its arguments."""
    parser = verbs.add_parser("build", help="生成接口标准文档网站(可直接用浏览器打开)")
    parser.add_argument("directory", type=Path, metavar="DIR", help="写到的目录")
    parser.add_argument("--lang", choices=["both", "zh", "en"], default="both", help="页面语言,缺省中英文")
    return parser


def run(args: argparse.Namespace) -> int:
    """Build, and say where to look."""
    from hub.standard.documents.site import LANGUAGES, build
    from hub.standard.tables import StandardDataError

    begun = time.perf_counter()
    try:
        files = build(args.directory, LANGUAGES if args.lang == "both" else (args.lang,))
    except (StandardDataError, OSError) as error:
        print(error, file=sys.stderr)
        return CANNOT
    seconds, start = round(time.perf_counter() - begun, 2), args.directory / "index.html"
    if args.json:
        print(json.dumps({"files": files, "seconds": seconds, "start": str(start)}, ensure_ascii=False))
    else:
        print(f"已生成 {files} 个文件,用时 {seconds} 秒;打开 {start}")
    return OK
