"""The file drop in a folder: the papers' packages judged, receipts byte for byte, every slip and quirk."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from hub.catalogue.papers import Papers
from hub.message import CST
from simulators.dialects.drop_packages import hashed
from simulators.dialects.xml_drop import XmlDrop, next_working_morning
from simulators.lines.folder import FolderPlace
from simulators.lines.rounds import RoundsLine
from simulators.listening import Address
from simulators.roll import roll
from simulators.systems.build import Making, build

PAPERS = Papers.load("xml-drop")
OUT = {line["id"]: line for line in PAPERS.golden() if line["file"] == "outward.jsonl"}
INWARD = {line["id"]: line for line in PAPERS.golden() if line["file"] == "inward.jsonl"}
RECORDS = json.loads((PAPERS.root.parent / "records.json").read_text("utf-8"))
EVENING = datetime(2026, 11, 22, 20, 0, 0, tzinfo=CST)
SCHEMA = etree.XMLSchema(etree.parse(str(PAPERS.root / "package.xsd")))


class Machine:
    """One system with its folder; `now` is its clock."""

    def __init__(self, folder: Path, ident: str, *, without: tuple[str, ...] = ()) -> None:
        self.now = EVENING
        self.system = build(roll()[ident], Making())
        self.system.desk.switches["without"] = frozenset(without)
        self.side = self.system.side = XmlDrop(self.system.desk)
        self.files = FolderPlace(folder / ident, self.side.folders)
        self.root = folder / ident
        self.line = RoundsLine(Address(""), lambda: self.now, files=self.files)

    async def round(self, *faults: str) -> None:
        for fault in faults:
            self.system.faults.arm(fault)
        await self.line.round(self.system)

    def lay(self, ident: str) -> str:
        """Put what the hub puts in a golden exchange; the package's name."""
        for put in json.loads(OUT[ident]["request"]["body"])["put"]:
            self.write(put["path"], base64.b64decode(put["b64"]))
        return name_of(ident)

    def write(self, path: str, octets: bytes) -> None:
        (self.root / path).write_bytes(octets)

    def out(self, name: str, kind: str = "receipt") -> str:
        path = self.root / "out" / f"{name}.{kind}.xml"
        return path.read_text("utf-8") if path.exists() else ""

    def there(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.root / folder).iterdir())

    def effects(self) -> int:
        return self.system.desk.ledger.effects


def name_of(ident: str) -> str:
    path = str(json.loads(OUT[ident]["request"]["body"])["put"][0]["path"])
    return path.removeprefix("in/").removesuffix(".zip")


def golden(ident: str) -> str:
    got = json.loads(OUT[ident]["reply"]["body"])["got"]
    return base64.b64decode(next(iter(got.values()))).decode("utf-8-sig")


def mask(text: str) -> str:
    """Receipt numbers and moments are everybody's own."""
    text = re.sub(r'(receiptNo|time)="[^"]*"', r'\1=""', text)
    return re.sub("<(ReceiptNo|TakenTime)>[^<]*<", r"<\1><", text)


def rebuilt(raw: bytes, **entries: bytes | None) -> bytes:
    """The same zip with other entries: `manifest`, `data`."""
    source, target = zipfile.ZipFile(io.BytesIO(raw)), io.BytesIO()
    with zipfile.ZipFile(target, "w") as out:
        for name in source.namelist():
            role = "manifest" if name == "manifest.xml" else "data"
            octets = entries.get(role, source.read(name))
            if octets is not None:
                out.writestr(name, octets)
    return target.getvalue()


def parts(raw: bytes) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(raw))
    return {name: archive.read(name) for name in archive.namelist()}


def packed_again(raw: bytes, old: str, new: str) -> bytes:
    """Other data under a manifest that fits them."""
    manifest, data = parts(raw).values()
    changed = data.decode().replace(old, new).encode()
    assert changed != data
    fitting = manifest.replace(hashed("MD5", data).encode(), hashed("MD5", changed).encode())
    fitting = fitting.replace(f'size="{len(data)}"'.encode(), f'size="{len(changed)}"'.encode())
    return rebuilt(raw, manifest=fitting, data=changed)


@pytest.mark.parametrize("ident", ["push-success", "D05-batch-serial"])
async def test_the_papers_packages_get_the_papers_receipts(tmp_path: Path, ident: str) -> None:
    at = Machine(tmp_path, OUT[ident]["system"])
    name = at.lay(ident)
    await at.round()
    assert mask(at.out(name)) == mask(golden(ident))
    SCHEMA.assertValid(etree.fromstring(at.out(name).encode()))
    assert at.effects() == 1


async def test_a_correction_and_a_delete_at_the_national_platform(tmp_path: Path) -> None:
    """Quirk corrections-are-versions: a new version in a new package, the one before stays where it was."""
    at = Machine(tmp_path, "N01")
    name = at.lay("N01-correction")
    await at.round()
    assert 'code="R22"' in at.out(name), "nothing to correct yet"
    first = json.loads(OUT["N01-correction"]["request"]["body"])["put"][0]
    raw = base64.b64decode(first["b64"])
    whole = parts(raw)
    data = whole["ZBGG_0001.xml"].replace(b"<Op>M<", b"<Op>A<").replace(b"<Version>2<", b"<Version>1<")
    other = name[:-4] + "0000"
    manifest = whole["manifest.xml"].replace(name.encode(), other.encode())
    manifest = manifest.replace(hashed("SM3", whole["ZBGG_0001.xml"]).encode(), hashed("SM3", data).encode())
    at.write(f"in/{other}.zip", rebuilt(raw, manifest=manifest, data=data))
    at.write(f"in/{other}.zip.ok", b"")
    at.now += timedelta(seconds=6)
    await at.round()
    at.now += timedelta(seconds=6)
    await at.round()
    assert 'result="success"' in at.out(other)
    assert mask(at.out(name)) == mask(golden("N01-correction")), "judged again by itself"
    assert at.there("in") == sorted([f"{n}.zip{end}" for n in (name, other) for end in ("", ".ok")])
    gone = at.lay("N01-delete")
    await at.round()
    assert 'result="success"' in at.out(gone) and at.effects() == 3


@pytest.mark.parametrize(
    ("ident", "fault", "kind"),
    [
        ("package-P02", "zip-truncated", "bad"),
        ("package-P03", "hash-mismatch", "bad"),
        ("push-duplicate-package", "duplicate-package", "receipt"),
        ("package-P99", "internal-error", "receipt"),
        ("push-partial", "partial-receipt", "receipt"),
        ("item-R23", "parent-unknown", "receipt"),
        ("item-R90", "busy", "receipt"),
    ],
)
async def test_faults_by_name(tmp_path: Path, ident: str, fault: str, kind: str) -> None:
    at = Machine(tmp_path, "X02")
    name = at.lay(ident)
    await at.round(fault)
    assert mask(at.out(name, kind)) == mask(golden(ident))
    if kind == "bad":
        assert at.there("in") == [] and at.effects() == 0
        at.lay(ident)
        at.now += timedelta(days=1)
        await at.round()
        assert at.out(name, "bad") == "" and 'result="success"' in at.out(name)
    if fault == "partial-receipt":
        at.now += timedelta(seconds=61)
        await at.round()
        assert 'result="repeat"' in at.out(name), "completed later, taken once"
    assert at.effects() == (0 if ident in ("item-R23", "item-R90", "package-P99") else 1)


async def test_a_late_receipt_and_one_that_nobody_can_read(tmp_path: Path) -> None:
    at = Machine(tmp_path, "X02")
    name = at.lay("push-success")
    await at.round("receipt-late")
    assert at.out(name) == "" and at.effects() == 0
    at.now += timedelta(days=1)
    await at.round("wrong-charset")
    with pytest.raises(UnicodeDecodeError):
        at.out(name)
    at.now += timedelta(seconds=61)
    await at.round()
    assert 'result="repeat"' in at.out(name) and at.effects() == 1


async def test_packages_are_looked_at_in_the_papers_order(tmp_path: Path) -> None:
    at = Machine(tmp_path, "X02")
    put = json.loads(OUT["push-success"]["request"]["body"])["put"][0]
    raw, name = base64.b64decode(put["b64"]), name_of("push-success")
    manifest = parts(raw)["manifest.xml"]
    cases = {
        "HUB_ZBGG_2025": (raw, "P01"),
        "HUB_DAYJ_20250928055737_540182FA44FE": (b"nothing", "P06"),
        "HUB_ZBGG_20250928055737_000000000001": (b"x" * (16 * 2**20 + 1), "P09"),
        "HUB_ZBGG_20250928055737_000000000002": (raw, "P04"),
        name: (rebuilt(raw, manifest=manifest.replace(b'count="1" alg', b'count="2" alg')), "P04"),
    }
    for package, (octets, _) in cases.items():
        at.write(f"in/{package}.zip", octets)
        at.write(f"in/{package}.zip.ok", b"")
    await at.round()
    found = {package: re.findall('code="(P..)"', at.out(package)) for package in cases}
    assert found == {package: [code] for package, (_, code) in cases.items()}
    assert at.effects() == 0


@pytest.mark.parametrize(
    ("old", "new", "receipt"),
    [
        ("TendererName>永登县住房和城乡建设局<", "TendererName><", "item-R10"),
        ("<BidOpenTime>20261214093000<", "<BidOpenTime>2026-12-14<", "item-R11"),
        ("<IsPostpone>0<", "<IsPostpone>X<", ""),
        ("<DocPriceUnit>YUAN<", "<DocPriceUnit>元<", "DocPriceUnit"),
    ],
)
async def test_items_are_judged(tmp_path: Path, old: str, new: str, receipt: str) -> None:
    at = Machine(tmp_path, "X02")
    put = json.loads(OUT["push-success"]["request"]["body"])["put"][0]
    name = name_of("push-success")
    at.write(f"in/{name}.zip", packed_again(base64.b64decode(put["b64"]), old, new))
    at.write(f"in/{name}.zip.ok", b"")
    await at.round()
    said = re.sub('digest="[^"]*"', "", mask(at.out(name)))
    if receipt.startswith("item"):
        assert said == re.sub('digest="[^"]*"', "", mask(golden(receipt)))
    elif receipt:
        assert f'code="R12" message="代码不存在:{receipt}"' in said
    else:
        assert 'result="success"' in said


async def test_repeats_conflicts_and_a_receipt_somebody_deleted(tmp_path: Path) -> None:
    at = Machine(tmp_path, "X02")
    name = at.lay("push-success")
    await at.round()
    (at.root / "out" / f"{name}.receipt.xml").unlink()
    await at.round()
    assert 'code="P07"' in at.out(name)
    raw = base64.b64decode(json.loads(OUT["push-success"]["request"]["body"])["put"][0]["b64"])
    manifest = parts(raw)["manifest.xml"]
    for number, octets in ((1, raw), (2, packed_again(raw, "招标公告正文", "别的正文"))):
        other = f"{name[:-4]}000{number}"
        told = parts(octets)["manifest.xml"].replace(name.encode(), other.encode())
        at.write(f"in/{other}.zip", rebuilt(octets, manifest=told))
        at.write(f"in/{other}.zip.ok", b"")
    assert manifest
    at.now += timedelta(days=1)
    await at.round()
    assert 'result="repeat"' in at.out(f"{name[:-4]}0001")
    assert 'code="R20"' in at.out(f"{name[:-4]}0002") and at.effects() == 1


async def test_neither_counts_without_the_other(tmp_path: Path) -> None:
    at = Machine(tmp_path, "X02")
    name = at.lay("push-success")
    marker = at.root / "in" / f"{name}.zip.ok"
    marker.unlink()
    await at.round()
    assert at.out(name) == ""
    (at.root / "in" / f"{name}.zip").rename(at.root / "in" / "x")
    marker.touch()
    await at.round()
    assert at.out(name) == "" and at.effects() == 0


async def test_cut_rounds_have_their_effect_once(tmp_path: Path) -> None:
    at = Machine(tmp_path, "X02")
    name = at.lay("push-success")
    await at.round("drop-after-effect")
    assert at.out(name) == "" and at.effects() == 1
    await at.round()
    assert 'code="P07"' in at.out(name) and at.effects() == 1


# -- questions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("without", [(), ("one-way-gate",)])
async def test_quirk_one_way_gate(tmp_path: Path, without: tuple[str, ...]) -> None:
    """Carried away at once, answered the next working morning; without it the answer is there at once."""
    at = Machine(tmp_path, "D18", without=without)
    name = at.lay("clue-taken")
    await at.round()
    if not without:
        assert at.there("in") == [] and at.there("out") == []
        at.lay("clue-taken")
        await at.round()
        assert at.there("in") == [], "laid down again: carried away again"
        assert next_working_morning(at.now) == datetime(2026, 11, 23, 9, 30, tzinfo=CST)
        at.now = datetime(2026, 11, 23, 9, 29, tzinfo=CST)
        await at.round()
        assert at.there("out") == []
        at.now = datetime(2026, 11, 23, 9, 30, tzinfo=CST)
        await at.round()
    assert mask(at.out(name, "answer")) == re.sub("time=.[0-9]+.", 'time=""', mask(golden("clue-taken")))
    assert at.effects() == 1


def test_working_days() -> None:
    friday = datetime(2026, 11, 27, 23, 0, tzinfo=CST)
    assert next_working_morning(friday) == datetime(2026, 11, 30, 9, 30, tzinfo=CST)


async def test_a_question_may_be_refused_by_a_receipt(tmp_path: Path) -> None:
    at = Machine(tmp_path, "D18", without=("one-way-gate",))
    put = json.loads(OUT["clue-taken"]["request"]["body"])["put"][0]
    name, raw = name_of("clue-taken"), base64.b64decode(put["b64"])
    manifest, data = parts(raw).values()
    changed = data.replace(b"<ClueKind>collusion<", b"<ClueKind><")
    fitting = manifest.replace(hashed("SM3", data).encode(), hashed("SM3", changed).encode())
    fitting = fitting.replace(str(len(data)).encode(), str(len(changed)).encode())
    at.write(f"in/{name}.zip", rebuilt(raw, manifest=fitting, data=changed))
    at.write(f"in/{name}.zip.ok", b"")
    await at.round()
    assert 'code="R10" message="必填项为空:ClueKind"' in at.out(name) and at.out(name, "answer") == ""


@pytest.mark.parametrize("without", [(), ("monthly-score",)])
async def test_quirk_monthly_score(tmp_path: Path, without: tuple[str, ...]) -> None:
    at = Machine(tmp_path, "N01", without=without)
    name = at.lay("reconcile")
    await at.round()
    answer = at.out(name, "answer")
    assert ("<QualityScore>" in answer) is not bool(without)
    assert "<ReceivedCount>0</ReceivedCount>" in answer and "<MissingKeys></MissingKeys>" in answer
    SCHEMA.assertValid(etree.fromstring(answer.encode()))


# -- quirks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("without", [(), ("daily-package",)])
async def test_quirk_daily_package(tmp_path: Path, without: tuple[str, ...]) -> None:
    """One package a category and day at 20:00, and receipts for ours at that hour too."""
    at = Machine(tmp_path, "X02", without=without)
    at.now = EVENING - timedelta(hours=11)
    name = at.lay("push-success")
    for key in ("A", "B"):
        at.side.tell("eng-section", key * 32, 1, "insert", RECORDS["eng-section"]["fields"])
    await at.round()
    assert bool(at.out(name)) is bool(without)
    assert len(at.there("send")) == (2 if without else 0)
    at.now = EVENING
    await at.round()
    assert at.out(name)
    stamp = "20261122090000" if without else "20261122200000"
    assert at.there("send") == [f"X02_BDHF_{stamp}_0001.zip", f"X02_BDHF_{stamp}_0001.zip.ok"]


@pytest.mark.parametrize("without", [(), ("batch-serial-key",)])
async def test_quirk_batch_serial_key(tmp_path: Path, without: tuple[str, ...]) -> None:
    at = Machine(tmp_path, "D05", without=without)
    telling = at.side.tell("mine-result", "C" * 32, 1, "insert", RECORDS["mine-result"]["fields"])
    name = at.lay("D05-batch-serial")
    await at.round()
    assert telling.key == ("C" * 32 if without else "20261122200000-0001")
    assert ('key="20250928055737-0001"' in at.out(name)) is not bool(without)


@pytest.mark.parametrize("without", [(), ("four-checks",)])
@pytest.mark.parametrize(
    ("fault", "ident"),
    [
        ("archive-not-authentic", "item-R30"),
        ("archive-not-whole", "item-R31"),
        ("archive-not-usable", "item-R32"),
        ("archive-not-safe", "item-R33"),
    ],
)
async def test_quirk_four_checks(tmp_path: Path, fault: str, ident: str, without: tuple[str, ...]) -> None:
    at = Machine(tmp_path, "P10", without=without)
    name = at.lay(ident)
    await at.round(fault)
    assert (mask(at.out(name)) == mask(golden(ident))) is not bool(without)
    assert at.effects() == len(without)


# -- what the system itself says ---------------------------------------------------------------------


async def test_a_package_of_our_own_is_the_papers_package(tmp_path: Path) -> None:
    """The data file as the transcript has it; the hub's receipt settles it."""
    at = Machine(tmp_path, "D05")
    telling = at.side.tell("mine-result", "C" * 32, 1, "insert", RECORDS["mine-result"]["fields"])
    await at.round()
    got = json.loads(INWARD["take-D05"]["reply"]["body"])["got"]
    ((path, text),) = got.items()
    assert path.removeprefix("send/") in at.there("send")
    assert parts((at.root / path).read_bytes()) == parts(base64.b64decode(text))
    name = path.removeprefix("send/").removesuffix(".zip")
    at.write(
        f"back/{name}.receipt.xml",
        f'<receipt package="{name}" digest="" result="success" time="20261122200100">'
        f'<item key="{telling.key}" version="1" result="success" receiptNo="h-1"/></receipt>'.encode(),
    )
    await at.round()
    assert telling.settled is not None and telling.settled["receiptNo"] == "h-1"


@pytest.mark.parametrize(
    ("ident", "stage"),
    [("take-archive-receipt", "archive.receipt"), ("take-report-receipt", "report.receipt")],
)
async def test_notices_of_our_own(tmp_path: Path, ident: str, stage: str) -> None:
    line = INWARD[ident]
    at = Machine(tmp_path, line["system"])
    unified = line["unified"][0]
    at.side.tell(stage, unified["key"], 1, "insert", unified["fields"])
    await at.round()
    (wanted,) = json.loads(line["reply"]["body"])["got"].values()
    told = parts((at.root / "send" / at.there("send")[0]).read_bytes())
    data = next(name for name in told if name != "manifest.xml")
    assert told[data] == parts(base64.b64decode(wanted))[data]
    SCHEMA.assertValid(etree.fromstring(told["manifest.xml"]))


async def test_slips_of_our_own_packages(tmp_path: Path) -> None:
    fields = RECORDS["mine-result"]["fields"]

    async def laid(fault: str) -> Machine:
        at = Machine(tmp_path / fault, "D05")
        at.side.tell("mine-result", "C" * 32, 1, "insert", fields)
        await at.round(fault)
        return at

    name = "D05_KYJG_20261122200000_0001"
    early = await laid("ok-before-zip")
    assert early.there("send") == [f"{name}.zip.ok"]
    await early.round()
    assert early.there("send") == [f"{name}.zip", f"{name}.zip.ok"]
    half = await laid("zip-truncated")
    with pytest.raises(zipfile.BadZipFile):
        parts((half.root / "send" / f"{name}.zip").read_bytes())
    half.write(f"back/{name}.bad.xml", b"<bad/>")
    await half.round()
    assert len(parts((half.root / "send" / f"{name}.zip").read_bytes())) == 2 and half.there("back") == []
    other = parts(((await laid("hash-mismatch")).root / "send" / f"{name}.zip").read_bytes())
    assert hashed("SM3", other["KYJG_0001.xml"]).encode() not in other["manifest.xml"]
    gbk = parts(((await laid("wrong-charset")).root / "send" / f"{name}.zip").read_bytes())
    with pytest.raises(UnicodeDecodeError):
        gbk["KYJG_0001.xml"].decode()
    assert len((await laid("duplicate-package")).there("send")) == 4


async def test_a_reset_forgets_what_is_in_hand(tmp_path: Path) -> None:
    at = Machine(tmp_path, "N01")
    at.side.tell("mine-result", "C" * 32, 1, "insert", RECORDS["mine-result"]["fields"])
    at.side.forget()
    await at.round()
    assert at.there("send") == []
