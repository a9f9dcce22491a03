"""A package inspected as a whole, then its messages one by one: hostile bytes give findings, not exceptions.

Inspection reads everything once in pieces: names, sizes, digests, counts. Only a package without errors is
read a second time for its messages, each of which is then somebody else's to check.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from hub.message import Finding, parse, refusing, shown
from hub.standard.bindings.package_digest import CHUNK, Running
from hub.standard.bindings.package_directory import HOSTILE, LIMITS, Limits, finding, open_directory
from hub.standard.bindings.package_manifest import Listed, Manifest, read_manifest
from hub.standard.bindings.package_names import MANIFEST, parse_name


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found out about a package; `manifest` is None when it cannot be read."""

    name: str
    manifest: Manifest | None
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        return self.manifest is not None and not refusing(list(self.findings))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a data file: where it stands, and the message in it."""

    at: str
    message: dict[str, Any] | None
    findings: tuple[Finding, ...]


def inspect(stream: BinaryIO, name: str, limits: Limits = LIMITS) -> Inspection:
    """Everything that is wrong with a package as such; the messages are only counted."""
    findings = []
    parsed = parse_name(name)
    if parsed is None:
        advice = "系统编号_类别_yyyyMMddHHmmss_6位序号.zip"
        findings.append(finding("package.name", "", advice, name, "按命名规则重新命名"))
    archive, wrong = open_directory(stream, limits)
    if archive is None:
        return Inspection(name, None, (*findings, *wrong))
    manifest, wrong = _manifest(archive, limits)
    findings += wrong
    if manifest is None:
        return Inspection(name, None, tuple(findings))
    if manifest.head.get("package") != name:
        findings.append(
            finding("package.name", MANIFEST, str(manifest.head["package"]), name, "文件名与清单一致")
        )
    if parsed is not None and manifest.head["from"] != parsed.system:
        findings.append(
            finding("package.from", MANIFEST, parsed.system, manifest.head["from"], "文件名与清单一致")
        )
    findings += _contents(archive, manifest, limits)
    return Inspection(name, manifest, tuple(findings))


def messages(stream: BinaryIO, inspection: Inspection, limits: Limits = LIMITS) -> Iterator[Entry]:
    """The messages of an inspected package, parents first; nothing of one that is not sound."""
    archive, _ = open_directory(stream, limits)
    manifest = inspection.manifest
    if archive is None or manifest is None or not inspection.sound:
        return
    for listed in manifest.data:
        try:
            for number, line in _lines(archive, listed.path, limits):
                yield _entry(f"{listed.path}:{number}", line, listed, manifest)
        except HOSTILE as error:
            # It was sound when inspected: somebody has written to it since.
            changed = finding(
                "package.changed", listed.path, "", type(error).__name__, "发送后不要再改动数据包"
            )
            yield Entry(listed.path, None, (changed,))


def attachment(
    stream: BinaryIO, inspection: Inspection, digest: str, limits: Limits = LIMITS
) -> Iterator[bytes]:
    """The pieces of one attachment; none when the package has none of that digest."""
    archive, _ = open_directory(stream, limits)
    if archive is None or inspection.manifest is None or not inspection.sound:
        return
    for listed in inspection.manifest.attachments:
        if listed.digest == digest:
            yield from _pieces(archive, listed.path)


def _entry(at: str, line: bytes | None, listed: Listed, manifest: Manifest) -> Entry:
    if line is None:
        return Entry(at, None, (finding("package.line", at, "长度在限额以内", "", "每行一份报文"),))
    parsed = parse(line)
    message = parsed.value if isinstance(parsed.value, dict) else None
    findings = list(parsed.findings)
    if message is None and not findings:
        findings.append(finding("package.line", at, "JSON 对象", shown(parsed.value), "每行一份报文"))
    if message is not None:
        findings += _fits(at, message, listed, manifest)
    return Entry(at, message, tuple(findings))


def _fits(at: str, message: Mapping[str, Any], listed: Listed, manifest: Manifest) -> Iterator[Finding]:
    head, body = message.get("head"), message.get("body")
    if not isinstance(head, dict) or not isinstance(body, dict):
        return
    for member, wanted in (("stage", listed.stage), ("from", manifest.head["from"])):
        if head.get(member) != wanted:
            told = shown(head.get(member))
            yield finding(f"package.{member}", at, str(wanted), told, "报文与清单、文件名一致")
    held = {row.digest for row in manifest.attachments}
    files = body.get("files")
    for file in files if isinstance(files, list) else ():
        digest = file.get("digest") if isinstance(file, dict) else None
        if isinstance(digest, str) and digest not in held:
            advice = "附件随包发送,或先上传到 /v1/files"
            yield finding("package.attachment", at, "包内附件", digest, advice, warn=True)


def _manifest(archive: zipfile.ZipFile, limits: Limits) -> tuple[Manifest | None, tuple[Finding, ...]]:
    if MANIFEST not in archive.namelist():
        return None, (finding("package.manifest", MANIFEST, "清单", "", "数据包必须有 manifest.json"),)
    if archive.getinfo(MANIFEST).file_size > limits.manifest:
        return None, (finding("package.size", MANIFEST, f"<= {limits.manifest}", "", "拆成多个数据包发送"),)
    try:
        raw = b"".join(_pieces(archive, MANIFEST))
    except HOSTILE as error:
        return None, (_broken(MANIFEST, error),)
    return read_manifest(raw)


def _contents(archive: zipfile.ZipFile, manifest: Manifest, limits: Limits) -> Iterator[Finding]:
    names = set(archive.namelist()) - {MANIFEST}
    listed = {row.path: row for row in (*manifest.data, *manifest.attachments)}
    for path in sorted(names - set(listed)):
        yield finding("package.unlisted", path, "列在清单中", "", "补入清单或从包中删除")
    for path in sorted(set(listed) - names):
        yield finding("package.missing", path, "在包中", "", "补入数据包或从清单中删除")
    for path in sorted(names & set(listed)):
        try:
            yield from _content(archive, listed[path])
        except HOSTILE as error:
            yield _broken(path, error)
    records = sum(row.records for row in manifest.data)
    if records > limits.records:
        yield finding("package.records", "", f"<= {limits.records}", str(records), "拆成多个数据包发送")


def _content(archive: zipfile.ZipFile, listed: Listed) -> Iterator[Finding]:
    """Compare one file with its row in the manifest."""
    digest, lines, last = Running(listed.digest.partition(":")[0]), 0, b"\n"
    for piece in _pieces(archive, listed.path):
        digest.feed(piece)
        lines += piece.count(b"\n")
        last = piece[-1:]
    lines += last != b"\n"
    told = (digest.size, digest.told(), lines if listed.stage else None)
    wanted = (listed.size, listed.digest, listed.records if listed.stage else None)
    for what, found, expected in zip(("size", "digest", "count"), told, wanted, strict=True):
        if found != expected:
            advice = "清单与内容一致后重新打包"
            yield finding(f"package.{what}", listed.path, str(expected), str(found), advice)


def _lines(archive: zipfile.ZipFile, path: str, limits: Limits) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines; None for one that is longer than a message may be."""
    number, held, skipping = 1, b"", False
    for piece in _pieces(archive, path):
        *whole, rest = (held + piece).split(b"\n")
        for line in whole:
            yield number, None if skipping or len(line) > limits.line else line
            number, skipping = number + 1, False
        held = rest
        if len(held) > limits.line:
            held, skipping = b"", True
    if held or skipping:
        yield number, None if skipping else held


def _pieces(archive: zipfile.ZipFile, path: str) -> Iterator[bytes]:
    with archive.open(path) as entry:
        while piece := entry.read(CHUNK):
            yield piece


def _broken(path: str, error: BaseException) -> Finding:
    return finding("package.content", path, "可解压且校验无误", type(error).__name__, "重新打包后发送")
