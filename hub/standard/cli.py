"""`hutong standard`: look at the standard, make a sample, check a message."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from hub.message import Finding, parse, refusing
from hub.standard import cli_tables
from hub.standard.document import stage_document, stats
from hub.standard.documents import cli as cli_site
from hub.standard.model import Stage
from hub.standard.standard import Standard, load
from hub.standard.tables import StandardDataError

SUMMARY = "统一接口标准:统计、查看环节、生成样例、检查报文、生成文档、挂载、比较"
OK, SHORT, USAGE, CANNOT = 0, 1, 2, 3


def configure(parser: argparse.ArgumentParser) -> None:
    """`stats | show | sample | check | build | mount | diff`, each with --json."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="动作")
    stats = verbs.add_parser("stats", help="环节、字段、代码集、报文的数量")
    show = verbs.add_parser("show", help="一个环节的全部字段")
    show.add_argument("stage", help="环节编号,如 eng-tender-notice")
    sample = verbs.add_parser("sample", help="生成一份合格的样例报文(未签名)")
    sample.add_argument("stage", help="环节编号")
    sample.add_argument("--seed", type=int, default=0, help="种子:同一种子是同一个项目")
    bindings = ("json", "soap", "table", "file")
    sample.add_argument("--binding", choices=bindings, default="json", help="绑定形式")
    sample.add_argument("--out", type=Path, help="数据包写到的文件或目录(--binding file)")
    check = verbs.add_parser("check", help="检查一份报文,列出全部问题")
    check.add_argument("file", help="JSON 报文文件,- 为标准输入")
    check.add_argument("--signed", action="store_true", help="要求带有签名块")
    check.add_argument("--lang", choices=["zh", "en"], default="zh", help="结果语言")
    for verb in (stats, show, sample, check, cli_site.configure(verbs), *cli_tables.configure(verbs)):
        verb.add_argument("--json", action="store_true", help="只输出一个 JSON 文档")


def run(args: argparse.Namespace) -> int:
    """Exit code 1 means that the examined message fell short."""
    if args.verb == "build":
        return cli_site.run(args)
    if args.verb == "mount":
        return cli_tables.run_mount(args)
    if args.verb == "diff":
        return cli_tables.run_diff(args)
    try:
        standard = load()
    except StandardDataError as error:
        print(error, file=sys.stderr)
        return CANNOT
    if args.verb == "check":
        return _check(standard, args)
    if args.verb == "stats":
        return _stats(standard, args.json)
    try:
        stage = standard.stage(args.stage)
    except KeyError as error:
        print(error.args[0], file=sys.stderr)
        return USAGE
    if args.verb == "sample":
        return _sample(standard, standard.sample(stage.id, args.seed), args)
    return _show(standard, stage, args.json)


def _sample(standard: Standard, envelope: dict[str, Any], args: argparse.Namespace) -> int:
    if args.binding == "table":
        return cli_tables.sample_table(standard, envelope, as_json=args.json)
    if args.binding == "file":
        return cli_tables.sample_file(standard, envelope, args.out, as_json=args.json)
    if args.binding == "soap":
        return _sample_soap(standard, envelope, as_json=args.json)
    _print(envelope)
    return OK


def _sample_soap(standard: Standard, envelope: dict[str, Any], *, as_json: bool) -> int:
    """The SOAP 1.1 message as it goes over the wire; with --json as text in a document."""
    from hub.standard.bindings.soap_encode import soap_encode

    raw = soap_encode(standard, envelope)
    if isinstance(raw, tuple):
        raise AssertionError(raw)
    if as_json:
        _print({"version": "1.1", "message": raw.decode("utf-8")})
    else:
        sys.stdout.buffer.write(raw + b"\n")
    return OK


def _stats(standard: Standard, as_json: bool) -> int:
    found = stats(standard)
    if as_json:
        _print(found)
        return OK
    print(f"统一接口标准 {standard.version}")
    print(f"  环节 {found['stages']}、字段 {found['fields']}、", end="")
    print(f"代码集 {found['code_lists']}、服务报文 {found['services']}")
    print("  字段来源 " + "、".join(f"{name} {count}" for name, count in found["by_source"].items()))
    for stage in standard.stages:
        print(f"  {stage.id:<26}{len(stage.fields):>3}  {stage.category_zh} / {stage.zh}")
    return OK


def _show(standard: Standard, stage: Stage, as_json: bool) -> int:
    if as_json:
        _print(stage_document(stage))
        return OK
    print(f"{stage.id} {stage.zh} / {stage.en}({stage.category_zh}, {stage.source})")
    attachments = "、".join(stage.attachments) or "无"
    print(f"业务主键 {'、'.join(stage.natural_key)};门 {stage.policy.gate};附件 {attachments}")
    for field in stage.fields:
        listed = standard.code_lists[field.code_list].zh if field.code_list else field.format or ""
        size = "" if field.length is None else f"{'=' if field.fixed else '≤'}{field.length}"
        size = f"{field.precision[0]},{field.precision[1]}" if field.precision else size
        mark = "*" if field.required else " "
        policy = f"{field.policy.openness}/{field.policy.sealed_until}"
        print(f" {mark} {field.name:<32}{field.type:<9}{size:<7}{policy:<20}{field.zh} {listed}".rstrip())
    return OK


def _check(standard: Standard, args: argparse.Namespace) -> int:
    try:
        raw = sys.stdin.buffer.read() if args.file == "-" else Path(args.file).read_bytes()
    except OSError as error:
        print(f"{args.file}: {error.strerror}", file=sys.stderr)
        return USAGE
    parsed = parse(raw)
    findings = list(parsed.findings)
    if parsed.value is not None:
        findings += standard.check(parsed.value, lang=args.lang, signed=args.signed)
    good = not refusing(findings)
    if args.json:
        _print({"ok": good, "findings": [finding.public() for finding in findings]})
    else:
        for finding in findings:
            print(_line(finding, args.lang))
        print(_verdict(len(refusing(findings)), args.lang))
    return OK if good else SHORT


def _verdict(errors: int, lang: str) -> str:
    if lang == "en":
        return f"not sound: {errors} errors" if errors else "sound"
    return f"不合格:{errors} 处错误" if errors else "合格"


def _line(finding: Finding, lang: str) -> str:
    wanted, came = ("expected", "found") if lang == "en" else ("应为", "实为")
    parts = (
        finding.expected and f"{wanted} {finding.expected}",
        finding.observed and f"{came} {finding.observed}",
    )
    told = ";".join(part for part in (*parts, finding.advice) if part)
    return f"[{finding.severity}] {finding.code} {finding.at or '/'} {told}"


def _print(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2))
