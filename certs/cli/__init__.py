"""`hutong ca`: look at certificates and what was signed with them, and decide whether to believe it."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import Any

SUMMARY = "证书与签名:查看、认定、验签、信任列表、沙箱 PKI / certificates and signatures"
VERBS = {
    "inspect": "看证书、签名、印章等:画出证书链,逐条说明 / look at it, clause by clause",
    "recognise": "认定一张证书 / is this certificate recognised",
    "verify": "验证签名、印章、版式文件、时间戳 / verify what was signed",
    "trustlist": "信任列表:查看、检查、签发、比较 / trust lists",
    "testpki": "生成沙箱证书(不得用于生产)/ throw-away certificates",
}


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, text in VERBS.items():
        _module(verb).configure(verbs.add_parser(verb, help=text, description=text))


def run(args: argparse.Namespace) -> int:
    from certs.cli.files import InputError

    try:
        return int(_module(args.verb).run(args))
    except InputError as error:
        print(f"hutong ca {args.verb}: {error}", file=sys.stderr)
        return error.code


def _module(verb: str) -> Any:
    return import_module(f"certs.cli.{verb}")
