"""`hutong demo`: the main job in front of your eyes, and a summary that says whether it worked."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

SUMMARY = "演示:两个招标项目从立项到合同,经枢纽送达各系统并可证明 / the main job, shown and proved"
FELL_SHORT = 1
NAMED = 12  # systems named of one dialect
FIGURES = (
    ("messages", "报文 / messages      受理 {accepted}  拒绝 {rejected}  重复 {duplicates}"),
    ("deliveries", "投递 / deliveries    共 {total}  送达 {delivered}  重试 {retried}  死信 {dead}"),
    ("systems", "系统 / systems       模拟 {simulated}  实际往来 {exercised}"),
    ("evidence", "存证 / evidence      {verified}/{records} 条可离线验证,{stamped} 条有(沙箱)时间戳"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="标准输出只有一份 JSON / one JSON document on stdout"
    )
    parser.add_argument("--keep", action="store_true", help="保留数据目录 / keep the data folder")
    parser.add_argument(
        "--flow",
        action="append",
        help="只跑指定流程 / only this flow (t01-tender, t03-tender, certificates, dialects, all-systems)",
    )


def run(args: argparse.Namespace) -> int:
    from hub.demo.run import CERTIFICATES, EVERY, FLOWS, SOME, demo

    usual = [*FLOWS, CERTIFICATES, SOME]
    known, names = [*usual, EVERY], args.flow or usual
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"没有这个流程 / unknown flow: {unknown[0]};有 / known: {', '.join(known)}", file=sys.stderr)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="hutong-demo-"))
    try:
        result = demo(folder, names, _progress(sys.stderr if args.json else sys.stdout)).public()
    finally:
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
    if args.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print(summary(result))
        if args.keep:
            print(f"数据目录 / data folder: {folder}")
    return 0 if result["ok"] else FELL_SHORT


def _progress(stream: Any) -> Any:
    started = time.monotonic()
    lock = threading.Lock()

    def say(who: str, what: str) -> None:
        with lock:
            print(f"[{time.monotonic() - started:5.1f}s] {who:<5} {what}", file=stream, flush=True)

    return say


def spoken(dialects: dict[str, list[str]]) -> list[str]:
    """Who was exercised, by dialect; nothing when no flow asks for it."""
    if not dialects:
        return []
    lines = [f"方言 / dialects     {sum(map(bool, dialects.values()))}/{len(dialects)}"]
    for dialect, systems in dialects.items():
        more = "" if len(systems) <= NAMED else f" …共 {len(systems)}"
        lines.append(f"  {'✓' if systems else '✗'} {dialect:<18} {' '.join(systems[:NAMED])}{more}")
    return lines


def summary(result: dict[str, Any]) -> str:
    """The table at the end; everything in it was measured in this run."""
    lines = ["", "流程 / flows"]
    for flow in result["flows"]:
        good = sum(step["ok"] for step in flow["steps"])
        lines.append(f"  {'✓' if flow['ok'] else '✗'} {flow['name']:<12} {good}/{len(flow['steps'])} 步")
    lines += [row.format(**result[part]) for part, row in FIGURES]
    lines += spoken(result["dialects"])
    for finding in result["findings"]:
        lines.append(
            f"  ✗ {finding['code']} {finding['at']}: 应为 {finding['expected']},实为 {finding['observed']}"
        )
    verdict = "全部完成 / all done" if result["ok"] else "未达到预期 / fell short"
    lines.append(f"{verdict},{result['seconds']} 秒")
    return "\n".join(lines)
