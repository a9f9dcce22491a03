"""`hutong quality`: score an export (or what a hub gives out) and tell what to mend first."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from hub import terminal
from hub.errors import SettingsError
from hub.quality.config import QualityConfig
from hub.quality.fetch import fetch
from hub.quality.loading import load
from hub.quality.reader import Export, line, read_lines, read_rows
from hub.quality.report import document, page, text
from hub.quality.series import series
from hub.quality.story import FIRST, LAST, SEED, tell

SUMMARY = "数据质量评分:流程、字段、及时、准确、修复,逐条说明失分(权重为自拟)"
OK, SHORT, USAGE = 0, 1, 2


def configure(parser: argparse.ArgumentParser) -> None:
    """FILE, `--story`, or neither: then the hub at HUTONG_URL is asked."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("file", nargs="?", help="JSON 行导出文件,- 为标准输入;不给则向平台要")
    source.add_argument("--story", type=int, nargs="?", const=SEED, metavar="SEED",
                        help="不读文件,演示一个合成的月份(约 65 → 94)")  # fmt: skip
    terminal.add(parser)
    parser.add_argument("--platform", action="append", default=[], metavar="ID", help="只算这个平台,可多次")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DAY", help="起始日")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DAY", help="截止日")
    parser.add_argument("--month", metavar="YYYY-MM", help="整月,代替 --from --to")
    parser.add_argument("--config", type=Path, metavar="DIR", help="评分配置目录,缺的文件用自带的")
    parser.add_argument("--html", type=Path, metavar="FILE", help="另存网页报告")
    parser.add_argument("--export", type=Path, metavar="FILE", help="另存所用记录(JSON 行)")
    parser.add_argument("--at-least", type=float, metavar="N", help="期末低于 N 分则退出码 1")
    parser.add_argument("--lang", choices=["zh", "en"], default="zh", help="文字语言")


def run(args: argparse.Namespace) -> int:
    """0 scored, 1 below `--at-least` or nothing to score, 2 wrong usage."""
    span = _span(args)
    if span is None:
        print("--month 应为 YYYY-MM,且不与 --from --to 同用;起始日不得晚于截止日", file=sys.stderr)
        return USAGE
    config = load(args.config)
    export = _records(args, config, span)
    wanted = [one for one in export.records if not args.platform or one.platform in args.platform]
    if args.export:
        _save(args.export, [line(one) for one in wanted])
    found = series(wanted, config, *span)
    report = document(found, config, export.faults)
    if args.html:
        _save(args.html, [page(report, args.lang)])
    if args.json:
        terminal.show_json(report)
    else:
        print(text(report, args.lang))
    if not found.totals:
        return SHORT
    return SHORT if args.at_least is not None and found.totals[-1] < args.at_least else OK


Span = tuple[date | None, date | None]


def _span(args: argparse.Namespace) -> Span | None:
    """The days asked for; None when the flags contradict each other."""
    first, last = args.first, args.last
    if args.month is not None:
        if first is not None or last is not None:
            return None
        try:
            first = date.fromisoformat(f"{args.month}-01")
        except ValueError:
            return None
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        last = date.fromordinal(following.toordinal() - 1)
    elif args.story is not None and first is None and last is None:
        first, last = FIRST, LAST
    return None if first is not None and last is not None and first > last else (first, last)


def _records(args: argparse.Namespace, config: QualityConfig, span: Span) -> Export:
    if args.story is not None:
        return Export(tell(args.story), ())
    if args.file is None:
        return read_rows(enumerate(fetch(terminal.client(args), span[1]), start=1), config.standard)
    return read_lines(terminal.read(args.file).splitlines(), config.standard)


def _save(path: Path, lines: Sequence[str]) -> None:
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
