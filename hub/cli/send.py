"""`hutong send FILE`: sign one message and submit it, then show the receipt or everything that is wrong."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from datetime import UTC, datetime
from typing import Any

from hub import terminal
from hub.client import HubClient, client_key, hub_url
from hub.message import parse, refusing, sign, wall

SUMMARY = "签名并提交一条报文"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="报文文件(JSON),- 为标准输入")
    parser.add_argument("--keep", action="store_true", help="保留 time 与 nonce(缺省换新)")
    parser.add_argument("--raw", action="store_true", help="原样发送,不签名")
    terminal.add(parser)


def run(args: argparse.Namespace) -> int:
    raw = terminal.read(args.file)
    if args.raw:
        reply = HubClient(args.url or hub_url()).send(raw)
        return _told(reply, args)
    envelope = _envelope(raw)
    if envelope is None:
        return terminal.SHORT
    head = envelope["head"]
    owner = args.owner or head.get("from", "")
    key = client_key(owner, os.environ, args.keys)
    head = {**head, "from": owner}
    if not args.keep:
        head = {**head, "time": wall(datetime.now(UTC)), "nonce": secrets.token_hex(12)}
    signed = sign({**envelope, "head": head}, key)
    client = HubClient(args.url or hub_url(), key)
    body = json.dumps(signed, ensure_ascii=False).encode("utf-8")
    # A message with a stage is a record; without one it asks a service.
    reply = client.send(body) if "stage" in head else client.service(str(head.get("msgType", "")), body)
    return _told(reply, args)


def _envelope(raw: bytes) -> dict[str, Any] | None:
    """A message that can be signed at all; otherwise its findings are printed."""
    parsed = parse(raw)
    broken = refusing(list(parsed.findings))
    if broken:
        print("报文无法签名:", file=sys.stderr)
        terminal.print_findings(finding.public() for finding in broken)
        return None
    if not isinstance(parsed.value, dict) or not isinstance(parsed.value.get("head"), dict):
        print("报文无法签名:缺少报文头 head", file=sys.stderr)
        return None
    return parsed.value


def _told(reply: Any, args: argparse.Namespace) -> int:
    if not reply.ok:
        return terminal.refused(reply, as_json=args.json)
    document = reply.document
    if args.json:
        terminal.show_json(document)
        return terminal.OK
    receipt = document.get("receipt") or document.get("body") or {}
    again = "(此前已受理,同一回执)" if reply.status == 200 and "receipt" in document else ""
    print(f"已受理 {document.get('hubId', '')}{again}")
    for name, value in receipt.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        print(f"  {name:<14} {text}")
    terminal.print_findings(document.get("findings", ()))
    return terminal.OK
