"""`hutong sim`: list the systems, start them, set faults, say what faults there are."""

from __future__ import annotations

import argparse
import json

from simulators import client
from simulators import up as serving
from simulators.component import command as component

SUMMARY = "模拟的对接系统:列出、启动、设故障 / the simulated systems"
OK, USAGE, COULD_NOT_RUN = 0, 2, 3


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="action", required=True)
    listing = verbs.add_parser("list", help="135 个系统,能否启动")
    listing.add_argument("--json", action="store_true")
    up = verbs.add_parser("up", help="在一个进程里启动")
    serving.configure(up)
    component.configure(verbs.add_parser("component", help="用户电脑上的本机组件(介质、口令、SOF 函数)"))
    client.configure(verbs)
    ways = verbs.add_parser("behaviours", help="故障表与 T01 的错误变体")
    ways.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    if args.action == "list":
        return _list(args.json)
    if args.action == "behaviours":
        return _behaviours(args.json)
    if args.action == "component":
        return component.run(args)
    if args.action in client.VERBS:
        return client.run(args)
    return serving.run(args)


def _list(as_json: bool) -> int:
    from simulators.fleet import cannot
    from simulators.roll import roll

    rows = [
        {
            "id": r.id,
            "zh": r.zh,
            "dialect": r.dialect,
            "variant": r.variant,
            "can_start": not why,
            "reason": why,
        }
        for r in roll().values()
        for why in (cannot(r),)
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return OK
    for row in rows:
        print(
            f"{row['id']:<4} {row['dialect']:<18} {'可启动' if row['can_start'] else '未实现'}  {row['zh']}"
        )
    able = sum(1 for row in rows if row["can_start"])
    print(f"共 {len(rows)} 个系统,{able} 个可启动")
    return OK


def _behaviours(as_json: bool) -> int:
    from simulators.dialects import SIDES
    from simulators.faults import faults
    from simulators.faults.outcomes import outcomes, pairs
    from simulators.lines import line_of
    from simulators.systems.t01 import VARIANTS

    table = [
        {"name": f.name, "mechanism": f.mechanism, "dialects": sorted(f.dialects), "zh": f.zh}
        for f in faults().values()
    ]
    variants = [{"name": name, "zh": (kind.__doc__ or "").strip()} for name, kind in VARIANTS.items()]
    if as_json:
        every = sorted(pairs({dialect: line_of(dialect) for dialect in SIDES}))
        rows = [row.shown() for dialect, fault in every for row in outcomes(dialect, fault)]
        told = {"faults": table, "outcomes": rows, "variants": variants}
        print(json.dumps(told, ensure_ascii=False))
        return OK
    for row in table:
        print(f"{row['name']:<26} {row['mechanism']:<8} {row['zh']}  [{', '.join(row['dialects']) or '*'}]")
    print()
    for variant in variants:
        print(f"T01 --variant {variant['name']:<22} {variant['zh']}")
    return OK
