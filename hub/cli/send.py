"""`hutong send FILE`: sign one message and submit it, then show the receipt or everything that is wrong.

With `--attach PATH` the files go first, each only if the message names its digest.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub import terminal
from hub.attaching import name_of
from hub.client import HubClient, client_key, hub_url
from hub.message import parse, refusing, sign, wall

SUMMARY = "签名并提交一条报文"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="报文文件(JSON),- 为标准输入")
    parser.add_argument("--keep", action="store_true", help="保留 time 与 nonce(缺省换新)")
    parser.add_argument(
        "--attach",
        action="append",
        default=[],
        type=Path,
        metavar="PATH",
        help="先上传附件(可多次;报文 body.files 须写明其摘要),中断后重来即续传",
    )
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
    if not _attached(client, args.attach, envelope):
        return terminal.SHORT
    body = json.dumps(signed, ensure_ascii=False).encode("utf-8")
    # A message with a stage is a record; without one it asks a service.
    reply = client.send(body) if "stage" in head else client.service(str(head.get("msgType", "")), body)
    return _told(reply, args)


def _attached(client: HubClient, paths: list[Path], envelope: dict[str, Any]) -> bool:
    """Upload the files; False, and nothing sent, when the message does not name one of them."""
    body = envelope.get("body")
    rows = body.get("files") if isinstance(body, dict) else None
    listed = {str(row.get("digest")) for row in rows or () if isinstance(row, dict)}
    algorithms = {digest.partition(":")[0] for digest in listed} & {"sm3", "sha256"} or {"sm3"}
    chosen: list[tuple[Path, str]] = []
    for path in paths:
        names = {name_of(path, algorithm): algorithm for algorithm in sorted(algorithms)}
        fitting = [algorithm for name, algorithm in names.items() if name in listed]
        if not fitting:
            print(f"{path}: body.files 中没有这个附件的摘要 {' / '.join(names)}", file=sys.stderr)
            return False
        chosen.append((path, fitting[0]))
    for path, algorithm in chosen:
        client.put_file(path, algorithm=algorithm, told=_progress(path))
    return True


def _progress(path: Path) -> Callable[[int, int], None]:
    def told(come: int, total: int) -> None:
        print(f"附件 {path.name} {come * 100 // total if total else 100}%", file=sys.stderr)

    return told


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
