"""The manifest of a package: what it says it holds. Read strictly; a member nobody knows is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from hub.message import Finding, Key, check_members, parse, verify
from hub.message.shape import Member
from hub.standard.bindings.package_directory import finding
from hub.standard.bindings.package_names import ATTACHMENT, DATA, MANIFEST
from hub.standard.bindings.package_write import FORMAT

# A manifest that is wrong a million times is not answered a million times.
MOST_FINDINGS = 1_000
_DIGEST = "sm3:[0-9a-f]{64}|sha256:[0-9a-f]{64}"
HEAD = (
    Member("format", pattern=FORMAT, expected=FORMAT),
    Member("ver", pattern="1", expected='"1"'),
    Member("from", pattern="[A-Z][0-9]{2}|centre", expected="系统编号,如 T01"),
    Member("package", expected="数据包文件名"),
    Member("standard", expected="标准版本"),
    Member("time", pattern="[0-9]{14}", expected="YYYYMMDDHHMMSS"),
    Member("sign", required=False, kind=dict, expected="对象"),
)
SIGN = tuple(Member(name, expected=name) for name in ("alg", "keyId", "value"))
BODY = (
    Member("records", kind=int, expected="记录总数"),
    Member("data", kind=list, expected="数组"),
    Member("attachments", kind=list, expected="数组"),
)
DATA_ROW = (
    Member("path", pattern=DATA.pattern, expected="data/<环节>.jsonl"),
    Member("stage", pattern="[a-z0-9-]{1,40}", expected="环节编号"),
    Member("records", kind=int, expected="记录数"),
    Member("size", kind=int, expected="字节数"),
    Member("digest", pattern=_DIGEST, expected="sm3:64 位小写十六进制"),
)
ATTACHMENT_ROW = (
    Member("path", pattern=ATTACHMENT.pattern, expected="files/<算法>-<摘要>"),
    Member("size", kind=int, expected="字节数"),
    Member("digest", pattern=_DIGEST, expected="sm3:64 位小写十六进制"),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that the manifest lists; `stage` is "" for attachments."""

    path: str
    size: int
    digest: str
    stage: str = ""
    records: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest in the right shape; `whole` is what a signature covers."""

    head: Mapping[str, Any]
    data: tuple[Listed, ...]
    attachments: tuple[Listed, ...]
    whole: dict[str, Any]

    def signed_by(self, key_of: Callable[[str], Key | None]) -> list[Finding]:
        """Is it signed, and by the sender it names? Empty when it is."""
        if "sign" not in self.head:
            return [finding("package.unsigned", MANIFEST, "签名块", "", "清单须签名")]
        return verify(self.whole, key_of)


def read_manifest(raw: bytes) -> tuple[Manifest | None, tuple[Finding, ...]]:
    """The manifest, or None with everything that is wrong with it."""
    parsed = parse(raw)
    whole = parsed.value
    if parsed.findings or not isinstance(whole, dict) or set(whole) != {"head", "body"}:
        wrong = parsed.findings or (finding("package.manifest", MANIFEST, "{head, body}"),)
        return None, tuple(wrong)
    if findings := tuple(islice(_shape(whole), MOST_FINDINGS)):
        return None, findings
    body = whole["body"]
    data = tuple(Listed(**row) for row in body["data"])
    attachments = tuple(Listed(**row) for row in body["attachments"])
    findings = tuple(islice(_agreement(body["records"], data, attachments), MOST_FINDINGS))
    return (None, findings) if findings else (Manifest(whole["head"], data, attachments, whole), ())


def _shape(whole: Mapping[str, Any]) -> Iterator[Finding]:
    head, body = whole["head"], whole["body"]
    if not isinstance(head, dict) or not isinstance(body, dict):
        yield finding("package.manifest", MANIFEST, "{head, body}")
        return
    yield from check_members(head, HEAD, "/head")
    if isinstance(head.get("sign"), dict):
        yield from check_members(head["sign"], SIGN, "/head/sign")
    yield from check_members(body, BODY, "/body")
    for name, members in (("data", DATA_ROW), ("attachments", ATTACHMENT_ROW)):
        rows = body.get(name)
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            if isinstance(row, dict):
                yield from check_members(row, members, f"/body/{name}/{index}")
            else:
                yield finding("package.manifest", f"/body/{name}/{index}", "对象")


def _agreement(records: int, data: tuple[Listed, ...], attachments: tuple[Listed, ...]) -> Iterator[Finding]:
    paths = [row.path for row in (*data, *attachments)]
    for path in sorted(path for path, times in Counter(paths).items() if times > 1):
        yield finding("package.duplicate", path, "每个文件一行", "", "删除清单中重复的行")
    for row in data:
        if row.path != f"data/{row.stage}.jsonl":
            yield finding("package.stage", row.path, f"data/{row.stage}.jsonl", row.path, "路径与环节一致")
    for row in attachments:
        if row.path != f"files/{row.digest.replace(':', '-')}":
            yield finding("package.digest", row.path, row.digest, row.path, "路径与摘要一致")
    total = sum(row.records for row in data)
    if total != records:
        yield finding("package.count", "/body/records", str(total), str(records), "总数等于各文件之和")
