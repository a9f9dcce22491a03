"""`hutong ca inspect FILE`: what it is, its chain, and clause by clause why it is or is not recognised."""

from __future__ import annotations

import argparse
import json
import sys

from certs.cli import asking
from certs.cli.files import read_file, write_file


def configure(parser: argparse.ArgumentParser) -> None:
    asking.add(
        parser, "file", "证书、证书包、CRL、OCSP、签名、信封、印章、时间戳、证据记录、OFD、PDF;- 为标准输入"
    )
    parser.add_argument("--content", metavar="FILE", help="分离签名的原文 / detached content")
    parser.add_argument("--html", metavar="FILE", help="另存为一页(含证书链图)/ as a page with a drawing")


def run(args: argparse.Namespace) -> int:
    from certs.cli.reporting import report_of

    file = asking.examined(args)
    given = asking.given(args)
    content = read_file(args.content) if args.content else None
    report = report_of(file, read_file(file), given, args, content)
    if args.html:
        from certs.cli.page import page

        write_file(args.html, page(report, args.lang).encode())
    if args.json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        from certs.cli.text import render

        sys.stdout.write(render(report, args.lang))
    if report.kind == "unknown":
        return 1
    # Looking is done; whether it is recognised counts only if somebody was named to be believed.
    return 0 if report.verdict is None or report.ok or given.trust is None else 1
