"""File packages: written and read back, the same bytes twice, and everything a hostile one may try."""

from __future__ import annotations

import io
import json
import random
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from certs.algorithms.digest import digest
from hub.message import CST, Key, canonical
from hub.standard import Standard
from hub.standard.bindings.package_directory import Limits
from hub.standard.bindings.package_folder import answer, put, waiting
from hub.standard.bindings.package_names import PackageName, package_name, parse_name
from hub.standard.bindings.package_read import Inspection, attachment, inspect, messages
from hub.standard.bindings.package_receipt import Result, receipt, take_package
from hub.standard.bindings.package_write import PackageError, write_package
from tests.rows import each

NOW = datetime(2026, 11, 22, 9, 0, 0, tzinfo=CST)
NAME = package_name("T01", "engineering", NOW, 1)
KEY = Key("k1", "T01", "hmac-sm3", b"secret")
PDF = b"%PDF-1.7 " + bytes(range(256)) * 1000
DIGEST = f"sm3:{digest(PDF).hex()}"


def packed(standard: Standard, **more: Any) -> bytes:
    out = io.BytesIO()
    sent = [standard.sample(stage.id, seed) for seed in (1, 2) for stage in standard.stages]
    sent[0]["body"]["files"] = [
        {"name": "公告.pdf", "digest": DIGEST, "size": len(PDF), "media": "application/pdf", "role": "R"}
    ]
    write_package(out, NAME, sent, standard, attachments={DIGEST: lambda: io.BytesIO(PDF)}, key=KEY, **more)
    return out.getvalue()


@pytest.fixture(scope="module")
def package(standard: Standard) -> bytes:
    return packed(standard)


def codes(inspection: Inspection) -> set[str]:
    return {finding.code for finding in inspection.findings}


def inspected(raw: bytes, **limits: int) -> Inspection:
    return inspect(io.BytesIO(raw), str(NAME), Limits(**limits))


def test_written_and_read_back(package: bytes, standard: Standard) -> None:
    stream = io.BytesIO(package)
    inspection = inspect(stream, str(NAME))
    assert inspection.findings == () and inspection.manifest is not None
    assert inspection.manifest.signed_by({"k1": KEY}.get) == []
    read = list(messages(stream, inspection))
    assert all(entry.findings == () for entry in read)
    expected = [standard.sample(stage.id, seed) for stage in standard.stages for seed in (1, 2)]
    assert [entry.message for entry in read[1:]] == expected[1:]
    assert b"".join(attachment(stream, inspection, DIGEST)) == PDF
    assert list(attachment(stream, inspection, "sm3:" + "0" * 64)) == []


def test_the_same_input_is_the_same_bytes(package: bytes, standard: Standard) -> None:
    assert packed(standard) == package
    plain = packed(standard, squeeze=False)
    assert plain == packed(standard, squeeze=False) and len(plain) > len(package)
    # Pinned: nothing of the machine, the clock or the zlib is in these bytes.
    out = io.BytesIO()
    write_package(out, NAME, [standard.sample("eng-section", 1)], standard, squeeze=False)
    names = [info.filename for info in zipfile.ZipFile(out).infolist()]
    assert names == ["data/eng-section.jsonl", "manifest.json"]
    assert {info.date_time for info in zipfile.ZipFile(out).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_an_unsigned_or_forged_manifest_is_told(package: bytes) -> None:
    inspection = inspected(package)
    assert inspection.manifest is not None
    other = Key("k1", "T01", "hmac-sm3", b"other")
    assert [f.code for f in inspection.manifest.signed_by({"k1": other}.get)] == ["auth.signature"]
    unsigned = rewritten(package, manifest=lambda m: m["head"].pop("sign"))
    again = inspected(unsigned)
    assert again.manifest is not None
    assert [f.code for f in again.manifest.signed_by({"k1": KEY}.get)] == ["package.unsigned"]
    inspection, results = take_package(io.BytesIO(unsigned), str(NAME), never, key_of={"k1": KEY}.get)
    assert not inspection.sound and results == []


def never(message: dict[str, Any], at: str) -> Result:
    raise AssertionError(at)


def rewritten(
    raw: bytes,
    *,
    manifest: Callable[[dict[str, Any]], Any] | None = None,
    content: dict[str, bytes] | None = None,
    drop: str = "",
    comment: bytes = b"",
) -> bytes:
    """The package with its manifest or contents changed by a stranger who can zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        files = {info.filename: old.read(info) for info in old.infolist()} | (content or {})
        if manifest is not None:
            whole = json.loads(files["manifest.json"])
            manifest(whole)
            files["manifest.json"] = canonical(whole)
        for name, data in files.items():
            if name != drop:
                new.writestr(name, data)
        new.comment = comment
    return out.getvalue()


def zipped(*entries: tuple[zipfile.ZipInfo | str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # zipfile's own, about the name it writes twice
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("data/eng-section.jsonl")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


def encrypted() -> bytes:
    raw = bytearray(zipped(("manifest.json", b"{}")))
    raw[6] |= 1
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


def overlapping() -> bytes:
    """Two names, one place."""
    raw = zipped(
        ("data/eng-a.jsonl", b"x" * 999), ("data/eng-b.jsonl", b"x" * 999), method=zipfile.ZIP_STORED
    )
    at = raw.rindex(b"PK\x01\x02")
    return raw[: at + 42] + bytes(4) + raw[at + 46 :]


def lying() -> bytes:
    """Four megabytes that claim to be ten bytes, in both headers."""
    raw = bytearray(zipped(("data/eng-section.jsonl", bytes(1 << 22)), ("manifest.json", manifest_of(10))))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = raw.index(mark) + at
        raw[place : place + 4] = (10).to_bytes(4, "little")
    return bytes(raw)


def manifest_of(size: int) -> bytes:
    row = {"path": "data/eng-section.jsonl", "stage": "eng-section", "records": 0, "size": size}
    row["digest"] = f"sm3:{digest(bytes(size)).hex()}"
    head = {"format": "hutong-package", "ver": "1", "from": "T01", "package": str(NAME), "standard": "x"}
    whole = {"head": head | {"time": NAME.time}, "body": {"records": 0, "data": [row], "attachments": []}}
    return canonical(whole)


@each(
    ("code", "raw"),
    [
        ("package.directory", b""),
        ("package.directory", b"PK"),
        ("package.directory", b"PK\x05\x06" + b"\xff" * 18),
        ("package.directory", b"not a zip at all, but long enough"),
        ("package.path", zipped(("../../etc/passwd", b"x"))),
        ("package.path", zipped(("/etc/passwd", b"x"))),
        ("package.path", zipped(("C:\\x", b"x"))),
        ("package.path", zipped(("data\\..\\x.jsonl", b"x"))),
        ("package.path", zipped(("data/", b""))),
        ("package.path", zipped(("readme.txt", b"x"))),
        ("package.duplicate", zipped(("manifest.json", b"{}"), ("manifest.json", b"{}"))),
        ("package.duplicate", zipped(("manifest.json", b"{}"), ("MANIFEST.json", b"{}"))),
        ("package.kind", zipped((link(), b"/etc/passwd"))),
        ("package.encrypted", encrypted()),
        ("package.method", zipped(("manifest.json", b"{}"), method=zipfile.ZIP_LZMA)),
        ("package.ratio", zipped(("data/eng-section.jsonl", bytes(1 << 22)))),
        ("package.overlap", overlapping()),
        ("package.content", lying()),
        ("package.manifest", zipped(("data/eng-section.jsonl", b"x"))),
        ("package.manifest", zipped(("manifest.json", b"{}"))),
        ("json.malformed", zipped(("manifest.json", b"{"))),
        ("json.depth", zipped(("manifest.json", b"[" * 5000))),
    ],
)
def test_hostile_packages_are_told(code: str, raw: bytes) -> None:
    inspection = inspected(raw)
    assert code in codes(inspection), inspection
    assert not inspection.sound and list(messages(io.BytesIO(raw), inspection)) == []


@pytest.mark.parametrize(
    ("code", "limits"),
    [
        ("package.size", {"package": 1000}),
        ("package.entries", {"entries": 10}),
        ("package.size", {"entry": 1000}),
        ("package.size", {"total": 1000}),
        ("package.size", {"manifest": 100}),
        ("package.records", {"records": 100}),
    ],
)
def test_limits(package: bytes, code: str, limits: dict[str, int]) -> None:
    assert code in codes(inspected(package, **limits))


def first(manifest: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = manifest["body"]["data"][0]
    return row


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("package.digest", lambda m: first(m).update(digest="sm3:" + "0" * 64)),
        ("package.size", lambda m: first(m).update(size=1)),
        ("package.count", lambda m: first(m).update(records=1)),
        ("package.count", lambda m: m["body"].update(records=1)),
        ("package.stage", lambda m: first(m).update(stage="eng-section")),
        ("package.unlisted", lambda m: m["body"]["attachments"].clear()),
        ("package.duplicate", lambda m: m["body"]["data"].append(dict(first(m)))),
        ("package.name", lambda m: m["head"].update(package=str(NAME).replace("T01", "T02"))),
        ("package.from", lambda m: m["head"].update({"from": "T02"})),
        ("envelope.unknown", lambda m: m["head"].update(more="x")),
        ("envelope.format", lambda m: first(m).update(path="../x")),
        ("envelope.required", lambda m: first(m).pop("size")),
        ("envelope.format", lambda m: m["body"].update(data="x")),
        ("package.manifest", lambda m: m["body"].update(data=["x"])),
    ],
)
def test_a_manifest_that_lies_is_told(package: bytes, code: str, change: Callable[[Any], Any]) -> None:
    assert code in codes(inspected(rewritten(package, manifest=change)))


def test_contents_that_differ_are_told(package: bytes) -> None:
    path = "data/eng-section.jsonl"
    assert codes(inspected(rewritten(package, drop=path))) == {"package.missing"}
    changed = rewritten(package, content={path: b"{}\n{}\n"})
    assert codes(inspected(changed)) == {"package.size", "package.digest"}
    assert "package.directory" in codes(inspected(rewritten(package, comment=b"hello")))
    assert "package.directory" in codes(inspected(b"MZ" + package))
    assert "package.directory" in codes(inspected(package + b"\0"))


def test_broken_bytes_never_raise(standard: Standard) -> None:
    """A thousand packages with a few bytes changed: no exception, and no message altered in silence."""
    rng, small = random.Random(5), io.BytesIO()
    true = standard.sample("eng-section", 1)
    write_package(small, NAME, [true], standard)
    good = small.getvalue()
    assert [entry.message for entry in messages(io.BytesIO(good), inspected(good))] == [true]
    for _ in range(1000):
        raw = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        cut = bytes(raw[: rng.randrange(len(raw))]) if rng.random() < 0.2 else bytes(raw)
        for entry in messages(io.BytesIO(cut), inspected(cut)):
            assert entry.message == true or entry.findings


def package_of(standard: Standard, lines: bytes, stage: str = "eng-section") -> bytes:
    """A package with these bytes as its one data file, and a manifest that agrees."""
    path = f"data/{stage}.jsonl"
    row = {"path": path, "stage": stage, "records": lines.count(b"\n"), "size": len(lines)}
    row["digest"] = f"sm3:{digest(lines).hex()}"
    head = {"format": "hutong-package", "ver": "1", "from": "T01", "package": str(NAME), "standard": "x"}
    whole = {
        "head": head | {"time": NAME.time},
        "body": {"records": row["records"], "data": [row], "attachments": []},
    }
    return zipped((path, lines), ("manifest.json", canonical(whole)))


def test_each_bad_line_is_told_and_the_good_ones_pass(standard: Standard) -> None:
    good = standard.sample("eng-section", 1)
    stranger = standard.sample("eng-section", 1, sender="T02")
    elsewhere = standard.sample("eng-project", 1)
    gone = standard.sample("eng-section", 2)
    gone["body"]["files"] = [{"name": "a", "digest": DIGEST, "size": 1, "media": "a/b", "role": "R"}]
    lines = [
        canonical(good),
        b"{",
        b"",
        b"[]",
        canonical(stranger),
        canonical(elsewhere),
        b"x" * 3000,
        canonical(gone),
    ]
    raw = package_of(standard, b"\n".join(lines) + b"\n")
    limits = Limits(line=2900)
    seen: list[str] = []

    def receive(message: dict[str, Any], at: str) -> Result:
        seen.append(at)
        return Result(at, "accepted", message["head"]["msgId"], "0190")

    inspection, results = take_package(io.BytesIO(raw), str(NAME), receive, limits=limits)
    assert inspection.sound
    told = [(row.state, [f.code for f in row.findings]) for row in results]
    assert told == [
        ("accepted", []),
        ("refused", ["json.malformed"]),
        ("refused", ["json.malformed"]),
        ("refused", ["package.line"]),
        ("refused", ["package.from"]),
        ("refused", ["package.stage"]),
        ("refused", ["package.line"]),
        ("accepted", ["package.attachment"]),
    ]
    assert seen == ["data/eng-section.jsonl:1", "data/eng-section.jsonl:8"]
    answered = json.loads(receipt(inspection, results, NOW, KEY))
    assert answered["body"]["ok"] is False and answered["body"]["states"] == {"accepted": 2, "refused": 6}
    assert answered["body"]["records"][0]["hubId"] == "0190" and "sign" in answered["head"]


def test_the_receipt_of_a_refused_package_says_why(package: bytes) -> None:
    inspection, results = take_package(io.BytesIO(package[:-1]), str(NAME), never)
    answered = json.loads(receipt(inspection, results, NOW))
    assert answered["body"]["ok"] is False and answered["body"]["records"] == []
    assert answered["body"]["findings"][0]["code"] == "package.directory"


def test_a_long_file_is_read_in_pieces(standard: Standard) -> None:
    """Lines that straddle the pieces."""
    lines = [canonical(standard.sample("eng-tender-notice", seed)) for seed in range(120)]
    body = b"\n".join(lines)
    raw = package_of(standard, body + b"\n", "eng-tender-notice")
    inspection = inspected(raw)
    assert inspection.findings == () and len(body) > 3 * 65536
    assert [canonical(entry.message) for entry in messages(io.BytesIO(raw), inspection)] == lines


def test_wrong_material_is_refused(standard: Standard) -> None:
    with pytest.raises(PackageError):
        write_package(io.BytesIO(), NAME, [], standard, attachments={DIGEST: lambda: io.BytesIO(b"x")})
    with pytest.raises(PackageError):
        write_package(io.BytesIO(), NAME, [{"head": {}, "body": {}}], standard)


def test_names() -> None:
    assert str(NAME) == "T01_engineering_20261122090000_000001.zip"
    assert parse_name(str(NAME)) == NAME
    for wrong in (
        "",
        "x.zip",
        "T01_a_20261322090000_000001.zip",
        "T01_a_20261122090000_1.zip",
        f"{NAME}\n",
        f"a/{NAME}",
    ):
        assert parse_name(wrong) is None
    with pytest.raises(ValueError):
        package_name("T1", "x", NOW, 1)


def test_a_folder(tmp_path: Path, standard: Standard, package: bytes) -> None:
    second = PackageName("T01", "engineering", NAME.time, 2)
    put(tmp_path, NAME, lambda out: out.write(package))
    put(tmp_path, second, lambda out: out.write(package))
    with pytest.raises(FileExistsError):
        put(tmp_path, NAME, lambda out: out.write(package))
    half = tmp_path / str(PackageName("T01", "engineering", NAME.time, 3))
    half.write_bytes(package)
    led = tmp_path / str(PackageName("T01", "engineering", NAME.time, 4))
    led.symlink_to(half)
    led.with_name(led.name + ".ok").touch()
    stuffed = tmp_path / str(PackageName("T01", "engineering", NAME.time, 5))
    stuffed.write_bytes(package)
    stuffed.with_name(stuffed.name + ".ok").write_bytes(b"x")
    assert [path.name for path in waiting(tmp_path)] == [str(NAME), str(second)]
    told = answer(tmp_path / str(NAME), b"{}")
    assert told.read_bytes() == b"{}"
    assert [path.name for path in waiting(tmp_path)] == [str(second)]
    assert not list(tmp_path.glob(".*.part"))


def test_an_attachment_is_never_in_memory_as_a_whole(tmp_path: Path, standard: Standard) -> None:
    content, path = tmp_path / "content", tmp_path / str(NAME)
    content.write_bytes(random.Random(1).randbytes(24 << 20))
    told = f"sm3:{digest(content.read_bytes()).hex()}"
    tracemalloc.start()
    try:
        with path.open("w+b") as out:
            write_package(
                out, NAME, [], standard, attachments={told: lambda: content.open("rb")}, squeeze=False
            )
        with path.open("rb") as stream:
            inspection = inspect(stream, path.name)
            size = sum(len(piece) for piece in attachment(stream, inspection, told))
        assert inspection.findings == () and size == 24 << 20
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
