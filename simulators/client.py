"""`hutong sim fault|search|export|clock|snapshot|world`: telling and asking a running fleet.

Thin on purpose: each verb is one request, and what it prints is what the port said.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

OK, REFUSED, COULD_NOT_RUN = 0, 1, 3
PATIENCE = 30
_FILTERS = ("system", "stage", "key", "fault", "text", "since", "until")


def configure(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    fault = _verb(verbs, "fault", "给一个运行中的系统设故障或解除")
    fault.add_argument("system")
    fault.add_argument("name", nargs="?", help="故障名;省略即列出已设的")
    fault.add_argument("--times", type=int, default=1, help="次数;0 为直到解除")
    fault.add_argument("--match", default="{}", help='JSON,例 {"path": "/push"}')
    fault.add_argument("--lift", action="store_true", help="解除全部")
    search = _verb(verbs, "search", "在往来记录里查找")
    search.add_argument("--limit", type=int, default=50, help="最近多少条;0 为全部")
    export = _verb(verbs, "export", "导出往来记录(JSONL)")
    export.add_argument("--mask", action="store_true", help="遮去签名、端口与实际时刻,供两次运行比较")
    export.add_argument("--out", type=Path, help="写入文件;省略即写到标准输出")
    for parser in (search, export):
        parser.add_argument("--system", default="", help="系统编号,逗号分隔")
        parser.add_argument("--stage", default="", help="环节或服务")
        parser.add_argument("--key", default="", help="线上的业务键")
        parser.add_argument("--fault", default="", help="故障名;* 为任一故障")
        parser.add_argument("--text", default="", help="路径、报头或正文里的一段文字")
        parser.add_argument("--since", default="", help="不早于,例 2026-11-22T09:00:00+08:00")
        parser.add_argument("--until", default="", help="不晚于")
    clock = _verb(verbs, "clock", "看或拨动系统时钟")
    clock.add_argument("--set", help="freeze、run、real、时刻,或 +1d2h、--set=-30m")
    snapshot = _verb(verbs, "snapshot", "记下、恢复、列出全部系统的状态")
    snapshot.add_argument("name", nargs="?", help="快照名;省略即列出")
    what = snapshot.add_mutually_exclusive_group()
    what.add_argument("--restore", action="store_true", help="恢复到此快照")
    what.add_argument("--forget", action="store_true", help="丢掉此快照")
    world = _verb(verbs, "world", "列出、分出、关掉并行的世界")
    world.add_argument("name", nargs="?", help="名字(a-z 0-9 _);省略即列出")
    world.add_argument("--from", dest="source", default="main", help="从哪个世界分出")
    world.add_argument("--snapshot", default="", help="从那个世界的哪个快照分出")
    world.add_argument("--drop", action="store_true", help="关掉")


def _verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=text)
    parser.add_argument("--management", required=True, help="管理端口地址")
    parser.add_argument("--json", action="store_true", help="原样输出 JSON")
    if name != "world":
        parser.add_argument("--world", default="main", help="哪个世界")
    return parser


def run(args: argparse.Namespace) -> int:
    """One verb; exit codes 1 refused, 3 nobody there."""
    from urllib.error import HTTPError

    try:
        return _VERBS[args.action](args)
    except HTTPError as error:
        print(error.read().decode("utf-8"), file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(f"hutong sim {args.action}: {args.management}: {error}", file=sys.stderr)
        return COULD_NOT_RUN


def _ask(
    args: argparse.Namespace,
    path: str,
    method: str = "GET",
    told: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
) -> str:
    """What the port says; raises OSError (HTTPError is one). HTTP is loaded only here: `up` needs none."""
    from urllib.request import Request, urlopen

    asked = {name: value for name, value in (query or {}).items() if value}
    if getattr(args, "world", "main") != "main":
        asked["world"] = args.world
    url = f"{args.management.rstrip('/')}{path}" + (f"?{urlencode(asked)}" if asked else "")
    body = None if told is None else json.dumps(told).encode("utf-8")
    request = Request(url, data=body, method=method)  # noqa: S310 - the operator's own address
    with urlopen(request, timeout=PATIENCE) as reply:  # noqa: S310
        return str(reply.read().decode("utf-8"))


def _fault(args: argparse.Namespace) -> int:
    path = f"/systems/{args.system}/faults"
    if args.lift:
        print(_ask(args, path, "DELETE"))
    elif args.name:
        told = {"name": args.name, "times": args.times or None, "match": json.loads(args.match)}
        print(_ask(args, path, "POST", told))
    else:
        print(_ask(args, path))
    return OK


def _search(args: argparse.Namespace) -> int:
    query = {name: getattr(args, name) for name in _FILTERS}
    found = _ask(args, "/journal", query={**query, "limit": str(args.limit)})
    if args.json:
        print(found, end="")
        return OK
    for line in found.splitlines():
        one = json.loads(line)
        status = "断开" if one["reply"] is None else one["reply"]["status"]
        asked = f"{one['request']['method']} {one['request']['path']}"
        marks = " ".join(part for part in (one["stage"], one["key"], one["fault"]) if part)
        print(f"{one['at']} {one['system']:<4} #{one['number']:<6} {status} {asked}  {marks}")
    return OK


def _export(args: argparse.Namespace) -> int:
    query = {name: getattr(args, name) for name in _FILTERS}
    lines = _ask(args, "/journal", query={**query, "mask": "1" if args.mask else ""})
    if args.out is None:
        print(lines, end="")
    else:
        args.out.write_text(lines, "utf-8")
        print(json.dumps({"out": str(args.out), "exchanges": lines.count("\n")}, ensure_ascii=False))
    return OK


def _clock(args: argparse.Namespace) -> int:
    if args.set:
        print(_ask(args, "/clock", "POST", {"set": args.set}))
    else:
        print(_ask(args, "/clock"))
    return OK


def _snapshot(args: argparse.Namespace) -> int:
    named = "/snapshots/" + quote(args.name or "", safe="")
    if not args.name:
        print(_ask(args, "/snapshots"))
    elif args.restore:
        print(_ask(args, f"{named}/restore", "POST"))
    elif args.forget:
        print(_ask(args, named, "DELETE"))
    else:
        print(_ask(args, "/snapshots", "POST", {"name": args.name}))
    return OK


def _world(args: argparse.Namespace) -> int:
    if not args.name:
        print(_ask(args, "/worlds"))
    elif args.drop:
        print(_ask(args, "/worlds/" + quote(args.name, safe=""), "DELETE"))
    else:
        told = {"name": args.name, "from": args.source, "snapshot": args.snapshot}
        print(_ask(args, "/worlds", "POST", told))
    return OK


_VERBS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "fault": _fault,
    "search": _search,
    "export": _export,
    "clock": _clock,
    "snapshot": _snapshot,
    "world": _world,
}
VERBS = frozenset(_VERBS)
