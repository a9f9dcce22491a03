"""`hutong ca trustlist`: show, check, sign, publish and compare trust lists."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certs.cli import believing
from certs.cli.files import COULD_NOT_RUN, InputError, moment_of, read_file, write_file

if TYPE_CHECKING:
    from certs.keys.port import SigningKey


def configure(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    show = acts.add_parser("show", help="列出所载机构 / what it lists")
    show.add_argument("list")
    check = acts.add_parser("check", help="检查格式、签名、时间与序号,列出全部问题 / all that is wrong")
    check.add_argument("list")
    check.add_argument("--state", metavar="FILE", help="已见最新序号的文件 / newest sequence seen")
    sign = acts.add_parser("sign", help="对列表内容签名 / sign the content")
    publish = acts.add_parser("publish", help="序号加一、更新时间后签名 / next sequence, dates, signature")
    publish.add_argument("--previous", metavar="LIST", help="上一期,序号由此续编 / the list before")
    publish.add_argument("--days", type=int, default=30, help="至下次更新的天数 / days to the next update")
    for one in (sign, publish):
        one.add_argument("content", help="列表内容(list 成员)的 JSON / its content")
        one.add_argument(
            "--key", required=True, metavar="REF", help="中心签名私钥:文件,或 pkcs11:、sdf:、https:"
        )
        one.add_argument("--certificate", metavar="CERT", help="中心签名证书(私钥引用未带时)")
        one.add_argument("--realm", choices=("sandbox", "production"), default="sandbox")
        one.add_argument(
            "--allow-file-key",
            action="store_true",
            default=os.environ.get("HUTONG_ALLOW_FILE_KEYS", "").lower() == "true",
            help="production 域也接受文件私钥 / a key in a file, in production too",
        )
        one.add_argument("--out", required=True, metavar="FILE")
    diff = acts.add_parser("diff", help="比较两期 / compare two lists")
    diff.add_argument("old")
    diff.add_argument("new")
    for one in (show, check):
        one.add_argument("--signer", metavar="CERT", action="append", default=[])
    for one in (show, check, sign, publish, diff):
        one.add_argument("--at", metavar="TIME")
        one.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    acts = {"show": _show, "check": _check, "sign": _sign, "publish": _publish, "diff": _diff}
    return acts[args.act](args)


def _content(path: str, data: bytes | None = None) -> Any:
    """The member `list` of a signed file, or a file that is the member itself."""
    from certs.model.der import MalformedError
    from certs.trustlist.canonical import parse

    try:
        value = parse(read_file(path) if data is None else data)
    except MalformedError as error:
        raise InputError(f"不是信任列表:{error}", path, "JSON(UTF-8)", "核对文件") from error
    if isinstance(value, dict) and "list" in value:
        value = value["list"]
    if not isinstance(value, dict):
        raise InputError("不是信任列表 / no trust list", path, "JSON 对象", "核对文件")
    return value


def _show(args: argparse.Namespace) -> int:
    from certs.trustlist import examine

    data = read_file(args.list)
    found = examine(data, signers=believing.pinned(args, data)[0], at=moment_of(args.at))
    listed = found.trust_list
    if listed is None:
        raise believing.unusable(args.list, found.findings, 1)
    if args.json:
        print(json.dumps(_content(args.list, data), ensure_ascii=False))
        return 0
    dates = f"{listed.issued.isoformat()} 签发,{listed.next_update.isoformat()} 前更新"
    print(f"{listed.zh}  第 {listed.sequence} 期  {dates}")
    for ca in listed.cas:
        until = "" if ca.period.end is None else f",{ca.period.end:%Y-%m-%d} 终止({ca.grandfathering.reason})"
        print(f"  {ca.id:<12} {ca.zh}  许可证 {ca.licence}  自 {ca.period.begin:%Y-%m-%d}{until}")
        for name, words in (("行业", list(ca.sectors)), ("算法", [one.name for one in ca.algorithms]),
                            ("介质", sorted(ca.media)), ("可容忍偏差", sorted(ca.quirks))):  # fmt: skip
            print(f"      {name}:{'、'.join(words) or '无'}")
    for peer in listed.peers:
        same = "同一技术架构" if peer.same_architecture else "技术架构不同,不互认"
        print(f"  邻省 {peer.region} {peer.zh}:{same}({peer.basis})")
    return 0


def _check(args: argparse.Namespace) -> int:
    from certs.trustlist import Sequence, examine
    from certs.trustlist.state import StateError, load, save

    data = read_file(args.list)
    signers, remarks = believing.pinned(args, data)
    state = Path(args.state) if args.state else None
    try:
        seen = load(state) if state else {}
    except StateError as error:
        raise InputError(
            "序号文件不可信", str(error), "本程序写下的 JSON", "确认最近使用的列表后删除该文件"
        ) from error
    newest = seen.get(believing.region_of(data))
    found = examine(data, signers=signers, at=moment_of(args.at), newest_known=newest)
    if args.json:
        print(json.dumps({**found.as_dict(), "remarks": list(map(str, remarks))}, ensure_ascii=False))
    elif found.trust_list is not None:
        print(f"✓ 信任列表有效:第 {found.trust_list.sequence} 期,{len(found.trust_list.cas)} 家 CA")
    else:
        print(f"✗ 信任列表不可用,共 {len(found.findings)} 处 / cannot be used:")
        for one in found.findings:
            print(f"  {one.at}  [{one.code}]\n    应为 {one.expected},实为 {one.observed or '—'}")
            print(f"    → {one.advice}")
    if found.trust_list is not None and state:
        save(state, seen | {found.trust_list.region: Sequence.of(found.trust_list)})
    return 0 if found.trust_list is not None else 1


def _key(args: argparse.Namespace) -> SigningKey:
    """A key reference as in the settings (`file:`, `pkcs11:`, `sdf:`, `https:`), or just a file."""
    from urllib.parse import quote

    from certs.keys.opening import open_key
    from certs.keys.port import KeyFailureError

    spec = args.key
    if spec.partition(":")[0].lower() not in ("file", "pkcs11", "sdf", "http", "https"):
        spec = f"file:{quote(str(Path(spec).absolute()))}"
    if args.certificate:
        spec += ("&" if "?" in spec else "?") + f"certificate={quote(str(Path(args.certificate).absolute()))}"
    try:
        return open_key(spec, realm=args.realm, allow_file_in_production=args.allow_file_key)
    except KeyFailureError as error:
        raise InputError(
            f"私钥无法使用:{error}", "--key", "可用的签名私钥及其证书", "核对私钥引用与证书"
        ) from error


def _write(args: argparse.Namespace, content: Any) -> int:
    """Nothing is written that its readers would refuse."""
    from certs.keys.port import KeyFailureError
    from certs.trustlist import publish

    try:
        data, found = publish(content, _key(args), at=moment_of(args.at))
    except KeyFailureError as error:
        raise InputError(f"无法签名:{error}", args.key, "与证书相符的私钥", "核对私钥与证书") from error
    if found.trust_list is None:
        raise believing.unusable(args.content, found.findings, 1)
    write_file(args.out, data)
    told = {"out": args.out, "sequence": found.trust_list.sequence, "digest": found.trust_list.digest}
    print(
        json.dumps(told, ensure_ascii=False) if args.json else f"✓ 已签发第 {told['sequence']} 期:{args.out}"
    )
    return 0


def _sign(args: argparse.Namespace) -> int:
    return _write(args, _content(args.content))


def _publish(args: argparse.Namespace) -> int:
    content, at = _content(args.content), moment_of(args.at)
    before = _content(args.previous)["sequence"] if args.previous else content.get("sequence", 0)
    if not isinstance(before, int):
        raise InputError(
            "上一期没有序号", args.previous or args.content, "整数 sequence", "核对文件", COULD_NOT_RUN
        )
    dates = {"issued": at.isoformat(timespec="seconds"),
             "nextUpdate": (at + timedelta(days=args.days)).isoformat(timespec="seconds")}  # fmt: skip
    return _write(args, {**content, "sequence": before + 1, **dates})


def _diff(args: argparse.Namespace) -> int:
    """0 the same, 1 different."""
    from certs.trustlist.diff import diff

    changes = diff(_content(args.old), _content(args.new))
    if args.json:
        print(json.dumps([one.as_dict() for one in changes], ensure_ascii=False))
    else:
        for one in changes:
            sys.stdout.write(f"{one.zh}\n")
    return 1 if changes else 0
