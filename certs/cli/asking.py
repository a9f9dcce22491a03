"""What the verbs have in common: whom to believe, when, on what data; from arguments to values."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certs.cli.files import COULD_NOT_RUN, USAGE, InputError, moment_of, read_file

if TYPE_CHECKING:
    from certs.trust import Purpose, Trust
    from certs.trustlist import Finding, TrustList
    from certs.verdict import Moment

PURPOSES = ("signing", "stamping", "enciphering", "anything")
SIGNER_SETTING = "HUTONG_TRUSTLIST_SIGNER"


@dataclass(frozen=True, slots=True)
class Given:
    """`trust` is None if the caller names nobody to believe. `remarks` are for the reader of the report."""

    moment: Moment
    trust: Trust | None
    listed: TrustList | None
    purpose: Purpose
    extra: tuple[bytes, ...]
    remarks: tuple[str, ...] = ()


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments `given` reads."""
    parser.add_argument(
        "--trust", metavar="LIST", help="信任列表(JSON),或作为信任锚的 PEM / trust list, or anchors"
    )
    parser.add_argument("--signer", metavar="CERT", action="append", default=[],
                        help=f"信任列表签发者证书,缺省取 {SIGNER_SETTING} / who signs the list")  # fmt: skip
    parser.add_argument("--state", metavar="FILE", help="已见最新序号的文件,防止倒退 / newest sequence seen")
    parser.add_argument("--peer", metavar="REGION=LIST", action="append", default=[],
                        help="其他省的信任列表 / another province's list")  # fmt: skip
    parser.add_argument("--at", metavar="TIME", help="判定时刻,缺省为现在 / moment, default now")
    parser.add_argument("--purpose", choices=PURPOSES, default="signing")
    parser.add_argument("--sector", help="行业 / sector of the trust list")
    parser.add_argument("--medium", choices=("token", "tokenless"))
    parser.add_argument("--revocation", choices=("required", "if-known", "ignored"), default="required")
    parser.add_argument("--crl", metavar="FILE", action="append", default=[])
    parser.add_argument("--ocsp", metavar="FILE", action="append", default=[])
    parser.add_argument("--extra", metavar="FILE", action="append", default=[],
                        help="补充的证书 / further certificates")  # fmt: skip
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    parser.add_argument("--json", action="store_true")


def given(args: argparse.Namespace) -> Given:
    """Raises InputError; a trust list that cannot be used is one."""
    from certs import trust as names
    from certs.verdict import Moment

    at = moment_of(args.at)
    moment = Moment(at, "argument" if args.at else "clock")
    extra = tuple(raw for path in args.extra for raw in certificates(path))
    purpose = getattr(names, args.purpose.upper())
    if args.trust is None:
        return Given(moment, None, None, purpose, extra)
    revocation = names.Revocation(args.revocation)
    crls = tuple(raw for path in args.crl for raw in _lists(path))
    ocsp = tuple(_answer(path) for path in args.ocsp)
    data = read_file(args.trust)
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        anchors = tuple(certificates(args.trust, data))
        trust = names.Trust(anchors, revocation, crls=crls, ocsp=ocsp)
        return Given(
            moment,
            trust,
            None,
            purpose,
            extra,
            ("信任来自所给的信任锚,未经信任列表 / bare anchors, no trust list",),
        )
    listed, remarks = _listed(args, data, at)
    if args.sector is not None and args.sector not in listed.sectors:
        known = "、".join(listed.sectors)
        raise InputError(
            "没有这个行业 / no such sector", f"--sector {args.sector}", known, "从中选一个", USAGE
        )
    trust = listed.trust(revocation=revocation, sector=args.sector, medium=args.medium, crls=crls, ocsp=ocsp)
    return Given(moment, trust, listed, purpose, extra, remarks)


def _listed(args: argparse.Namespace, data: bytes, at: datetime) -> tuple[TrustList, tuple[str, ...]]:
    from certs.trustlist import Sequence, examine, join
    from certs.trustlist.state import StateError, load, save

    signers, remarks = pinned(args, data)
    state = Path(args.state) if args.state else None
    try:
        seen = load(state) if state else {}
    except StateError as error:
        raise InputError("序号文件不可信 / state cannot be used", str(error), "本程序写下的 JSON",
                         "确认最近使用的列表后删除该文件") from error  # fmt: skip
    found = examine(data, signers=signers, at=at, newest_known=seen.get(region_of(data)))
    if found.trust_list is None:
        raise unusable(args.trust, found.findings)
    listed = found.trust_list
    theirs = {}
    for pair in args.peer:
        region, equals, path = pair.partition("=")
        if not equals:
            raise InputError(
                "邻省列表写法有误", f"--peer {pair}", "REGION=FILE", "例如 --peer 63=qh.json", USAGE
            )
        theirs[region] = read_file(path)
    if theirs:
        joined = join(listed, theirs, at=at, newest_known=seen)
        faults = [*joined.findings, *(one for each in joined.examined.values() for one in each.findings)]
        remarks = (*remarks, *(f"邻省列表未采用 / not joined: {one.reason.zh}" for one in faults))
        listed = joined.trust_list
    if state:
        fresh = {one.region: Sequence.of(one) for one in (listed, *listed.joined.values())}
        try:
            save(state, seen | fresh)
        except OSError as error:
            raise InputError(
                f"序号文件无法写入:{error.strerror}", str(state), "可写的文件", "核对权限"
            ) from error
    return listed, remarks


def pinned(args: argparse.Namespace, data: bytes) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """The certificates a list may be signed with. Without any named, the list's own: that shows at most
    that nobody damaged it, and is said loudly."""
    paths = args.signer or [path for path in os.environ.get(SIGNER_SETTING, "").split(os.pathsep) if path]
    if paths:
        return tuple(raw for path in paths for raw in certificates(path)), ()
    remark = ("未指定列表签发者(--signer):只核对列表自带的签发者,不能证明出自中心 / "
              "signer not pinned: the list vouches for itself only")  # fmt: skip
    print(f"注意 / note: {remark}", file=sys.stderr)
    return _own(data), (remark,)


def _own(data: bytes) -> tuple[bytes, ...]:
    import base64

    from certs.model.der import MalformedError
    from certs.trustlist.canonical import parse

    try:
        value: Any = parse(data)
        return (base64.b64decode(value["signature"]["certificate"], validate=True),)
    except (MalformedError, KeyError, TypeError, ValueError):
        return ()


def region_of(data: bytes) -> str:
    """What the list says of itself, to find what was seen before."""
    from certs.model.der import MalformedError
    from certs.trustlist.canonical import parse

    try:
        return str(parse(data)["list"]["region"])
    except (MalformedError, KeyError, TypeError):
        return ""


def unusable(path: str, findings: tuple[Finding, ...], code: int = COULD_NOT_RUN) -> InputError:
    """A trust list with findings, all of them."""
    rows = "".join(f"\n    ✗ {one.reason.zh}" for one in findings)
    advice = "、".join(dict.fromkeys(one.advice for one in findings if one.advice))
    return InputError(
        "信任列表不可用 / the trust list cannot be used", path + rows, "中心签发的当前信任列表", advice, code
    )


def certificates(path: str, data: bytes | None = None) -> list[bytes]:
    from certs.cli.kinds import recognise_kind

    found = recognise_kind(read_file(path) if data is None else data)
    if found.kind == "certificate":
        return [found.data]
    if found.kind == "bundle" and found.certificates:
        return list(found.certificates)
    raise InputError("不是证书 / no certificate", path, "证书或证书包(DER 或 PEM)", "核对文件")


def _lists(path: str) -> list[bytes]:
    from certs.cli.kinds import recognise_kind

    found = recognise_kind(read_file(path))
    if found.kind == "crl":
        return [found.data]
    if found.crls:
        return list(found.crls)
    raise InputError("不是吊销列表 / no CRL", path, "CRL(DER 或 PEM)", "核对文件")


def _answer(path: str) -> bytes:
    from certs.cli.kinds import recognise_kind

    found = recognise_kind(read_file(path))
    if found.kind != "ocsp":
        raise InputError("不是 OCSP 响应 / no OCSP answer", path, "OCSP 响应(DER 或 PEM)", "核对文件")
    return found.data
