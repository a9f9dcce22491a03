"""`hutong doctor`: is this installation sound? Exit 0 sound, 1 something fell short, 3 cannot run at all."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from hub.cli.operation import operation
from hub.cli.reindex import rebuild_index
from hub.errors import SettingsError
from hub.settings import Settings, load

SUMMARY = "检查本机安装是否完好"
_FREE = 1 * 2**30
_SM3_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at: `level` ok, warn (works, with less) or fail."""

    name: str
    level: str
    zh: str


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="设置文件")
    parser.add_argument("--data", type=Path, help="数据目录,缺省 .hutong")
    parser.add_argument(
        "--rebuild-index", action="store_true", help="由日志重建索引(平台须已停止),不做其他检查"
    )
    parser.add_argument("--json", action="store_true", help="输出一个 JSON 文档")


def run(args: argparse.Namespace) -> int:
    if args.rebuild_index:
        return rebuild_index(args)
    lines, settings = _settings(args)
    for look in (
        _python,
        _packages,
        _sqlite,
        _sm3,
        _sm2,
        _sm2_encryption,
        _compiled,
        _tables,
        _dialects,
        _wires,
    ):
        lines += _guarded(look)
    if settings is not None:

        def in_operation() -> list[Line]:
            return [Line(*row) for row in operation(settings, datetime.now(UTC))]

        lines += _guarded(in_operation)
        lines += [*_data(settings), *_disk(settings), *_files(settings), *_stamps(settings)]
    levels = {line.level for line in lines}
    code = 3 if settings is None or _cannot(lines) else 1 if "fail" in levels else 0
    if args.json:
        rows = [{"name": line.name, "level": line.level, "zh": line.zh} for line in lines]
        print(json.dumps({"ok": code == 0, "checks": rows}, ensure_ascii=False, indent=2))
        return code
    marks = {"ok": "✓", "warn": "!", "fail": "✗"}
    for line in lines:
        print(f" {marks[line.level]} {line.name:<12} {line.zh}")
    print("安装完好。" if code == 0 else "有需要处理的问题,见上。")
    return code


def _cannot(lines: list[Line]) -> bool:
    """Without these nothing starts, whatever else is well."""
    return any(
        line.level == "fail" and line.name in {"python", "packages", "sqlite", "sm3"} for line in lines
    )


def _guarded(look: Callable[[], list[Line]]) -> list[Line]:
    try:
        return look()
    except Exception as error:  # the doctor reports illness, it does not catch it
        return [Line(look.__name__.strip("_"), "fail", f"{type(error).__name__}: {error}")]


def _settings(args: argparse.Namespace) -> tuple[list[Line], Settings | None]:
    try:
        loaded = load(args.config, env=os.environ, flags={"data": args.data})
    except SettingsError as error:
        return [Line("settings", "fail", error.detail)], None
    changed = sum(source != "default" for source in loaded.sources.values())
    return [Line("settings", "ok", f"{changed} 项有别于缺省(hutong settings)")], loaded.settings


def _python() -> list[Line]:
    good = sys.version_info >= (3, 11)
    return [Line("python", "ok" if good else "fail", f"{platform.python_version()} {platform.system()}")]


def _packages() -> list[Line]:
    found, missing = [], []
    for name in ("hutong", "aiohttp", "cryptography", "lxml", "jinja2"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return [Line("packages", "fail", f"缺少 {', '.join(missing)}")]
    return [Line("packages", "ok", ", ".join(found))]


def _sqlite() -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        base = sqlite3.connect(Path(folder) / "probe.sqlite3")
        mode = base.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        base.close()
    good = mode == "wal" and sqlite3.sqlite_version_info >= (3, 35)
    return [Line("sqlite", "ok" if good else "fail", f"{sqlite3.sqlite_version}, journal_mode={mode}")]


def _sm3() -> list[Line]:
    from certs.algorithms.digest import digest

    good = digest(b"abc").hex() == _SM3_ABC
    return [Line("sm3", "ok" if good else "fail", "GB/T 32905 样例" + ("一致" if good else "不一致"))]


def _sm2() -> list[Line]:
    from certs.algorithms.sm2 import accelerated, choose, installed, self_test

    chosen, reasons = choose(installed())
    wrong = self_test(chosen)
    if wrong is not None:
        return [Line("sm2", "fail", f"GB/T 32918 样例:{wrong}")]
    slow = accelerated(chosen)[1]
    checks = "验签由编译的加速部件完成" if slow is None else f"验签无加速部件({slow})"
    if chosen.name == "libcrypto":
        return [Line("sm2", "ok", f"GB/T 32918 样例一致,由系统 libcrypto 计算;{checks}")]
    why = ";".join(reasons) or "没有 libcrypto"
    return [Line("sm2", "warn", f"样例一致,但由纯 Python 计算,较慢且非恒定时间({why});{checks}")]


def _sm2_encryption() -> list[Line]:
    from certs.algorithms.sm2_encryption import choose, self_test
    from certs.algorithms.sm2_libcrypto import installed

    chosen, reasons = choose(installed())
    wrong = self_test(chosen)
    if wrong is not None:
        return [Line("sm2-enc", "fail", f"GB/T 32918.4 加密样例:{wrong}")]
    if chosen.name == "libcrypto":
        return [Line("sm2-enc", "ok", "GB/T 32918.4 加密样例一致,由系统 libcrypto 计算")]
    why = ";".join(reasons) or "没有 libcrypto"
    return [Line("sm2-enc", "warn", f"加密样例一致,但由纯 Python 计算,较慢且非恒定时间({why})")]


def _compiled() -> list[Line]:
    """What is only faster where it was compiled; a hub without it takes in about a third less."""
    from certs.algorithms import sm3_native
    from certs.algorithms.compiled import UnusableError
    from hub.message import canon

    missing = []
    for part in (sm3_native.load, canon.load):
        try:
            part()
        except UnusableError as error:
            missing.append(str(error))
    if missing:
        return [Line("compiled", "warn", f"收报较慢:{';'.join(missing)}(装有 C 编译器与 Python.h 后重装)")]
    return [Line("compiled", "ok", "SM3 与规范形式由编译的部件判读")]


def _tables() -> list[Line]:
    from hub import catalogue, standard

    loaded, known = standard.load(), catalogue.load()
    fields = sum(len(stage.fields) for stage in loaded.stages)
    return [Line("tables", "ok", f"{len(loaded.stages)} 环节, {fields} 字段, {len(known.systems)} 系统")]


def _dialects() -> list[Line]:
    from hub.dialects import find

    found = find()
    lines = [Line("dialects", "ok" if found.loaded else "warn", ", ".join(sorted(found.loaded)) or "无")]
    return [*lines, *(Line("dialects", "fail", f"{name} 停用:{why}") for name, why in found.broken.items())]


def _wires() -> list[Line]:
    """Kinds of addresses whose library is missing: no fault as long as no peer has one."""
    from hub.transports import installed, maker

    async def nowhere(*_: object) -> Any:
        raise RuntimeError

    lines, good = [], []
    for name in sorted(installed()):
        try:
            maker(name)(nowhere)
            good.append(name)
        except SettingsError as error:
            lines.append(Line("wires", "warn", error.detail))
    return [Line("wires", "ok", ", ".join(["http", *good])), *lines]


def _data(settings: Settings) -> list[Line]:
    place = settings.data
    while not place.exists():
        place = place.parent
    good = os.access(place, os.W_OK)
    return [Line("data", "ok" if good else "fail", f"{settings.data} {'可写' if good else '不可写'}")]


def _disk(settings: Settings) -> list[Line]:
    place = settings.data.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return [Line("disk", "ok" if free >= _FREE else "fail", f"剩余 {free / 2**30:.1f} GiB")]


def _stamps(settings: Settings) -> list[Line]:
    from hub.evidence.illness import examined

    return [Line("stamps", level, zh) for level, zh in examined(settings, datetime.now(UTC))]


def _files(settings: Settings) -> list[Line]:
    """Keys and peers, when they are there, must be readable as they stand."""
    from hub.keyring import demo_keys, read_keys
    from hub.peers import read_peers

    lines = []
    try:
        keys = read_keys(settings.keys_dir) if settings.keys_dir.is_dir() else []
        demo = demo_keys(settings.keys_dir) if settings.keys_dir.is_dir() else []
        bad = settings.realm == "production" and demo
        lines.append(Line("keys", "fail" if bad else "ok", f"{len(keys)} 个密钥,其中演示密钥 {len(demo)} 个"))
        if settings.peers_file.is_file():
            peers = read_peers(settings.peers_file, realm=settings.realm, env=os.environ)
            lines.append(Line("peers", "ok", f"{len(peers)} 个对端"))
    except SettingsError as error:
        lines.append(Line("files", "fail", error.detail))
    return lines
