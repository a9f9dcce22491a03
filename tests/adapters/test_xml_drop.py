"""xml-drop: packages that are the same octets in every attempt; whole ones taken, all others told why not."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, ClassVar
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import strategies as st
from lxml import etree

from adapters import laying
from adapters.xml_drop import DIALECT, xml_drop
from adapters.xml_drop.inward import Taken, taken
from adapters.xml_drop.papers import CATEGORIES, NOTIFICATIONS, QUESTIONS, SITES, digest_of
from hub.catalogue.papers import ROOT, Expectation, Papers
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import Answer, Call, Incoming, Kind, Outgoing, Settles, WireReply, WireRequest
from tests.adapters.contract import AT, HUB_ID, RECEIPT, mutants, wire_reply
from tests.adapters.polled import PolledContract, Told, body_of, ok, service_fields

PAPERS = Papers.load("xml-drop")
SAMPLES = ROOT / "xml-drop" / "samples"
SCHEMA = etree.XMLSchema(etree.parse(PAPERS.root / "package.xsd"))
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
RECEIPTED = [
    row for row in PAPERS.expected if row.face == "in" and ("receipt" in row.wire or "item" in row.wire)
]
NAME = "X02_ZBGG_20261122200000_0001"


def package_of(request: WireRequest) -> dict[str, bytes]:
    put = body_of(request)["put"][0]
    with ZipFile(BytesIO(base64.b64decode(put["b64"]))) as package:
        return {name: package.read(name) for name in package.namelist()}


def record_in(request: WireRequest) -> etree._Element:
    entries = package_of(request)
    return etree.fromstring(entries[next(name for name in entries if name != "manifest.xml")])[0]


def zipped(entries: dict[str, bytes], **how: Any) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w", **how) as package:
        for name, octets in entries.items():
            package.writestr(name, octets)
    return made.getvalue()


def theirs(
    files: Sequence[tuple[str, int, bytes]],
    name: str = NAME,
    *,
    algorithm: str = "MD5",
    count: int | None = None,
    more: dict[str, bytes] | None = None,
    **change: str,
) -> bytes:
    """A package as another system packs it: (category, records, document) per data file."""
    sender, category, stamp, _ = name.split("_")
    said = {"package": name, "sender": sender, "receiver": "HUB", "category": category, "version": stamp,
            "count": str(sum(one for _, one, _ in files) if count is None else count),
            "algorithm": algorithm}  # fmt: skip
    root = etree.Element("manifest", {**said, **change})
    for entry, number, octets in files:
        etree.SubElement(root, "file", name=entry, count=str(number), size=str(len(octets)),
                         digest=digest_of(octets, algorithm))  # fmt: skip
    entries = {"manifest.xml": HEAD.encode() + etree.tostring(root)}
    return zipped(
        entries | {entry: octets for entry, _, octets in files} | (more or {}), compression=ZIP_DEFLATED
    )


def document(*records: str, category: str = "ZBGG") -> bytes:
    inner = "".join(f"<record>{one}</record>" for one in records)
    return f'{HEAD}<records category="{category}">{inner}</records>'.encode()


def simple(key: str, **fields: str) -> str:
    said = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
    return f"<Key>{key}</Key><Op>A</Op><Version>1</Version><Source>X02</Source>{said}"


def receipt(name: str, digest: str, items: str = "", **more: str) -> str:
    said = {"package": name, "digest": digest, "result": "success", "time": "20261122090500", **more}
    attributes = " ".join(f'{name}="{text}"' for name, text in said.items())
    return f"{HEAD}<receipt {attributes}>{items}</receipt>"


def got(name: str, **documents: str | bytes) -> WireReply:
    files = {
        f"out/{name}.{kind}.xml": base64.b64encode(
            text if isinstance(text, bytes) else text.encode()
        ).decode()
        for kind, text in documents.items()
    }
    return ok({"put": [False, False], "got": files})


class TestXmlDrop(PolledContract):
    name = "xml-drop"
    dialect = DIALECT
    system = "N01"
    text: ClassVar = st.text(
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
        min_size=1,
        max_size=60,
    )

    @classmethod
    def stages(cls) -> list[str]:
        return [one for one in PAPERS.stages() if "." not in one]

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        return {node.tag: node.text or "" for node in record_in(request)}

    def packed(self, stage: str | None = None, **change: Any) -> tuple[Outgoing, str, str, str]:
        """A message, and name, digest and key under which it lies there."""
        stage = stage or self.stages()[0]
        outgoing = self.outgoing(stage, self.record_of(stage, 1), **change)
        put = body_of(DIALECT.encode(outgoing, self.call()))["put"][0]
        octets = base64.b64decode(put["b64"])
        name = put["path"].removeprefix("in/").removesuffix(".zip")
        return outgoing, name, digest_of(octets, "SM3"), PAPERS.row_key(self.sender, stage, "K-1")

    def wire(self, row: Expectation) -> WireReply:
        _, name, digest, key = self.packed()
        what, _, code = row.situation.partition(" ")
        if what == "package" and code != "known":
            if "bad" in row.wire:
                return got(
                    name,
                    bad=HEAD + f'<bad package="{name}" code="{code}" message="x" time="20261122090500"/>',
                )
            return got(name, receipt=receipt(name, digest, result="failure", code=code, message="x"))
        if what == "item":
            item = f'<item key="{key}" version="1" result="failure" code="{code}" message="x"/>'
            return got(name, receipt=receipt(name, digest, item, result="failure"))
        if what == "server:":
            return WireReply(int(row.wire_status), {}, json.dumps({"error": code, "put": []}).encode())
        good = f'<item key="{key}" version="1" result="success" receiptNo="R"/>'
        return {
            "success": got(name, receipt=receipt(name, digest, good)),
            "slow": got(name, receipt=receipt(name, digest, good)),
            "no receipt yet": got(name),
            "record known": got(name, receipt=receipt(name, digest, good.replace("success", "repeat"))),
            "package known": got(name, receipt=receipt(name, digest, result="failure", code="P07")),
            "receipt lacks our record": got(name, receipt=receipt(name, digest, good.replace(key, "OTHER"))),
            "receipt of another package": got(name, receipt=receipt(name, "0" * 64, good)),
            "code not listed": got(name, receipt=receipt(name, digest, result="failure", code="P42")),
            "receipt unreadable": got(name, receipt=receipt(name, digest, good).encode() + b"\xb9\xab"),
            "answer too big": WireReply(200, {}, b" " * (16 * 2**20 + 1)),
            "too large": WireReply(413, {}, b""),
            "broken body": ok({"put": [True], "got": {}}),
        }[row.situation]

    def test_the_row_key_is_that_of_the_papers_in_every_attempt(self, stage: str) -> None:
        for version in (1, 2):
            outgoing = self.outgoing(stage, self.record_of(stage, 1), version=version)
            first = DIALECT.encode(outgoing, self.call())
            assert record_in(first).findtext("Key") == PAPERS.row_key(self.sender, stage, "K-1")
            later = self.call(now=AT + timedelta(days=2), nonce="other")
            assert DIALECT.encode(outgoing, later).body == first.body

    def check_round_trip(self, stage: str, fields: dict[str, Any]) -> None:
        """Their package with our record: judged as if a system that reports this stage had packed it."""
        request = DIALECT.encode(self.outgoing(stage, fields), self.call())
        data = next(octets for name, octets in package_of(request).items() if name != "manifest.xml")
        site = replace(SITES["X02"], reports=(stage,))
        name = NAME.replace("ZBGG", CATEGORIES[stage])
        (it,) = taken(name, theirs([("a.xml", 1, data)], name), "X02", site).items
        assert (it.stage, it.op, it.version, it.findings, it.ext) == (stage, "insert", 1, (), {})
        assert it.key == PAPERS.row_key(self.sender, stage, "K-1")
        for row in PAPERS.rows(stage):
            if not row.standard.startswith("@"):
                sent = fields.get(row.standard)
                if row.form.startswith("list") and sent:
                    sent = ";".join(part for part in sent.split(";") if part)
                came = it.fields.get(row.standard)
                assert came == (int(sent) if row.form == "int" and sent is not None else sent or None), row

    def test_the_documents_are_those_of_the_schema(self, stage: str) -> None:
        for octets in package_of(
            DIALECT.encode(self.outgoing(stage, self.record_of(stage, 3)), self.call())
        ).values():
            SCHEMA.assertValid(etree.fromstring(octets))

    def test_the_published_package(self) -> None:
        record = json.loads((ROOT / "records.json").read_text())["eng-section"]
        sample = json.loads((SAMPLES / "package.eng-section.json").read_text())
        outgoing = self.outgoing("eng-section", record["fields"], key="S-1")
        request = DIALECT.encode(outgoing, self.call(now=AT + timedelta(days=400)))
        zip_, marker = body_of(request)["put"]
        assert (zip_["path"], zip_["b64"]) == (f"in/{sample['name']}.zip", sample["zip_b64"])
        assert marker == {"path": f"{zip_['path']}.ok", "b64": "", "unless": zip_["unless"]}
        octets = base64.b64decode(zip_["b64"])
        assert digest_of(octets, "SM3") == "366c465322c34bb404e4f7432ca59da6a132b15a13e586340443204ee7860f02"

    @pytest.mark.parametrize("stage_", ["eng-section", "eng-tender-notice", "mine-result", "archive-record"])
    def test_the_published_records(self, stage_: str) -> None:
        system = {"eng-tender-notice": "X02", "mine-result": "D05", "archive-record": "P10"}.get(
            stage_, "N01"
        )
        record = json.loads((ROOT / "records.json").read_text())[stage_]
        outgoing = self.outgoing(stage_, record["fields"], key=record["key"])
        entries = package_of(DIALECT.encode(outgoing, self.call(system=system)))
        assert (
            entries[f"{CATEGORIES[stage_]}_0001.xml"] == (SAMPLES / f"{stage_}.push.request.xml").read_bytes()
        )

    @pytest.mark.parametrize("text", ["a\x00b", "a\x0bb", "x\ufffe", "a\ud800"])
    def test_what_xml_cannot_hold_is_named(self, text: str) -> None:
        fields = {**self.record_of("eng-section", 1), "BID_SECTION_NAME": text, "BID_SECTION_CONTENT": text}
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.outgoing("eng-section", fields), self.call())
        assert {(f.code, f.at.rpartition("/")[2]) for f in refused.value.findings} == {
            ("mapping.charset", "BID_SECTION_NAME"), ("mapping.charset", "BID_SECTION_CONTENT"),
        }  # fmt: skip

    @pytest.mark.parametrize("service", [*QUESTIONS, *NOTIFICATIONS])
    def test_what_is_no_record_goes_there_and_back(self, service: str) -> None:
        for seed, share in enumerate((1.0, 0.5, 0.0)):
            fields = service_fields(PAPERS, service, "request", seed, share)
            outgoing = Outgoing(service, "", "query", 1, fields, sender="P01", key="K")
            data = package_of(DIALECT.encode(outgoing, self.call()))[f"{CATEGORIES[service]}_0001.xml"]
            name = NAME.replace("ZBGG", CATEGORIES[service])
            site = replace(SITES["X02"], reports=(service,))
            (back,) = taken(name, theirs([("a.xml", 1, data)], name), "X02", site).items
            assert (back.message, back.stage, back.op, back.findings, back.ext) == (
                service,
                "",
                "insert",
                (),
                {},
            )
            assert back.fields == fields

    def test_an_empty_list_is_there_and_empty(self) -> None:
        fields = {"batchNo": "B", "result": "r", "items": []}
        outgoing = Outgoing("report.receipt", "", "query", 1, fields, sender="P01", key="K")
        data = package_of(DIALECT.encode(outgoing, self.call()))["SBHZ_0001.xml"]
        assert b"<Items></Items>" in data
        name = NAME.replace("ZBGG", "SBHZ")
        site = replace(SITES["X02"], reports=("report.receipt",))
        (back,) = taken(name, theirs([("a.xml", 1, data)], name), "X02", site).items
        assert back.fields == fields

    def test_a_question_without_number_is_the_same_question_each_time(self) -> None:
        fields = {"periodDate": "2026-11-22", "sentCount": 2, "sentDigest": "d", "detailWanted": True}
        outgoing = Outgoing("report.reconcile", "", "query", 1, fields, sender="hub", key="K")
        put = body_of(DIALECT.encode(outgoing, self.call()))["put"][0]
        assert put["path"].startswith("in/HUB_SBDZ_00000000000000_")
        record = record_in(DIALECT.encode(outgoing, self.call(now=AT + timedelta(days=1))))
        assert [(node.tag, node.text) for node in record][4:] == [
            ("PeriodDate", "20261122"), ("SentCount", "2"), ("SentDigest", "d"), ("DetailWanted", "1")
        ]  # fmt: skip

    def test_a_question_that_was_taken_is_not_yet_answered(self) -> None:
        outgoing = Outgoing("archive.verify", "", "query", 1, {"fileDigest": "d", "purpose": "p",
                            "DIGEST_ALGORITHM": "01"}, sender="P01", key="K")  # fmt: skip
        call = self.call(system="P10")
        put = body_of(DIALECT.encode(outgoing, call))["put"][0]
        name = put["path"][3:-4]
        digest = digest_of(base64.b64decode(put["b64"]), "SM3")
        key = PAPERS.row_key("P01", "archive.verify", "K")
        taken_ = receipt(name, digest, f'<item key="{key}" version="1" result="success"/>')
        assert DIALECT.decode(got(name, receipt=taken_), outgoing, call).code == "receiver.pending"
        head = f'package="{name}" digest="{digest}" time="20261123093000"'
        answer = f"<answer {head}><reply><Match>1</Match></reply></answer>"
        outcome = DIALECT.decode(got(name, receipt=taken_, answer=HEAD + answer), outgoing, call)
        assert (outcome.kind, outcome.data) == (Kind.DELIVERED, {"match": True})

    def test_a_system_without_papers(self) -> None:
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.outgoing("eng-section", {}), self.call(system="T01"))
        assert refused.value.code == "mapping.no-place"

    def test_the_sites_are_those_of_the_papers(self) -> None:
        assert PAPERS.facts["categories"] == CATEGORIES
        assert set(SITES) == set(PAPERS.facts["systems"])
        for name, site in SITES.items():
            assert site.algorithm == PAPERS.facts["systems"][name]["digest"]
            assert site.batch_serial == ("keys" in PAPERS.facts["systems"][name])
        rules = (PAPERS.root / "rules.md").read_text()
        for line in rules.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            for category in cells[1].split(" / ") if len(cells) == 4 else ():
                for name, site in SITES.items():
                    if category in CATEGORIES.values():
                        group = "X*" if name.startswith("X") else name
                        reported = {CATEGORIES[one] for one in site.reports}
                        assert (category in reported) == (group in cells[3].split()), (name, category)


class TestGolden:
    name = "xml-drop"

    def call(self, golden: dict[str, Any]) -> Call:
        return Call(golden["system"], "", golden["secrets"], datetime.fromisoformat(golden["at"]), "n", "k")

    async def test_golden_transcripts(self, golden: dict[str, Any]) -> None:
        if golden["file"] == "outward.jsonl":
            self.outward(golden)
        elif "put" in json.loads(golden["request"]["body"]):
            await self.settle(golden)
        else:
            await self.look(golden)

    def outward(self, golden: dict[str, Any]) -> None:
        put = json.loads(golden["request"]["body"])["put"][0]
        name = put["path"][3:-4]
        carried = next(one for one, category in CATEGORIES.items() if category == name.split("_")[1])
        entries = package_of(WireRequest("FILES", "", {}, golden["request"]["body"].encode()))
        data = entries[f"{CATEGORIES[carried]}_0001.xml"]
        renamed = NAME.replace("ZBGG", CATEGORIES[carried])
        site = replace(SITES["X02"], reports=(carried,))
        (it,) = taken(renamed, theirs([("a.xml", 1, data)], renamed), "X02", site).items
        record = etree.fromstring(data)[0]
        sender, key = self.origin(it.key, record.findtext("Source") or "", carried)
        outgoing = Outgoing(
            it.message, it.stage, it.op, it.version, it.fields, sender=sender, key=key, hub_id=HUB_ID
        )
        made = DIALECT.encode(outgoing, self.call(golden))
        assert (made.method, made.path) == ("FILES", "")
        assert made.body.decode() == golden["request"]["body"]
        outcome = DIALECT.decode(wire_reply(golden["reply"]), outgoing, self.call(golden))
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])
        if "data" in golden:
            assert outcome.data == golden["data"]

    def origin(self, row_key: str, source: str, stage: str) -> tuple[str, str]:
        records = json.loads((ROOT / "records.json").read_text()).values()
        keys = {one["key"] for one in records} | {"XS-2026-0001", "DZ-20261121"}
        for key in keys:
            if PAPERS.row_key(source, stage, key) == row_key:
                return source, key
        raise AssertionError((row_key, source, stage))

    async def look(self, golden: dict[str, Any]) -> None:
        asked = json.loads(golden["request"]["body"])
        carry = Told(lambda _: wire_reply(golden["reply"]))
        poller = xml_drop(lambda: AT).poller(golden["system"], "", {}, "", carry)
        if "list" in asked:
            whole = golden["ready"]
            listed = json.loads(golden["reply"]["body"])["listed"]

            def play(request: WireRequest) -> WireReply:
                body = body_of(request)
                return ok({"listed": listed}) if "list" in body else ok({"got": {}})

            carry = Told(play)
            await xml_drop(lambda: AT).poller(golden["system"], "", {}, "", carry).next("", 9)
            assert carry.asked[0].body.decode() == golden["request"]["body"]
            assert [one["get"] for one in carry.bodies[1:]] == [[f"send/{name}.zip"] for name in whole]
            return
        (path,) = asked["get"]
        name = path[5:-4]

        def answer(request: WireRequest) -> WireReply:
            body = body_of(request)
            if "list" in body:
                return ok({"listed": {path: 1, f"{path}.ok": 0}})
            return wire_reply(golden["reply"]) if "get" in body else ok({"put": [True]})

        carry = Told(answer)
        poller = xml_drop(lambda: AT).poller(golden["system"], "", {}, "", carry)
        haul = await poller.next("", 9)
        assert carry.asked[1].body.decode() == golden["request"]["body"]
        assert (haul.watermark, haul.more) == ("", False)
        if "bad" in golden:
            assert haul.items == ()
            said = carry.bodies[2]["put"][0]
            assert said["path"] == f"back/{name}.bad.xml"
            assert f'code="{golden["bad"]}"'.encode() in base64.b64decode(said["b64"])
        elif "verdict" in golden:
            (it,) = haul.items
            assert it.context["code"] == golden["verdict"]
            assert [one.code for one in it.findings] == [golden["outcome"]["code"]]
        else:
            assert [unified(one) for one in haul.items] == golden["unified"]

    async def settle(self, golden: dict[str, Any]) -> None:
        """The package settled in the transcript is the one taken before it."""
        lines = {line["id"]: line for line in PAPERS.golden()}
        taken_ = lines[
            {
                "settle-success": "take",
                "settle-partial": "take",
                "settle-truncated": "take-truncated",
                "settle-wrong-charset": "take-wrong-charset",
            }[golden["id"]]
        ]
        (path,) = json.loads(taken_["request"]["body"])["get"]
        now = datetime.fromisoformat(golden["at"])

        def answer(request: WireRequest) -> WireReply:
            body = body_of(request)
            if "list" in body:
                return ok({"listed": {path: 1, f"{path}.ok": 0}})
            return wire_reply(taken_["reply"]) if "get" in body else wire_reply(golden["reply"])

        carry = Told(answer)
        poller = xml_drop(lambda: now).poller(golden["system"], "", {}, "", carry)
        assert isinstance(poller, Settles)
        haul = await poller.next("", 9)
        if haul.items:
            second = {**RECEIPT, "hubId": HUB_ID[:-1] + "2"}
            missing = Answer(
                422, "field.required", findings=(Finding("field.required", "/body/fields/TENDERER_NAME"),)
            )
            answers = {
                "settle-success": [Answer(202, "0000", data=RECEIPT), Answer(202, "0000", data=second)],
                "settle-partial": [Answer(200, "0000", data=RECEIPT), missing],
                "settle-wrong-charset": [Answer(422, "charset.invalid")],
            }[golden["id"]]
            await poller.settle(list(zip(haul.items, answers, strict=True)))
        assert carry.asked[-1].body.decode() == golden["request"]["body"]


def unified(item: Incoming) -> dict[str, Any]:
    return {
        name: getattr(item, name)
        for name in ("message", "stage", "op", "key", "version", "message_id", "fields", "authenticated")
    }


class TestPackages:
    """Order of the judging, and what a package may not be."""

    def take(self, octets: bytes, name: str = NAME, system: str = "X02") -> Taken:
        return taken(name, octets, system, SITES[system])

    def code(self, octets: bytes, name: str = NAME) -> str:
        found = self.take(octets, name)
        return found.bad or str(found.items[0].context.get("code", ""))

    def good(self, number: int = 2) -> bytes:
        return document(*(simple(f"K{n}") for n in range(number)))

    def test_several_files_in_any_order(self) -> None:
        octets = theirs([("b.xml", 2, self.good()), ("a.xml", 1, document(simple("Z")))])
        found = self.take(octets)
        assert [one.key for one in found.items] == ["K0", "K1", "Z"]
        assert {one.context["digest"] for one in found.items} == {hashlib.md5(octets).hexdigest()}

    def test_what_is_wrong_first_is_said(self) -> None:
        good, file = self.good(), ("a.xml", 2, self.good())
        whole = theirs([file])
        gbk = document(simple("K", NoticeName="公告")).decode().encode("gbk")
        for wanted, octets in {
            "": whole,
            "P02": whole[:-30],
            "P03": zipped({"manifest.xml": self.manifest(good, "0" * 32), "a.xml": good}),
            "P04": theirs([file], count=3),
            "P05": theirs([("a.xml", 1, gbk)]),
        }.items():
            assert self.code(octets) == wanted, wanted

    def manifest(self, data: bytes, digest: str) -> bytes:
        with ZipFile(BytesIO(theirs([("a.xml", 2, data)]))) as package:
            return package.read("manifest.xml").replace(
                hashlib.md5(data).hexdigest().encode(), digest.encode()
            )

    @pytest.mark.parametrize(
        "change",
        [
            {"sender": "X08"},
            {"receiver": "N01"},
            {"category": "KBJL"},
            {"version": "20261122200001"},
            {"package": NAME[:-1] + "2"},
        ],
    )
    def test_a_manifest_for_somebody_else(self, change: dict[str, str]) -> None:
        assert self.code(theirs([("a.xml", 2, self.good())], **change)) == "P04"

    def test_a_size_that_is_another(self) -> None:
        data = self.good()
        manifest = self.manifest(data, hashlib.md5(data).hexdigest())
        other = manifest.replace(f'size="{len(data)}"'.encode(), f'size="{len(data) + 1}"'.encode())
        assert self.code(zipped({"manifest.xml": manifest, "a.xml": data})) == ""
        assert self.code(zipped({"manifest.xml": other, "a.xml": data})) == "P03"

    @pytest.mark.parametrize("entry", ["../a.xml", "x/a.xml", "..a.xml", "x\\a.xml"])
    def test_paths_are_no_names(self, entry: str) -> None:
        assert self.code(theirs([(entry, 2, self.good())])) in ("P04", "P02")

    def test_a_file_nobody_counted(self) -> None:
        assert self.code(theirs([("a.xml", 2, self.good())], more={"b.xml": b""})) == "P04"
        assert self.code(zipped({"a.xml": self.good()})) == "P02"
        assert self.code(theirs([("a.xml", 3, self.good())])) == "P04"
        assert self.code(theirs([("a.xml", 501, self.good(501))])) == "P04"

    def test_who_may_send_what(self) -> None:
        for name in (
            "X02_KYJG_20261122200000_0001",
            "X08_ZBGG_20261122200000_0001",
            "X02_NONE_20261122200000_0001",
        ):
            assert self.code(theirs([("a.xml", 2, self.good())], name), name) == "P06"
        assert self.code(b"", "x02") == "P01"

    def test_no_more_is_unpacked_than_may_be(self) -> None:
        assert self.code(theirs([("a.xml", 1, b" " * (65 * 2**20))])) == "P09"

    def test_entities_and_declared_charsets(self) -> None:
        bomb = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        bomb += document("<Key>&x;</Key>").removeprefix(HEAD.encode())
        for octets in (bomb, self.good().replace(b"UTF-8", b"GBK"), b"\xff\xfe<"):
            assert self.code(theirs([("a.xml", 1, octets)])) == "P05"
        assert self.code(theirs([("a.xml", 2, b"\xef\xbb\xbf" + self.good())])) == ""

    def test_odd_records_are_one_refusal_each(self) -> None:
        odd = simple("K1") + "<NoticeName><b>x</b></NoticeName><Extra>e</Extra><NoticeName>y</NoticeName>"
        no_key = "<Op>A</Op><Version>x</Version>"
        found = self.take(theirs([("a.xml", 3, document(simple("K0"), odd, no_key))]))
        assert [[f.code for f in one.findings] for one in found.items] == [
            [], ["field.format"], ["field.required", "field.format"]
        ]  # fmt: skip
        assert found.items[1].ext == {"Extra": "e"}

    def test_nothing_raises_on_hostile_packages(self) -> None:
        good = theirs([("a.xml", 2, self.good())])
        stored = zipped({"manifest.xml": self.manifest(self.good(), "0" * 32), "a.xml": self.good()})
        for octets in mutants([good, stored], 400):
            found = self.take(octets)
            assert found.bad or found.items

    def test_every_message_of_the_table_is_sent_or_received(self) -> None:
        assert {one for one in PAPERS.stages() if "." in one} == {*QUESTIONS, *NOTIFICATIONS}


class TestLooking:
    """What is taken, how much of it, and which files are written."""

    def folder(self, packages: dict[str, bytes]) -> Told:
        def play(request: WireRequest) -> WireReply:
            body = body_of(request)
            if "list" in body:
                listed: dict[str, int] = {}
                for name, octets in packages.items():
                    listed |= {f"send/{name}.zip": len(octets), f"send/{name}.zip.ok": 0}
                return ok({"listed": listed})
            if "put" in body:
                return ok({"put": [True] * len(body["put"])})
            got_ = {one: packages[one[5:-4]] for one in body["get"] if one[5:-4] in packages}
            return ok({"got": {path: base64.b64encode(octets).decode() for path, octets in got_.items()}})

        return Told(play)

    def packages(self) -> dict[str, bytes]:
        made = {}
        for number in (2, 1, 3):
            name = f"X02_ZBGG_20261122200000_000{number}"
            made[name] = theirs([("a.xml", 2, document(simple(f"K{number}a"), simple(f"K{number}b")))], name)
        return made

    def poller(self, carry: Told, system: str = "X02") -> Any:
        return xml_drop(lambda: AT).poller(system, "", {}, "", carry)

    async def test_whole_packages_until_there_is_enough(self) -> None:
        carry = self.folder(self.packages())
        haul = await self.poller(carry).next("", 3)
        assert ([one.key for one in haul.items], haul.more) == (["K1a", "K1b", "K2a", "K2b"], True)
        haul = await self.poller(carry).next("", 9)
        assert (len(haul.items), haul.more, haul.watermark) == (6, False, "")

    async def test_a_package_waits_for_its_last_verdict(self) -> None:
        carry = self.folder(self.packages())
        poller = self.poller(carry)
        items = (await poller.next("", 9)).items
        good, later = Answer(202, "0000", data=RECEIPT), Answer(503, "hub.busy")
        await poller.settle(list(zip(items, (good, later, good, good, later, good), strict=True)))
        assert [one["path"] for one in carry.bodies[-1]["put"]] == [
            "back/X02_ZBGG_20261122200000_0002.receipt.xml"
        ]

    async def test_nothing_decided_nothing_written(self) -> None:
        carry = self.folder(self.packages())
        poller = self.poller(carry)
        items = (await poller.next("", 2)).items
        before = len(carry.asked)
        await poller.settle([(one, Answer(429, "hub.rate")) for one in items])
        assert len(carry.asked) == before

    async def test_who_reports_nothing_is_not_asked(self) -> None:
        carry = self.folder({})
        assert (await self.poller(carry, "D18").next("", 9)).items == ()
        assert carry.asked == []

    async def test_a_package_over_the_limit_is_refused_unread(self) -> None:
        def play(request: WireRequest) -> WireReply:
            assert "list" in body_of(request)
            return ok({"listed": {f"send/{NAME}.zip": 16 * 2**20 + 1, f"send/{NAME}.zip.ok": 0}})

        haul = await self.poller(Told(play)).next("", 9)
        assert [f.code for f in haul.items[0].findings] == ["package.too-large"]

    @pytest.mark.parametrize("body", [b"", b"[]", b'{"listed":[]}'])
    async def test_an_answer_that_lacks_something_is_no_look(self, body: bytes) -> None:
        with pytest.raises(laying.LookError):
            await self.poller(Told(lambda _: WireReply(200, {}, body))).next("", 5)

    @pytest.mark.parametrize("row", RECEIPTED, ids=lambda r: r.situation)
    async def test_verdicts(self, row: Expectation) -> None:
        """Expectations that end in a receipt; the others are transcripts."""
        bad_ = {"manifest wrong": theirs([("a.xml", 1, document(simple("K")))], count=9),
                "not UTF-8 or no XML": theirs([("a.xml", 1, b"<")]),
                "category of another system": b""}  # fmt: skip
        name = NAME.replace("ZBGG", "KYJG") if "category" in row.situation else NAME
        octets = bad_.get(row.situation, theirs([("a.xml", 1, document(simple("K")))]))
        carry = self.folder({name: octets})
        poller = self.poller(carry)
        (item,) = (await poller.next("", 9)).items
        if row.situation in bad_:
            assert [f.code for f in item.findings] == [row.code]
        found = {"finding field.required": "field.required", "finding code.unknown": "code.unknown",
                 "other finding": "field.length"}.get(row.situation)  # fmt: skip
        if row.situation == "overload of the hub":
            await poller.settle([(item, Answer(503, "hub.busy"))])
            assert not any("put" in one for one in carry.bodies)
            return
        answer = {
            "kept": Answer(202, "0000", data=RECEIPT),
            "known record": Answer(200, "0000", data=RECEIPT),
            "conflict": Answer(409, "idempotency.conflict"),
            "not online": Answer(403, "system.suspended"),
        }.get(row.situation, Answer(422, row.code))
        if found:
            both = (Finding(found, "/body/fields/NOTICE_NAME"), Finding("field.format", "/body/fields/URL"))
            answer = Answer(422, found, findings=both)
        await poller.settle([(item, answer)])
        said = base64.b64decode(carry.bodies[-1]["put"][0]["b64"])
        root = etree.fromstring(said)
        SCHEMA.assertValid(root)
        words = row.wire.split()
        wanted = next((w.rstrip(",") for w in words if w[0] in "PR" and w[1:3].isdigit()), "")
        assert wanted in (root.get("code") or "", *(one.get("code", "") for one in root))
        if wanted.startswith("P"):
            assert (root.get("result"), len(root)) == ("failure", 0)
        if row.kind in ("delivered", "duplicate"):
            assert root[0].get("receiptNo") == HUB_ID
            assert root[0].get("result") == ("success" if row.kind == "delivered" else "repeat")
        if found:
            assert root[0].get("message", "").count(":") == 2
