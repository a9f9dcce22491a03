"""The trust list of the command line: read, checked against what was seen, joined by the neighbours'."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certs.cli.files import COULD_NOT_RUN, USAGE, InputError, read_file
from certs.cli.remark import Remark

if TYPE_CHECKING:
    from certs.trustlist import Finding, TrustList

SIGNER_SETTING = "HUTONG_TRUSTLIST_SIGNER"
_UNPINNED = Remark(
    "未指定列表签发者(--signer):只核对列表自带的签发者,不能证明出自中心",
    "signer not pinned (--signer): the list vouches for itself only",
)


def trust_list(
    args: argparse.Namespace, path: str, data: bytes, at: datetime
) -> tuple[TrustList, tuple[Remark, ...]]:
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
        raise unusable(path, found.findings)
    listed = found.trust_list
    theirs = {}
    for pair in args.peer:
        region, equals, file = pair.partition("=")
        if not equals:
            raise InputError(
                "邻省列表写法有误", f"--peer {pair}", "REGION=FILE", "例如 --peer 63=qh.json", USAGE
            )
        theirs[region] = read_file(file)
    if theirs:
        joined = join(listed, theirs, at=at, newest_known=seen)
        faults = [*joined.findings, *(one for each in joined.examined.values() for one in each.findings)]
        told = (Remark(f"邻省列表未采用:{one.reason.zh}", f"not joined: {one.reason.en}") for one in faults)
        remarks = (*remarks, *told)
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


def pinned(args: argparse.Namespace, data: bytes) -> tuple[tuple[bytes, ...], tuple[Remark, ...]]:
    """The certificates a list may be signed with. Without any named, the list's own: that shows at most
    that nobody damaged it, and is said loudly; in production it is not enough."""
    from certs.cli.loading import certificates

    paths = args.signer or [path for path in os.environ.get(SIGNER_SETTING, "").split(os.pathsep) if path]
    if paths:
        return tuple(raw for path in paths for raw in certificates(path)), ()
    if getattr(args, "realm", "") == "production":
        raise InputError(
            "生产环境不采用未指定签发者的信任列表 / in production the list's signer has to be pinned",
            f"--signer, {SIGNER_SETTING}",
            "中心公布的信任列表签发者证书",
            f"加上 --signer CERT,或设置 {SIGNER_SETTING}",
        )
    print(f"注意 / note: {_UNPINNED}", file=sys.stderr)
    return _own(data), (_UNPINNED,)


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
