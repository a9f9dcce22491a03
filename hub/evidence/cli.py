"""`hutong evidence prove ID > FILE` asks a hub for a proof; `verify FILE` needs only the file."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

SUMMARY = "存证:取得证明,离线核验"


def configure(parser: argparse.ArgumentParser) -> None:
    from hub import terminal

    verbs = parser.add_subparsers(dest="verb", required=True)
    prove = verbs.add_parser("prove", help="取得一条报文的证明,写到标准输出")
    prove.add_argument("id", help="hubId")
    terminal.add(prove, default_as="centre")
    check = verbs.add_parser("verify", help="离线核验证明文件")
    check.add_argument("file", type=Path, help="证明文件,- 为标准输入")
    check.add_argument("--key", type=Path, help="另行取得的枢纽公钥(PEM);不给则用证明所带的")
    check.add_argument("--message", type=Path, help="手中的报文原文,核对与受理时逐字节一致")
    check.add_argument("--json", action="store_true", help="输出一个 JSON 文档")


def run(args: argparse.Namespace) -> int:
    return _prove(args) if args.verb == "prove" else _verify(args)


def _prove(args: argparse.Namespace) -> int:
    from hub import terminal

    proof = terminal.client(args).proof(args.id)
    if proof is None:
        print("没有可给您的证明(编号不存在、不属于您,或尚未封入树头)", file=sys.stderr)
        return 1
    json.dump(proof, sys.stdout, ensure_ascii=False, indent=1)
    print()
    return 0


def _verify(args: argparse.Namespace) -> int:
    from hub.errors import SettingsError
    from hub.evidence.verify import verify

    try:
        text = sys.stdin.read() if str(args.file) == "-" else args.file.read_text("utf-8")
        key = args.key.read_text("ascii") if args.key else None
        original = args.message.read_bytes() if args.message else None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"读不到 / cannot read: {error}") from error
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    verdict = verify(document, public_pem=key, original=original)
    if args.json:
        faults = [{"code": code, "zh": zh} for code, zh in verdict.faults]
        print(json.dumps({"ok": verdict.ok, "claims": verdict.claims, "faults": faults}, ensure_ascii=False))
    else:
        for claim in verdict.claims:
            print(f"✓ {claim}")
        for code, zh in verdict.faults:
            print(f"✗ {zh} [{code}]")
        print("核验通过:证明成立" if verdict.ok else "核验不通过")
        if verdict.ok and key is None:
            print("提示:公钥取自证明本身,请与枢纽公布的指纹核对(--key)")
    return 0 if verdict.ok else 1
