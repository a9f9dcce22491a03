"""What the verbs have in common: whom to believe, when, on what data; from arguments to values."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from certs.cli.believing import SIGNER_SETTING, trust_list
from certs.cli.files import USAGE, InputError, moment_of, read_file
from certs.cli.remark import Remark

if TYPE_CHECKING:
    from certs.trust import Purpose, Trust
    from certs.trustlist import TrustList
    from certs.verdict import Moment

PURPOSES = ("signing", "stamping", "enciphering", "anything")
_BARE = Remark("信任来自所给的信任锚,未经信任列表", "bare anchors, no trust list")


@dataclass(frozen=True, slots=True)
class Given:
    """`trust` is None if the caller names nobody to believe; `stamps` and `makers` are None where `trust`
    counts for time stamps and makers of seals too. `remarks` are for the reader of the report."""

    moment: Moment
    trust: Trust | None
    listed: TrustList | None
    purpose: Purpose
    extra: tuple[bytes, ...]
    remarks: tuple[Remark, ...] = ()
    stamps: Trust | None = None
    makers: Trust | None = None
    existed: Moment | None = None


class _Several(argparse.Action):
    """Collects the words of all its uses, and remembers who was last: it may have taken the file's name."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), *values])
        namespace.several = self.dest


def add(parser: argparse.ArgumentParser, file: str, about: str) -> None:
    """The arguments `given` reads; `file` is what is examined."""
    parser.add_argument(file, nargs="?", help=about)
    several: dict[str, Any] = {"action": _Several, "nargs": "+", "default": [], "metavar": "FILE"}
    parser.add_argument(
        "--trust", metavar="LIST", help="信任列表(JSON),或作为信任锚的 PEM / trust list, or anchors"
    )
    parser.add_argument("--tsa-trust", metavar="LIST",
                        help="时间戳机构,缺省同 --trust / whom to believe about time")  # fmt: skip
    parser.add_argument("--makers", metavar="LIST",
                        help="制章机构,缺省同 --trust / who may make seals")  # fmt: skip
    parser.add_argument("--signer", metavar="CERT", action="append", default=[],
                        help=f"信任列表签发者证书,缺省取 {SIGNER_SETTING};--realm production 时必须指定 / "
                             "who signs the list")  # fmt: skip
    parser.add_argument("--state", metavar="FILE", help="已见最新序号的文件,防止倒退 / newest sequence seen")
    parser.add_argument("--peer", metavar="REGION=LIST", action="append", default=[],
                        help="其他省的信任列表 / another province's list")  # fmt: skip
    parser.add_argument("--at", metavar="TIME", help="判定时刻,缺省为现在 / moment, default now")
    parser.add_argument("--purpose", choices=PURPOSES, default="signing")
    parser.add_argument("--sector", help="行业 / sector of the trust list")
    parser.add_argument("--medium", choices=("token", "tokenless"))
    parser.add_argument("--revocation", choices=("required", "if-known", "ignored"), default="required")
    parser.add_argument("--crl", help="吊销列表:文件或目录,可多个 / files or folders", **several)
    parser.add_argument("--ocsp", help="OCSP 响应:文件或目录,可多个 / files or folders", **several)
    parser.add_argument("--extra", help="补充的证书:文件或目录,可多个 / further certificates", **several)
    parser.add_argument("--realm", choices=("sandbox", "production"), default="sandbox")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(several="", examined=file)


def examined(args: argparse.Namespace) -> str:
    """The file in question. `--crl a.crl b.pem` takes both words; then the last one was meant as the file."""
    named = getattr(args, args.examined)
    taken = getattr(args, args.several, []) if args.several else []
    if named is None and len(taken) > 1:
        named = taken.pop()
        setattr(args, args.examined, named)
    if named is None:
        raise InputError(
            "没有给出文件 / no file", args.examined, "要查看的文件", "写明文件;- 为标准输入", USAGE
        )
    return str(named)


def given(args: argparse.Namespace) -> Given:
    """Raises InputError; a trust list that cannot be used is one."""
    from certs import trust as names
    from certs.cli.loading import all_answers, all_certificates, all_lists
    from certs.verdict import Moment

    at = moment_of(args.at)
    moment = Moment(at, "argument" if args.at else "clock")
    extra = all_certificates(args.extra)
    purpose = getattr(names, args.purpose.upper())
    data = all_lists(args.crl), all_answers(args.ocsp)
    existed = _existed(getattr(args, "existed", None))
    if args.trust is None:
        return Given(moment, None, None, purpose, extra, existed=existed)
    trust, listed, remarks = _believed(args, args.trust, at, data)
    others = [_helped(_believed(args, path, at, data, whole=True)[0], trust) if path else None
              for path in (args.tsa_trust, args.makers)]  # fmt: skip
    return Given(moment, trust, listed, purpose, extra, remarks, others[0], others[1], existed)


def _helped(trust: Trust, by: Trust) -> Trust:
    """What another trust knows helps to find paths; its anchors are no anchors here."""
    return replace(trust, intermediates=(*trust.intermediates, *by.intermediates, *by.anchors))


def _believed(
    args: argparse.Namespace,
    path: str,
    at: datetime,
    known: tuple[Sequence[bytes], Sequence[bytes]],
    *,
    whole: bool = False,
) -> tuple[Trust, TrustList | None, tuple[Remark, ...]]:
    """A signed list, or bare anchors. `whole`: whatever the sector and medium, which are the signer's."""
    from certs.cli.loading import certificates
    from certs.trust import Revocation, Trust

    data, revocation = read_file(path), Revocation(args.revocation)
    crls, ocsp = tuple(known[0]), tuple(known[1])
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return Trust(tuple(certificates(path, data)), revocation, crls=crls, ocsp=ocsp), None, (_BARE,)
    listed, remarks = trust_list(args, path, data, at)
    sector, medium = (None, None) if whole else (args.sector, args.medium)
    if sector is not None and sector not in listed.sectors:
        known_here = "、".join(listed.sectors)
        raise InputError(
            "没有这个行业 / no such sector", f"--sector {sector}", known_here, "从中选一个", USAGE
        )
    trust = listed.trust(revocation=revocation, sector=sector, medium=medium, crls=crls, ocsp=ocsp)
    return trust, listed, remarks


def _existed(text: str | None) -> Moment | None:
    """`TIME, and what shows it`: when a record is known to have existed from elsewhere."""
    from certs.verdict import Moment

    if text is None:
        return None
    time, _, evidence = text.strip().partition(" ")
    if not evidence.strip():
        expected = "2031-05-01T00:00:00+08:00 枢纽证据日志第 8841 期树头"
        raise InputError(
            "没有写明依据 / no evidence", f"--existed {text}", expected, "时刻之后空格写明依据", USAGE
        )
    return Moment(moment_of(time), "elsewhere", evidence=evidence.strip())
