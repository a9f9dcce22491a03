"""`hutong ca verify FILE`: signed data, seals, OFD, PDF, time stamps, by their kind."""

from __future__ import annotations

import argparse
import json
import sys

from certs.cli import asking
from certs.cli.files import USAGE, InputError, read_file

_NEEDED = {"timestamp": "盖了时间戳的文件", "record": "留存的证明,或记录所证明的文件", "kept": "证据记录"}


def configure(parser: argparse.ArgumentParser) -> None:
    asking.add(parser, "file", "签名数据、签章、OFD、PDF、时间戳、证据记录 / what was signed")
    parser.add_argument("--content", metavar="FILE",
                        help="分离签名、时间戳或证据记录的原文 / detached content")  # fmt: skip
    parser.add_argument("--existed", metavar='"TIME WHY"',
                        help="证据记录在此时刻已存在及其依据 / the record existed then")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """0 holds, 1 does not."""
    from certs.cli.reporting import report_of
    from certs.cli.signed import VERIFIABLE

    if args.trust is None:
        raise InputError(
            "没有给出信任列表 / no trust list", "--trust", "信任列表或信任锚", "加上 --trust LIST", USAGE
        )
    file = asking.examined(args)
    given = asking.given(args)
    content = read_file(args.content) if args.content else None
    report = report_of(file, read_file(file), given, args, content)
    if report.kind not in (*VERIFIABLE, "unknown"):
        raise InputError("没有可验证的签名 / nothing signed", f"{file}({report.kind})",
                         "签名数据、签章、OFD、PDF、时间戳", "证书请用 hutong ca recognise")  # fmt: skip
    if report.kind in _NEEDED and content is None:
        raise InputError("没有给出原文 / no content", "--content", _NEEDED[report.kind],
                         "加上 --content FILE", USAGE)  # fmt: skip
    if report.kind == "ocsp" and report.verdict is None:
        raise InputError("不知所答证书 / certificate not at hand", "--extra", "所问证书及其颁发者证书",
                         "加上 --extra CERT…", USAGE)  # fmt: skip
    if args.json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        from certs.cli.text import render

        sys.stdout.write(render(report, args.lang))
    return 0 if report.ok else 1
