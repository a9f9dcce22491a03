"""`hutong ca recognise CERT --trust LIST --at TIME`: yes or no, and why."""

from __future__ import annotations

import argparse
import json
import sys

from certs.cli import asking
from certs.cli.files import USAGE, InputError, read_file


def configure(parser: argparse.ArgumentParser) -> None:
    asking.add(parser, "cert", "证书(DER、PEM 或 base64)/ certificate")
    parser.add_argument("--subject", metavar="CODE", help="应为此主体(统一社会信用代码等)/ expected subject")


def run(args: argparse.Namespace) -> int:
    """0 recognised, 1 not."""
    from certs.cli.reporting import report_of

    if args.trust is None:
        raise InputError(
            "没有给出信任列表 / no trust list", "--trust", "信任列表文件", "加上 --trust LIST", USAGE
        )
    file = asking.examined(args)
    given = asking.given(args)
    report = report_of(file, read_file(file), given, args)
    if report.kind not in ("certificate", "bundle", "unknown"):
        raise InputError("不是证书 / no certificate", file, "证书", "签名等文件请用 hutong ca verify")
    if args.json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        from certs.cli.text import render

        sys.stdout.write(render(report, args.lang))
    return 0 if report.ok else 1
