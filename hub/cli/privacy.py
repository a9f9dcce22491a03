"""`hutong privacy show|erase`: what is held of a person, and its erasure (centre).

The person is asked for or read from standard input unless given: a command line is seen by others.
"""

from __future__ import annotations

import argparse
import sys
from getpass import getpass
from typing import Any

from hub import terminal

SUMMARY = "个人信息:查明持有哪些、应请求删除(中心)"
# The same for everybody: it says nothing of whether this person has bid.
_SIGNED = "另:经签名的投标回执与开启结果(如有)为凭证,须完整保存,不在删除之列"


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    show = verbs.add_parser("show", help="持有哪些(不含内容)")
    erase = verbs.add_parser("erase", help="销毁密钥,不可恢复")
    erase.add_argument(
        "--ground", required=True, help="purpose-ended service-ended consent-withdrawn unlawful ordered"
    )
    for verb in (show, erase):
        verb.add_argument("--subject", default="-", help="证件号、电话、账号或姓名;- 为另行输入")
        verb.add_argument("--name", help="多人共用一个号码时,其姓名")
        verb.add_argument("--sender", help="仅有姓名时,报送的系统编号")
        verb.add_argument("--person", help="show 给出的代号")
        terminal.add(verb, default_as="centre")


def run(args: argparse.Namespace) -> int:
    names = ("name", "sender", "person", "ground")
    wanted = {name: getattr(args, name) for name in names if getattr(args, name, None)}
    if not args.person:
        wanted["subject"] = _subject() if args.subject == "-" else args.subject
    path = "/v1/privacy/subjects" if args.verb == "show" else "/v1/privacy/erasures"
    reply = terminal.client(args).ask("POST", path, wanted)
    if not reply.ok:
        return terminal.refused(reply, as_json=args.json)
    if args.json:
        terminal.show_json(reply.document)
    elif args.verb == "show":
        _print_held(reply.document)
    else:
        _print_erased(reply.document)
        print(_SIGNED)
    return terminal.OK


def _subject() -> str:
    if sys.stdin.isatty():
        return getpass("证件号或电话(不显示): ").strip()
    return sys.stdin.readline().strip()


def _print_held(document: dict[str, Any]) -> None:
    for person in document["persons"]:
        print(f"代号 {person['person']},{len(person['records'])} 条:")
        for row in person["records"]:
            rest = " ".join(str(row[name]) for name in ("clause", "until", "erasedTime") if name in row)
            line = (row["receivedTime"], row["from"], row["stage"], row["hubId"], row["state"], rest)
            print("  " + " ".join(line).rstrip())
    if not document["persons"]:
        print("没有可告知的记录")


def _print_erased(document: dict[str, Any]) -> None:
    print(f"已删除 {document['erased']} 条记录中的个人信息" + _by(document["event"]))
    for row in document["held"]:
        print(f"依 {row['clause']} 仍须保存" + (f",至 {row['until']}" if "until" in row else ",长期"))


def _by(event: str | None) -> str:
    return f",凭据 {event}" if event else ""
