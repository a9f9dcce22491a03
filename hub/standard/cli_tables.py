"""The verbs of `hutong standard` for tables and packages: mount, diff, and two kinds of sample."""

from __future__ import annotations

import argparse
import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.message import canonical
from hub.standard.bindings.package_folder import put
from hub.standard.bindings.package_names import PackageName, package_name
from hub.standard.bindings.package_write import write_package
from hub.standard.bindings.table_codec import Rows, encode
from hub.standard.bindings.table_database import DatabaseError, connect
from hub.standard.bindings.table_engine import quoted
from hub.standard.bindings.table_identity import Registration, data_key
from hub.standard.bindings.table_layout import ATTACHMENTS, layout
from hub.standard.bindings.table_mount import Mount
from hub.standard.diff import Change, NotAStandardError, compare, keyed, summary, tables
from hub.standard.diff_rules import Table
from hub.standard.loading import DATA, VERSION
from hub.standard.mount import mount, mounted
from hub.standard.standard import Standard, load
from hub.standard.tables import StandardDataError

OK, SHORT, USAGE, CANNOT = 0, 1, 2, 3
INSTALLED = ("installed", VERSION)
# Shown in samples; what a sender is really given stands in its registration.
DEMO = Registration("0001")


def configure(verbs: Any) -> list[argparse.ArgumentParser]:
    """Add `mount` and `diff`; the parsers, so that the caller can give them what all verbs have."""
    mounting = verbs.add_parser("mount", help="把标准本身写入数据库(表、视图、中文注释)")
    mounting.add_argument("dsn", help="sqlite:///文件 或 postgresql://用户@主机/库")
    mounting.add_argument("--data", type=Path, help="标准数据目录,缺省为随程序安装的标准")
    mounting.add_argument("--release", help="版本名,缺省为标准自身的版本")
    mounting.add_argument("--exchange", action="store_true", help="同时建立 51 个环节的交换表")
    comparing = verbs.add_parser("diff", help="比较两个标准,区分兼容与不兼容的改动")
    for name in ("a", "b"):
        told = f"标准数据目录、{INSTALLED[0]}(随程序安装的标准)或 DSN#版本(已挂载的标准)"
        comparing.add_argument(name, help=told)
    comparing.add_argument("--lang", choices=["zh", "en"], default="zh", help="结果语言")
    return [mounting, comparing]


def run_mount(args: argparse.Namespace) -> int:
    """Write the standard into a database; what is there already stays."""
    directory = args.data or DATA
    try:
        standard = load(directory)
        database = connect(args.dsn)
    except StandardDataError as error:
        return _told(error, CANNOT)
    except DatabaseError as error:
        return _told(error, USAGE if str(error).startswith("DSN") else CANNOT)
    try:
        done = mount(database, directory, args.release or standard.version, datetime.now(UTC))
        exchange = Mount(standard, database) if args.exchange else None
        if exchange is not None:
            exchange.create()
    except (DatabaseError, StandardDataError) as error:
        return _told(error, CANNOT)
    finally:
        database.close()
    told = {name: getattr(done, name) for name in done.__slots__}
    told["exchange_tables"] = len(exchange.plan.tables) if exchange is not None else 0
    if args.json:
        _print(told)
        return OK
    change = {"added": "已写入", "replaced": "已替换", "unchanged": "没有变化"}[done.change]
    print(f"标准 {done.release} {change}:{done.tables} 张表、{done.rows} 行,摘要 {done.digest}")
    if exchange is not None:
        print(f"交换表 {len(exchange.plan.tables)} 张,附件表 {ATTACHMENTS}")
    return OK


def run_diff(args: argparse.Namespace) -> int:
    """Exit code 1 when there is a breaking change."""
    try:
        old, new = (_standard(name) for name in (args.a, args.b))
    except (NotAStandardError, DatabaseError) as error:
        return _told(error, USAGE)
    found = summary(changes := compare(old, new))
    if args.json:
        _print({"a": args.a, "b": args.b, **found})
    else:
        for change in changes:
            print(_line(change, args.lang))
        print(_verdict(found["counts"], args.lang))
    return OK if found["compatible"] else SHORT


def sample_table(standard: Standard, envelope: dict[str, Any], *, as_json: bool) -> int:
    """A sample as INSERT statements that run on both engines, or as JSON."""
    plan = layout(standard)
    table = plan.of_stage[envelope["head"]["stage"]]
    day = envelope["head"]["time"][:10].replace("-", "")
    rows = encode(plan, envelope, DEMO, data_key(DEMO.system_no, table.dataset.number, day, 1))
    if not isinstance(rows, Rows):
        raise AssertionError(rows)
    if as_json:
        _print({"table": table.name, "row": rows.row, "attachments": list(rows.attachments)})
        return OK
    for name, row in (*((ATTACHMENTS, row) for row in rows.attachments), (table.name, rows.row)):
        cells = ", ".join(str(cell) if isinstance(cell, int) else quoted(str(cell)) for cell in row.values())
        print(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({cells});")  # noqa: S608 - a text to look at
    return OK


def sample_file(standard: Standard, envelope: dict[str, Any], out: Path | None, *, as_json: bool) -> int:
    """A sample as a file package: into a folder with its marker, into a file, or to stdout."""
    category = standard.stage(envelope["head"]["stage"]).category
    at = datetime.fromisoformat(envelope["head"]["time"])
    name = package_name(envelope["head"]["from"], category, at, 1)
    whole = io.BytesIO()
    manifest = write_package(whole, name, [envelope], standard)
    if as_json:
        _print({"name": str(name), "manifest": manifest, "lines": [canonical(envelope).decode()]})
        return OK
    if out is None and sys.stdout.isatty():
        return _told("数据包是二进制文件:请用 --out 指定文件或目录,或重定向输出", USAGE)
    try:
        _deliver(whole.getvalue(), name, out)
    except OSError as error:
        return _told(error, USAGE)
    return OK


def _deliver(raw: bytes, name: PackageName, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(raw)
    elif out.is_dir():
        print(put(out, name, lambda stream: stream.write(raw)))
    else:
        out.write_bytes(raw)


def _standard(name: str) -> dict[str, Table]:
    """The installed standard, a directory, or a mounted one (`DSN#release`, by itself the current)."""
    if "://" not in name:
        return tables(DATA if name in INSTALLED else Path(name))
    dsn, _, release = name.partition("#")
    database = connect(dsn)
    try:
        found = mounted(database, release)
    finally:
        database.close()
    if not found:
        raise NotAStandardError(f"{name}: 没有这个版本")
    return {file: keyed(file, rows) for file, rows in found.items()}


def _line(change: Change, lang: str) -> str:
    words = {"breaking": "不兼容", "compatible": "兼容", "wording": "文字"}
    verdict = words[change.verdict] if lang == "zh" else change.verdict
    cell = f" {change.column}: {change.was!r} → {change.now!r}" if change.column else ""
    why = change.zh if lang == "zh" else change.en
    return f"[{verdict}] {change.file} {'/'.join(change.key)}{cell} {why}"


def _verdict(counts: dict[str, int], lang: str) -> str:
    if lang == "en":
        return "breaking {breaking}, compatible {compatible}, wording {wording}".format(**counts)
    return "不兼容 {breaking} 处,兼容 {compatible} 处,文字 {wording} 处".format(**counts)


def _told(error: object, code: int) -> int:
    print(error, file=sys.stderr)
    return code


def _print(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2))
