"""`hutong onboard`: the onboarding desk from the command line."""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from hub import terminal
from hub.client import APPLICATIONS, HubClient, Sent, hub_url
from hub.errors import SettingsError
from hub.onboarding.evidence import DISCLOSURE, DOCUMENTS
from hub.onboarding.sample import sample_application
from hub.onboarding.steps import STATE_ZH, State

SUMMARY = "对接申请、核准上线、暂停、终止"
_CAUSED = ("return", "suspend", "terminate")


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    apply = verbs.add_parser("apply", help="提交对接申请(厂商)")
    apply.add_argument("file", nargs="?", help="申请文件 JSON 或 TOML;缺省用 --sample")
    apply.add_argument("--sample", action="store_true", help="用一份合成的样例申请(仅沙箱)")
    terminal.add(apply)
    sample = verbs.add_parser("sample", help="打印样例申请")
    sample.add_argument("system", help="系统编号")
    report = verbs.add_parser("report", help="提交一致性测试报告")
    report.add_argument("system")
    report.add_argument("file", help="hutong conform run 产生的报告 JSON")
    terminal.add(report)
    approve = verbs.add_parser("approve", help="核准上线(中心)")
    approve.add_argument("system")
    approve.add_argument("--report", dest="file", help="先提交这份报告")
    terminal.add(approve, default_as="centre")
    for name, zh in (("return", "退回"), ("suspend", "暂停"), ("terminate", "终止停服")):
        verb = verbs.add_parser(name, help=zh)
        verb.add_argument("system")
        verb.add_argument("--cause", default="", help="原因,将随事件存证")
        terminal.add(verb, default_as="centre")
    show = verbs.add_parser("show", help="查看申请;不带编号为全部(中心)或公开名录")
    show.add_argument("system", nargs="?")
    show.add_argument("--public", action="store_true", help="公开名录")
    terminal.add(show, default_as="centre")
    login = verbs.add_parser("login", help="取得页面的一次性登录地址")
    terminal.add(login, default_as="centre")


def run(args: argparse.Namespace) -> int:
    if args.verb == "sample":
        terminal.show_json(sample_application(args.system))
        return terminal.OK
    if args.verb == "apply":
        return _apply(args)
    if args.verb == "show" and args.public:
        args.owner = None
    client = terminal.client(args)
    if args.verb == "login":
        return _login(args, client.ask("POST", "/v1/console/tickets", {}))
    if args.verb == "show":
        return _show(args, _look(client, args))
    if args.verb in _CAUSED:
        return _told(args, _step(client, args.system, args.verb, {"cause": args.cause}))
    if args.file:
        reply = _step(client, args.system, "report", document(args.file))
        if not reply.ok or args.verb == "report":
            return _told(args, reply)
    return _told(args, _step(client, args.system, "approve", {}))


def _apply(args: argparse.Namespace) -> int:
    if bool(args.file) == bool(args.sample):
        print("请给出申请文件,或 --sample(二者取一)", file=sys.stderr)
        return 2
    if args.sample and not args.owner:
        print("--sample 需要 --as ID", file=sys.stderr)
        return 2
    form = sample_application(args.owner) if args.sample else document(args.file)
    args.owner = args.owner or form.get("system")
    form.setdefault("system", args.owner)
    return _told(args, terminal.client(args).ask("POST", APPLICATIONS, form))


def _step(client: HubClient, system: str, step: str, document: dict[str, Any]) -> Sent:
    return client.ask("POST", f"{APPLICATIONS}/{system}/{step}", document)


def _look(client: HubClient, args: argparse.Namespace) -> Sent:
    if args.public:
        return client.look("/v1/onboarding/directory")
    return client.ask("GET", f"{APPLICATIONS}/{args.system}" if args.system else APPLICATIONS)


def document(file: str) -> dict[str, Any]:
    """One JSON or TOML object from a file; SettingsError says why not."""
    raw = terminal.read(file)
    try:
        value = tomllib.loads(raw.decode("utf-8")) if Path(file).suffix == ".toml" else json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{file}: {error}") from error
    if not isinstance(value, dict):
        raise SettingsError(f"{file}: 不是对象 / not an object")
    return value


def _told(args: argparse.Namespace, reply: Sent) -> int:
    if not reply.ok:
        return terminal.refused(reply, as_json=args.json)
    if args.json:
        terminal.show_json(reply.document)
        return terminal.OK
    record = reply.document["application"]
    state = STATE_ZH[State(record["state"])]
    print(f"{record['system']} {state}({record['since']}),存证 {reply.document['hubId']}")
    terminal.print_findings(reply.document.get("findings", ()))
    if reply.document.get("approval"):
        print("核准上线前还缺:")
        terminal.print_findings(reply.document["approval"], asked_for=True)
    return terminal.OK


def _show(args: argparse.Namespace, reply: Sent) -> int:
    if not reply.ok:
        return terminal.refused(reply, as_json=args.json)
    if args.json:
        terminal.show_json(reply.document)
        return terminal.OK
    if args.public:
        for row in reply.document["directory"]:
            print(f"{row['system']} {row['zh']} {row['stateZh']} {row['operator']}")
            for name, zh in DISCLOSURE.items():
                print(f"    {zh}:{row['disclosure'][name] or '—'}")
        return terminal.OK
    for case in reply.document.get("applications", [reply.document]):
        _print_case(case)
    return terminal.OK


def _print_case(case: dict[str, Any]) -> None:
    record = case["application"]
    form = record.get("application", {})
    state = STATE_ZH[State(record["state"])]
    print(f"{record['system']} {state} 自 {record.get('since')} 经办 {record.get('by')}")
    print(f"    运营单位:{form.get('operator', {}).get('name', '—')}")
    for name, zh in DOCUMENTS.items():
        print(f"    {zh}:{form.get('documents', {}).get(name, {}).get('digest', '—')}")
    report = record.get("report") or {}
    print(f"    测试报告:{report.get('verdict', '—')} {report.get('computed', '')}")
    if record.get("cause"):
        print(f"    原因:{record['cause']}")
    if case.get("approval"):
        print("  核准上线前还缺:")
        terminal.print_findings(case["approval"], asked_for=True)
    print(f"  下一步:{' '.join(case.get('next', ())) or '—'}")


def _login(args: argparse.Namespace, reply: Sent) -> int:
    if not reply.ok:
        return terminal.refused(reply, as_json=args.json)
    url = (args.url or hub_url()).rstrip("/") + reply.document["path"]
    if args.json:
        terminal.show_json({"url": url, "principal": reply.document["principal"]})
    else:
        print(f"十分钟内、仅一次有效:\n{url}")
    return terminal.OK
