"""`hutong ca verify FILE`: signed data, seals, OFD, PDF, time stamps, by their kind."""

from __future__ import annotations

import argparse
import json
import sys

from certs.cli import asking
from certs.cli.files import USAGE, InputError, read_file


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="签名数据、签章、OFD、PDF、时间戳 / what was signed")
    parser.add_argument("--content", metavar="FILE", help="分离签名或时间戳的原文 / detached content")
    parser.add_argument("--realm", choices=("sandbox", "production"), default="sandbox")
    asking.add(parser)


def run(args: argparse.Namespace) -> int:
    """0 holds, 1 does not."""
    from certs.cli.judging import VERIFIABLE
    from certs.cli.reporting import report_of

    if args.trust is None:
        raise InputError(
            "没有给出信任列表 / no trust list", "--trust", "信任列表或信任锚", "加上 --trust LIST", USAGE
        )
    given = asking.given(args)
    content = read_file(args.content) if args.content else None
    report = report_of(args.file, read_file(args.file), given, args, content)
    if report.kind not in (*VERIFIABLE, "unknown"):
        raise InputError("没有可验证的签名 / nothing signed", f"{args.file}({report.kind})",
                         "签名数据、签章、OFD、PDF、时间戳", "证书请用 hutong ca recognise")  # fmt: skip
    if report.kind == "timestamp" and content is None:
        raise InputError(
            "没有给出原文 / no content", "--content", "盖了时间戳的文件", "加上 --content FILE", USAGE
        )
    if args.json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        from certs.cli.text import render

        sys.stdout.write(render(report, args.lang))
    return 0 if report.ok else 1
