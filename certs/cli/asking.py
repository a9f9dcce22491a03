"""What the verbs have in common: whom to believe, when, on what data; from arguments to values."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from certs.cli.believing import SIGNER_SETTING, trust_list
from certs.cli.files import USAGE, InputError, moment_of, read_file

if TYPE_CHECKING:
    from certs.trust import Purpose, Trust
    from certs.trustlist import TrustList
    from certs.verdict import Moment

PURPOSES = ("signing", "stamping", "enciphering", "anything")


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
    from certs.cli.loading import answer, certificates, lists
    from certs.verdict import Moment

    at = moment_of(args.at)
    moment = Moment(at, "argument" if args.at else "clock")
    extra = tuple(raw for path in args.extra for raw in certificates(path))
    purpose = getattr(names, args.purpose.upper())
    if args.trust is None:
        return Given(moment, None, None, purpose, extra)
    revocation = names.Revocation(args.revocation)
    crls = tuple(raw for path in args.crl for raw in lists(path))
    ocsp = tuple(answer(path) for path in args.ocsp)
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
    listed, remarks = trust_list(args, data, at)
    if args.sector is not None and args.sector not in listed.sectors:
        known = "、".join(listed.sectors)
        raise InputError(
            "没有这个行业 / no such sector", f"--sector {args.sector}", known, "从中选一个", USAGE
        )
    trust = listed.trust(revocation=revocation, sector=args.sector, medium=args.medium, crls=crls, ocsp=ocsp)
    return Given(moment, trust, listed, purpose, extra, remarks)
