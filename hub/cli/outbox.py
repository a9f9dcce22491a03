"""`hutong outbox list|dead|retry|replay`: deliveries waiting, failed, and to be sent again."""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import quote

from hub import terminal

SUMMARY = "待投递、死信、重试与重放(中心)"


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="待投递")
    listing.add_argument("--state", help="waiting | delivered | dead | …")
    dead = verbs.add_parser("dead", help="死信")
    retry = verbs.add_parser("retry", help="立即重试")
    retry.add_argument("ids", nargs="*", type=int, help="投递编号")
    retry.add_argument("--dead", action="store_true", help="全部死信")
    replay = verbs.add_parser("replay", help="按条件重放")
    for name in ("receiver", "sender", "stage", "message", "since", "until"):
        replay.add_argument(f"--{name}")
    replay.add_argument("--id", dest="hubId", help="hubId")
    for verb in (listing, dead, retry, replay):
        terminal.add(verb, default_as="centre")


def run(args: argparse.Namespace) -> int:
    client = terminal.client(args)
    if args.verb == "retry":
        ids: list[int] = list(args.ids)
        if args.dead:
            reply = client.ask("GET", "/v1/outbox?state=dead")
            if not reply.ok:
                return terminal.refused(reply, as_json=args.json)
            ids += [row["id"] for row in reply.document.get("deliveries", ())]
        if not ids:
            print("没有需要重试的投递。")
            return terminal.OK
        return _told(client.ask("POST", "/v1/outbox/retry", {"ids": ids}), args, "retried", "已安排重试")
    if args.verb == "replay":
        names = ("receiver", "sender", "stage", "message", "since", "until", "hubId")
        wanted = {name: getattr(args, name) for name in names if getattr(args, name)}
        return _told(client.ask("POST", "/v1/outbox/replay", wanted), args, "replayed", "已安排重放")
    state = "dead" if args.verb == "dead" else args.state
    reply = client.ask("GET", "/v1/outbox" + (f"?state={quote(state)}" if state else ""))
    if not reply.ok:
        return terminal.refused(reply, as_json=args.json)
    if args.json:
        terminal.show_json(reply.document)
        return terminal.OK
    rows = reply.document.get("deliveries", ())
    for row in rows:
        words = " ".join(
            str(row.get(name) or "") for name in ("id", "state", "receiver", "message", "hubId", "reason")
        )
        print(words)
    print(f"共 {len(rows)} 条")
    return terminal.OK


def _told(reply: Any, args: argparse.Namespace, member: str, zh: str) -> int:
    if not reply.ok:
        return terminal.refused(reply, as_json=args.json)
    if args.json:
        terminal.show_json(reply.document)
    else:
        print(f"{zh} {reply.document.get(member)} 条")
    return terminal.OK
