"""`hutong evidence archive | renew | rotate`: what is done over the years, in the data directory."""

from __future__ import annotations

import argparse
import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def configure(verbs: Any) -> None:
    archive = verbs.add_parser("archive", help="把树头时间戳连同验证数据归档,盖归档时间戳(RFC 4998)")
    archive.add_argument("folder", type=Path, help="归档目录")
    archive.add_argument("--before", type=_day, required=True, help="归档这一天之前盖的时间戳 YYYY-MM-DD")
    renew = verbs.add_parser("renew", help="时间戳服务证书到期之前,给归档再盖一层")
    renew.add_argument("folder", type=Path, help="归档目录")
    renew.add_argument("--rehash", choices=("sm3", "sha256", "sha384", "sha512"), help="改用这一摘要算法重算")
    rotate = verbs.add_parser("rotate", help="备好新的存证密钥;平台下次启动时启用,旧树头仍可核验")
    for parser in (archive, renew, rotate):
        parser.add_argument("--config", type=Path, help="设置文件")
        parser.add_argument("--data", type=Path, help="数据目录,缺省 .hutong")


def run(args: argparse.Namespace) -> int:
    from hub.settings import load

    settings = load(args.config, env=os.environ, flags={"data": args.data}).settings
    if args.verb == "rotate":
        return _rotate(settings.data)
    return _keep(args, settings)


def _keep(args: argparse.Namespace, settings: Any) -> int:
    from hub.errors import SettingsError
    from hub.evidence import archive
    from hub.evidence.authority import StampError
    from hub.evidence.notary import authority_of

    authority = authority_of(settings, _now, os.urandom)
    if authority is None:
        raise SettingsError("没有时间戳服务(tsa_url),不能归档 / no time-stamp service")
    with asyncio.Runner() as runner:
        try:
            asking = archive.Asking(
                lambda asked: runner.run(authority.ask(asked)), authority.trust(_now()), _now()
            )
            if args.verb == "archive":
                made = archive.begin(args.folder, settings.data, args.before, asking)
                print(f"已归档 {made} 个时间戳:{args.folder}" if made else "没有新的可归档")
            else:
                print(f"已续盖 {archive.renew(args.folder, asking, args.rehash)} 份归档记录")
        except StampError as error:
            raise SettingsError(f"时间戳服务未给出可信的时间戳 / no stamp: {error}") from error
        finally:
            runner.run(authority.close())
    return 0


def _rotate(data: Path) -> int:
    from hub.errors import SettingsError
    from hub.evidence.heads import make_key
    from hub.evidence.ring import FILE, NEXT

    if not (data / FILE).exists():
        raise SettingsError(f"{data}: 还没有存证密钥,无可更换 / no key to replace")
    if (data / NEXT).exists():
        raise SettingsError(f"{data / NEXT}: 已备好,待平台重启 / already waiting")
    make_key(data / NEXT)
    print(f"新密钥已备好:{data / NEXT};平台下次启动时启用,更换声明由新旧密钥共同签名并记入日志")
    return 0


def _now() -> datetime:
    return datetime.now(UTC)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError("应写 YYYY-MM-DD") from None
