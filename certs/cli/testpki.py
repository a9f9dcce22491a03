"""`hutong ca testpki FOLDER`: certificates for TLS on this machine, a whole sandbox world of CAs, or the
recognition cases made in it."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certs.cli.files import COULD_NOT_RUN, USAGE, InputError, moment_of, read_file

if TYPE_CHECKING:
    from certs.keys.held import HeldKey
    from certs.testpki.world import World

HOME = "620000"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path)
    parser.add_argument("--algorithm", choices=("ec", "rsa"), default="ec")
    parser.add_argument("--servers", default="server", help="逗号分隔 / comma separated")
    parser.add_argument("--clients", default="client")
    parser.add_argument("--days", type=int, default=30)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--world", nargs="?", const="", metavar="TOML",
                      help="改为生成沙箱世界:多家 CA、用户证书、CRL、信任列表 / a world")  # fmt: skip
    what.add_argument("--cases", action="store_true",
                      help="改为生成互认用例:每例一个目录,附应有结论 / recognition cases")  # fmt: skip
    parser.add_argument("--holders", help="只为这些持有人发证,逗号分隔 / only for these holders")
    parser.add_argument("--defects", action="store_true", help="连同每条规则的缺陷证书 / defective ones too")
    parser.add_argument("--seed", help="同一种子生成相同的世界 / the same seed, the same world")
    parser.add_argument("--at", metavar="TIME", help="世界所处时刻,缺省为现在 / its moment, default now")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    from certs.testpki.mark import ProductionError, refuse_folder

    try:
        refuse_folder(args.folder)
    except ProductionError as error:
        advice = "换一个目录"
        raise InputError(str(error), str(args.folder), "沙箱目录", advice, COULD_NOT_RUN) from error
    try:
        made = _cases(args) if args.cases else _local(args) if args.world is None else _world(args)
    except OSError as error:
        raise InputError(f"无法写入:{error.strerror}", str(args.folder), "可写的目录", "核对权限") from error
    if args.json:
        print(json.dumps(made, ensure_ascii=False))
    else:
        print("已生成沙箱证书,仅供测试 / sandbox certificates, for tests only:")
        for name, path in made.items():
            print(f"  {name:<10} {path}")
    return 0


def _local(args: argparse.Namespace) -> dict[str, str]:
    from certs.testpki import make

    servers, clients = args.servers.split(","), args.clients.split(",")
    pki = make(
        args.folder,
        now=datetime.now(UTC),
        servers=servers,
        clients=clients,
        algorithm=args.algorithm,
        days=args.days,
    )
    return {"ca": str(pki.ca), **{name: str(pki.certificate(name)) for name in (*servers, *clients)}}


def _cases(args: argparse.Namespace) -> dict[str, str]:
    """One folder per case: the question, its files, and what has to be answered."""
    from certs.cases import CASES, write_cases
    from certs.cases.files import TABLE
    from certs.cases.table import DIALOGUE
    from certs.testpki.world import World

    world = World.open(now=moment_of(args.at), seed=args.seed)
    made = write_cases(world, args.folder)
    dialogues = sum(row.state == DIALOGUE for row in CASES.values())
    return {"table": str(args.folder / TABLE), "cases": str(len(made)), "dialogues": str(dialogues)}


def _world(args: argparse.Namespace) -> dict[str, str]:
    """All of it in files with an index, and the trust lists of the centre and of each neighbour."""
    from certs.testpki.declaration import DeclarationError
    from certs.testpki.files import INDEX, write_world
    from certs.testpki.mark import ProductionError
    from certs.testpki.world import World

    text = read_file(args.world).decode("utf-8", "replace") if args.world else None
    try:
        world = World.open(text, now=moment_of(args.at), seed=args.seed)
    except DeclarationError as error:
        raise InputError(
            str(error), args.world or "sandbox.toml", "沙箱世界的声明(TOML)", "改正该处"
        ) from error
    folder, holders = args.folder, args.holders.split(",") if args.holders else None
    unknown = sorted(set(holders or ()) - set(world.holders))
    if unknown:
        known = "、".join(world.holders)
        raise InputError("没有这个持有人", f"--holders {','.join(unknown)}", known, "从中选择", USAGE)
    try:
        write_world(world, folder, holders=holders, defects=args.defects)
    except ProductionError as error:
        raise InputError(str(error), str(folder), "空目录或沙箱目录", "换一个目录") from error
    return {"index": str(folder / INDEX), **_lists(world, folder)}


def _lists(world: World, folder: Path) -> dict[str, str]:
    from certs.testpki.issue import Authority
    from certs.trustlist import publish
    from certs.trustlist.sandbox import sandbox_content, sandbox_peer

    made: dict[str, str] = {}
    peers: list[dict[str, Any]] = []
    by_region: dict[str, list[str]] = {}
    for vendor in world.vendors.values():
        by_region.setdefault(vendor.declared.region, []).append(vendor.id)
    for region in sorted(by_region, key=lambda one: (one == HOME, one)):  # our own last: it names the others
        key = Authority.root(f"{region} 管理根", now=world.now).issue(f"{region} 信任列表签发", days=365)
        vendors = [world.vendors[one] for one in by_region[region]]
        named = peers if region == HOME else []
        content = sandbox_content(vendors, now=world.now, region=region, peers=named)
        data, _ = publish(content, key, at=world.now)
        name = "trustlist" if region == HOME else f"peer-{region}"
        peers.append(sandbox_peer(region, f"邻省 {region}(沙箱)", key.certificate, now=world.now))
        made[name] = str(folder / f"{name}.json")
        signer = "centre" if region == HOME else f"centre-{region}"
        _key(folder / signer, replace(key, chain=()))
        made[signer] = str(folder / f"{signer}.pem")
        (folder / f"{name}.json").write_bytes(data)
    return made


def _key(place: Path, key: HeldKey) -> None:
    """Certificate and, for its owner only, PKCS#8, both in PEM."""
    from certs.algorithms.sm2_keys import pem, private_der

    der = private_der(key.private) if key.algorithm == "sm2-sm3" else key.private
    certificates = "".join(pem("CERTIFICATE", raw) for raw in (key.certificate, *key.chain))
    place.with_suffix(".pem").write_text(certificates, encoding="ascii", newline="\n")
    private = place.with_suffix(".key")
    private.touch(mode=0o600)
    private.write_text(pem("PRIVATE KEY", der), encoding="ascii", newline="\n")
