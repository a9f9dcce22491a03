"""`hutong evidence`: proofs and heads from a hub; checking them needs only the files."""

from __future__ import annotations

import argparse
import binascii
import importlib
import json
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SUMMARY = "存证:取得证明,离线核验,树头,长期归档"


def configure(parser: argparse.ArgumentParser) -> None:
    from hub import terminal
    from hub.evidence import cli_keeping

    verbs = parser.add_subparsers(dest="verb", required=True)
    prove = verbs.add_parser("prove", help="取得一条报文的证明,写到标准输出")
    prove.add_argument("id", help="hubId")
    terminal.add(prove, default_as="centre")
    check = verbs.add_parser("verify", help="离线核验证明文件:不需要平台,也不需要网络")
    check.add_argument("file", type=Path, help="证明文件,- 为标准输入")
    _key(check)
    _anchor(check)
    check.add_argument("--require-stamp", action="store_true", help="没有时间戳即判不通过")
    check.add_argument("--archive", type=Path, help="归档目录(evidence archive):凭其中的归档记录核验时间戳")
    check.add_argument("--message", type=Path, help="手中的报文原文,核对与受理时逐字节一致")
    check.add_argument("--bid", type=Path, help="投标开启证明:手中的投标文件(信封),重做认定所依据的步骤")
    check.add_argument(
        "--bid-key", nargs="+", default=[], metavar="LINE",
        help="投标开启证明:您所持的接收人密钥(file:… 或设备,同平台密钥的写法),重做解密这一步;密钥不出本机",
    )  # fmt: skip
    check.add_argument("--lang", choices=("zh", "en"), default="zh", help="投标开启证明的语言 / language")
    check.add_argument("--json", action="store_true", help="输出一个 JSON 文档")
    heads = verbs.add_parser("heads", help="取得公布的树头与一致性证明,写到标准输出")
    heads.add_argument("--since", type=int, default=0, help="自这一大小之后,并证明此前未改")
    terminal.add(heads, default_as="centre")
    grown = verbs.add_parser("consistency", help="离线核对:前一份(证明或树头)之后,日志是否只增未改")
    grown.add_argument("old", type=Path, help="从前取得的证明或树头文件")
    grown.add_argument("new", type=Path, help="后来取得的树头文件(heads --since)")
    _key(grown)
    _anchor(grown)
    grown.add_argument("--json", action="store_true", help="输出一个 JSON 文档")
    cli_keeping.configure(verbs)


def _key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--log-key", "--key", dest="key", type=Path, help="另行取得的枢纽公钥(PEM);不给则用证明所带的"
    )


def _anchor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tsa-anchor", type=Path, nargs="+", help="另行取得的时间戳服务根证书(PEM 或 DER)")


def run(args: argparse.Namespace) -> int:
    from hub.evidence import cli_keeping

    ours = {"prove": _prove, "verify": _verify, "heads": _heads, "consistency": _consistency}
    return ours.get(args.verb, cli_keeping.run)(args)


def _prove(args: argparse.Namespace) -> int:
    from hub import terminal

    missing = "没有可给您的证明(编号不存在、不属于您,或尚未封入树头)"
    return _given(terminal.client(args).proof(args.id), missing)


def _heads(args: argparse.Namespace) -> int:
    from hub import terminal

    return _given(terminal.client(args).heads(args.since), "没有这一大小的树头")


def _given(document: dict[str, Any] | None, missing: str) -> int:
    if document is None:
        print(missing, file=sys.stderr)
        return 1
    json.dump(document, sys.stdout, ensure_ascii=False, indent=1)
    print()
    return 0


def _verify(args: argparse.Namespace) -> int:
    from hub.evidence.verify import Given, read, verify_with

    document = read(_text(args.file))
    if isinstance(document, dict) and document.get("format") in _OTHERS:
        return _other(args, document)
    given = Given(
        _text(args.key) if args.key else None,
        _bytes(args.message) if args.message else None,
        _anchors(args, document, args.archive),
        datetime.now(UTC),
    )
    verdict = verify_with(document, given)
    _require_stamp(args, verdict)
    return _say(args, verdict, "核验通过:证明成立")


# Proofs of what lies above evidence: who tells of them is found by name, as the verbs are.
_OTHERS = {"hutong-bid-proof/1": "hub.bids.telling"}


def _other(args: argparse.Namespace, document: dict[str, Any]) -> int:
    telling = importlib.import_module(_OTHERS[document["format"]])
    with ExitStack() as closing:
        verdict = telling.checked(
            document,
            public_pem=_text(args.key) if args.key else None,
            file=_bytes(args.bid) if args.bid else None,
            roots=_anchors(args, document).roots,
            holders=[_holder(line, closing) for line in args.bid_key],
        )
    _require_stamp(args, verdict)
    english = args.lang == "en"
    if english:
        verdict = telling.in_english(verdict)
    passed = telling.passed(document, english=english) if verdict.ok else ""
    return _say(args, verdict, passed, english=english)


def _holder(line: str, closing: ExitStack) -> Any:
    from certs.keys.opening import open_key
    from certs.keys.port import KeyFailureError
    from hub.errors import SettingsError

    try:
        # The key of whoever checks, on his own machine: a file is as good as a device.
        opened = open_key(line, realm="production", allow_file_in_production=True)
    except (KeyFailureError, ValueError) as error:
        raise SettingsError(f"--bid-key: {error}") from error
    closing.callback(opened.close)
    return opened


def _require_stamp(args: argparse.Namespace, verdict: Any) -> None:
    if args.require_stamp and (missing := [one for one in verdict.open if one[0].startswith("stamp.")]):
        verdict.faults += missing


def _anchors(args: argparse.Namespace, document: Any, archive: Path | None = None) -> Any:
    from certs.model.certificate import read_certificate
    from certs.model.der import MalformedError
    from hub.errors import SettingsError
    from hub.evidence.archive import record_for
    from hub.evidence.belief import ders
    from hub.evidence.stamp_check import Anchors

    try:
        roots = tuple(raw for file in args.tsa_anchor or () for raw in ders(_bytes(file)))
        for raw in roots:
            read_certificate(raw)
    except (binascii.Error, MalformedError) as error:
        raise SettingsError(f"时间戳根证书不可读 / unreadable anchor: {error}") from error
    record, lists = record_for(archive, document) if archive else (None, ())
    return Anchors(roots, record, lists)


def _consistency(args: argparse.Namespace) -> int:
    from hub.evidence.continuity import compare
    from hub.evidence.verify import read

    old, new = read(_text(args.old)), read(_text(args.new))
    known = _text(args.key) if args.key else None
    anchors = replace(_anchors(args, new), now=datetime.now(UTC))
    verdict = compare(old, new, public_pem=known, anchors=anchors)
    return _say(args, verdict, "核验通过:日志只增未改")


def _say(args: argparse.Namespace, verdict: Any, passed: str, *, english: bool = False) -> int:
    """Clause by clause: what holds, what was not looked at, what does not hold."""
    if args.json:
        print(json.dumps(verdict.as_dict(), ensure_ascii=False))
        return 0 if verdict.ok else 1
    for claim in verdict.claims:
        print(f"✓ {claim}")
    for code, zh in verdict.open:
        print(f"! {zh} [{code}]")
    for code, zh in verdict.faults:
        print(f"✗ {zh} [{code}]")
    many = len(verdict.open)
    unseen = f" ({many} not looked at, see !)" if english else f"(其中 {many} 项未核或有保留,见 ! 各行)"
    failed = "Does not hold" if english else "核验不通过"
    print(f"{passed}{unseen if many else ''}" if verdict.ok else failed)
    return 0 if verdict.ok else 1


def _bytes(file: Path) -> bytes:
    from hub.errors import SettingsError

    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise SettingsError(f"读不到 / cannot read: {error}") from error


def _text(file: Path) -> str:
    from hub.errors import SettingsError

    try:
        return _bytes(file).decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: 不是 UTF-8 文本 / not UTF-8") from error
