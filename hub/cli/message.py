"""`hutong message ID`: the whole way of one message; `message explain FILE`: what is wrong with one."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any
from urllib.parse import quote, urlencode

from certs.algorithms.digest import digest
from hub import terminal
from hub.client import client_keys
from hub.errors import SettingsError
from hub.message import check_shape, parse, refusing, signing_bytes
from hub.message.clinic import diagnose

SUMMARY = "查看报文全程;explain 说明报文或签名错在哪里"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID|explain", help="hubId,或 msgId(配合 --as),或 explain")
    parser.add_argument("file", nargs="?", help="explain 的报文文件,- 为标准输入")
    terminal.add(parser)


def run(args: argparse.Namespace) -> int:
    if args.id == "explain":
        if args.file is None:
            print("用法:hutong message explain FILE [--as ID]", file=sys.stderr)
            return 2
        return _explain(args)
    if args.owner is None:
        print("请用 --as ID 指明以哪个系统(或 centre)的身份查看", file=sys.stderr)
        return 2
    client = terminal.client(args)
    reply = client.ask("GET", f"/v1/messages/{quote(args.id, safe='')}")
    if reply.status == 404:
        reply = client.ask("GET", "/v1/messages?" + urlencode({"from": args.owner, "msgId": args.id}))
    if not reply.ok:
        return terminal.refused(reply, as_json=args.json)
    if args.json:
        terminal.show_json(reply.document)
    else:
        _print_trace(reply.document)
    return terminal.OK


def _print_trace(trace: dict[str, Any]) -> None:
    print(f"{trace.get('hubId')}  {trace.get('msgType')} {trace.get('stage') or ''}")
    print(f"  来自 {trace.get('from')} 的 {trace.get('msgId')},{trace.get('receivedTime')} 收到")
    for state in trace.get("states", ()):
        print(f"  {state.get('at')}  {state.get('state')} {state.get('reason') or ''}")
    for delivery in trace.get("deliveries", ()):
        print(f"  → {delivery.get('receiver')} {delivery.get('message')}: {delivery.get('state')}", end="")
        print(f"  主键 {delivery.get('key')}")
        for attempt in delivery.get("attempts", ()):
            words = " ".join(str(attempt.get(name) or "") for name in ("at", "outcome", "code", "foreign"))
            print(f"      {words.rstrip()}")
    evidence = trace.get("evidence") or {}
    head = evidence.get("head")
    sealed = f"已由 {head['time']} 的树头({head['size']} 条)封定" if head else "等待树头签发"
    print(f"  存证 序号 {evidence.get('seq')},{sealed}")


def _explain(args: argparse.Namespace) -> int:
    """Exit 0 when nothing is wrong with bytes, structure and (where its key is known) signature; else 1."""
    raw = terminal.read(args.file)
    report = examine(raw, args)
    if args.json:
        terminal.show_json(report)
    else:
        _print_report(report)
    return terminal.OK if report["ok"] else terminal.SHORT


def examine(raw: bytes, args: argparse.Namespace) -> dict[str, Any]:
    """`{ok, findings, canonical, digest, signature}`; canonical is null where there is none to speak of."""
    parsed = parse(raw)
    findings = list(parsed.findings)
    value = parsed.value
    if not refusing(findings):
        findings += check_shape(value)
    report: dict[str, Any] = {
        "ok": not refusing(findings),
        "findings": [finding.public() for finding in findings],
        "canonical": None,
        "digest": None,
        "signature": None,
    }
    if refusing(list(parsed.findings)) or not isinstance(value, dict):
        return report
    head = value.get("head")
    if not isinstance(head, dict):
        return report
    data = signing_bytes(value)
    report["canonical"] = data.decode("utf-8")
    report["digest"] = f"sm3:{digest(data).hex()}"
    if isinstance(head.get("sign"), dict) and isinstance(value.get("body"), dict):
        report["signature"] = _signature(value, raw, args)
        report["ok"] = report["ok"] and (report["signature"] is None or report["signature"]["fits"])
    return report


def _signature(value: dict[str, Any], raw: bytes, args: argparse.Namespace) -> dict[str, Any] | None:
    """What the clinic says; None when nobody was named and the sender's key is not here."""
    head = value["head"]
    try:
        keys = client_keys(args.owner or str(head.get("from", "")), os.environ, args.keys)
    except SettingsError:
        if args.owner:
            raise
        return None
    named = [key for key in keys if key.key_id == head["sign"].get("keyId")]
    key = (named or keys)[-1]
    told = diagnose(value, raw, key, others=keys).public(0)
    return {"keyId": key.key_id, "alg": key.alg, **told, "canonical": None}


def _print_report(report: dict[str, Any]) -> None:
    if report["canonical"] is not None:
        print(f"规范化字节({len(report['canonical'].encode('utf-8'))} 字节,签名所覆盖):")
        print(report["canonical"])
        print(f"摘要 {report['digest']}")
    terminal.print_findings(report["findings"], asked_for=True)
    if report["signature"] is not None:
        _print_signature(report["signature"])
    print("未发现问题。" if report["ok"] else "存在问题,见上。")


def _print_signature(signature: dict[str, Any]) -> None:
    for name, zh in (("z", "Z(枢纽所算)"), ("e", "e(枢纽所算)"), ("eSigned", "e(签名实际所用)")):
        if name in signature:
            print(f"{zh} {signature[name]}")
    if signature["fits"]:
        print(f"签名与密钥 {signature['keyId']} 相符。")
        return
    print(f"签名与密钥 {signature['keyId']} 不符。")
    for row in signature["mistakes"]:
        detail = f"({row['detail']})" if "detail" in row else ""
        print(f"  可能的原因 [{row['id']}] {row['zh']}{detail}")
        print(f"    改法:{row['remedy']}")
    if any(len(names) > 1 for names in signature["explanations"]):
        shown = ";".join(" + ".join(names) for names in signature["explanations"])
        print(f"  几处错误同时存在:{shown}")
    if not signature["mistakes"]:
        print("  不像任何常见错误;请对照上面的规范化字节逐字比较,并核对密钥。")
