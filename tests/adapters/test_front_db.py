"""front-db: rows laid down and judged, rows found by flag and flagged; GBK and UTF-8, dates and digits."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st

from adapters import laying
from adapters.front_db import DIALECT, front_db
from adapters.front_db.inward import incoming as read_row
from adapters.front_db.inward import looks
from adapters.front_db.papers import SITES, TABLES
from hub.catalogue.papers import ROOT, Expectation, FieldRow, Papers
from hub.delivery.transport import TOO_LARGE, TransportError
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import Answer, Call, Haul, Incoming, Kind, Outgoing, Settles, WireReply, WireRequest
from tests.adapters.contract import AT, HTML, HUB_ID, RECEIPT, wire_reply
from tests.adapters.polled import PolledContract, Told, body_of, compact, ok, service_fields
from tests.rows import each

PAPERS = Papers.load("front-db")
SAMPLES = ROOT / "front-db" / "samples"
STAGES = {f"{way}_{suffix}": name for name, suffix in TABLES.items() for way in ("XF", "SB")}
KEYS = [
    (one["from"], one["stage"], one["key"])
    for one in json.loads((ROOT / "records.json").read_text()).values()
]
KEYS += [("P16", "venue.query", k) for k in ("Q-1", "V-1")]


def row_of(request: WireRequest) -> dict[str, Any]:
    row: dict[str, Any] = body_of(request)["put"][0]["row"]
    return row


class FrontDbContract(PolledContract):
    """Set the system: its flavour decides charset, room and times."""

    name = "front-db"
    dialect = DIALECT

    @classmethod
    def stages(cls) -> list[str]:
        return [one for one in PAPERS.stages() if "." not in one]

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        return {name: str(value) for name, value in row_of(request).items()}

    def small(self, row: FieldRow, value: Any, rng: random.Random) -> Any:
        found = re.fullmatch(r"VARCHAR\(([0-9]+)\)", row.foreign_type)
        if row.form == "text":
            text = f"{row.zh}<{value[-6:]}&'龘".replace("𠮷", "")
            return text[-int(found[1]) :] if found else text
        if row.form.startswith("list") and found:
            return ";".join(part[:4] for part in value.split(";"))[: int(found[1]) // 2]
        if row.foreign == "MJ_MU":
            return "411.60"
        return value

    def judged(self, request: WireRequest, **change: Any) -> WireReply:
        """The receiver's database after the put, with its verdict."""
        row = row_of(request)
        seen = {"SEQ_ID": 7, "ROW_SM3": row["ROW_SM3"], "IN_TIME": row["IN_TIME"], "SYNC_FLAG": "1",
                "SYNC_TIME": None, "ERR_MSG": None, **change}  # fmt: skip
        return ok({"put": [True], "look": [[seen]]})

    def wire(self, row: Expectation) -> WireReply:
        stage = self.stages()[0]
        request = self.dialect.encode(self.outgoing(stage, self.record_of(stage, 1)), self.call())
        verdict = re.fullmatch(r"SYNC_FLAG '2' and ERR_MSG (E\d+)", row.wire)
        if verdict:
            return self.judged(request, SYNC_FLAG="2", ERR_MSG=f"{verdict[1]}:说明:XMMC")
        if row.situation.startswith("database: "):
            word = row.situation.removeprefix("database: ")
            assert row.wire.startswith(f"error {word}")
            return WireReply(int(row.wire_status), {}, json.dumps({"error": word}).encode())
        old = self.papers.rows("*")[-1]
        assert old.standard == "@sentAt"
        late = (AT - timedelta(seconds=86401)).strftime("%Y-%m-%d %H:%M:%S")
        if not SITES[self.system].gbk:
            late = re.sub(r"[^0-9]", "", late)
        return {
            "taken": self.judged(request),
            "slow": self.judged(request),
            "not yet judged": self.judged(request, SYNC_FLAG="0"),
            "flag never written back": self.judged(request, SYNC_FLAG="0", IN_TIME=late),
            "row deleted before it was judged": self.judged(request, ERR_MSG="E201:重复报送"),
            "duplicate": self.judged(request, ERR_MSG="E201:重复报送"),
            "key and version taken by other content": self.judged(request, ROW_SM3="0" * 64),
            "row missing in its own transaction": ok({"put": [True], "look": [[]]}),
            "verdict not listed": self.judged(request, SYNC_FLAG="2", ERR_MSG="ORA-1: x"),
            "broken body": ok({"put": [True]}),
            "HTML with 200": WireReply(200, {}, b"  " + HTML),
            "answer too big": WireReply(200, {}, b" " * (4194304 + 1)),
            "too large": WireReply(413, {}, b""),
        }[row.situation]

    def test_answers_mean_what_the_papers_say(self, row: Expectation) -> None:
        if "D19" in row.situation:
            pytest.skip("in TestOthers")
        super().test_answers_mean_what_the_papers_say(row)

    # -- inward --------------------------------------------------------------------------------
    def poller(self, carry: Any, system: str = "") -> Any:
        site = system or self.system
        return front_db(lambda: AT).poller(site, "", {}, "", carry)

    def check_round_trip(self, stage: str, fields: dict[str, Any]) -> None:
        request = self.dialect.encode(self.outgoing(stage, fields), self.call())
        row = {"SEQ_ID": 1, **dict.fromkeys(columns_of(stage)), **row_of(request)}
        it = read_row(row, stage, SITES[self.system])
        assert (it.stage, it.op, it.version, it.findings, it.authenticated) == (stage, "insert", 1, (), True)
        assert it.key == self.papers.row_key(self.sender, stage, "K-1")
        for one in self.papers.rows(stage):
            sent, came = fields.get(one.standard), it.fields.get(one.standard)
            if one.form.startswith("list") and sent:
                sent = ";".join(part for part in sent.split(";") if part)
            assert came == (int(sent) if one.form == "int" and sent is not None else sent or None), one

    @pytest.mark.parametrize(
        "value", ["a]]>b", "行一\n行二\t尾", "0012", " 前后空格 ", "+%2B=", "''\"\\", "￥１２３"]
    )
    def test_texts_that_trip_translators(self, value: str) -> None:
        fields = {**self.record_of(self.text_stage, 2), self.text_field: value}
        self.check_round_trip(self.text_stage, fields)

    @pytest.mark.parametrize("value", ["12345678901234567890.12", "0.10", "0012.50"])
    def test_decimals_keep_their_digits(self, value: str) -> None:
        for stage in ("eng-section", "eng-result-notice"):
            fields = self.record_of(stage, 2)
            amount = next(r for r in self.papers.rows(stage) if r.form.startswith("amount"))
            fields[amount.standard] = value
            assert (
                row_of(self.dialect.encode(self.outgoing(stage, fields), self.call()))[amount.foreign]
                == value
            )
            self.check_round_trip(stage, fields)

    def test_an_attempt_differs_only_in_its_times(self, stage: str) -> None:
        outgoing = self.outgoing(stage, self.record_of(stage, 4))
        first = row_of(self.dialect.encode(outgoing, self.call()))
        again = row_of(self.dialect.encode(outgoing, self.call(now=AT + timedelta(hours=1), nonce="other")))
        assert {name for name in first if first[name] != again[name]} == {"SEND_TIME", "IN_TIME"}

    def test_a_delete_has_its_envelope_only(self, stage: str) -> None:
        row = row_of(
            self.dialect.encode(self.outgoing(stage, self.record_of(stage, 1), op="delete"), self.call())
        )
        assert not set(row) & {one.foreign for one in self.papers.rows(stage)}
        assert row["CZLX"] == "D"


def columns_of(stage: str) -> list[str]:
    return [row.foreign for row in PAPERS.rows(stage, "in")]


class TestGbk(FrontDbContract):
    system = "M13"
    text: ClassVar = st.text(st.characters(codec="gbk", exclude_characters="\x00\r"), min_size=1, max_size=60)

    @each("case", json.loads((SAMPLES / "charset.json").read_text()), ids=lambda c: c["value"])
    def test_the_published_characters(self, case: dict[str, Any]) -> None:
        fields = {**self.record_of("eng-section", 1), "BID_SECTION_CONTENT": case["value"]}
        if case["writable"]:
            self.check_round_trip("eng-section", fields)
            return
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.outgoing("eng-section", fields), self.call())
        (finding,) = refused.value.findings
        assert (refused.value.code, finding.at) == (case["code"], "/body/fields/BID_SECTION_CONTENT")
        assert "BDNR" in finding.expected
        assert finding.observed == case["character"]

    def test_every_finding_comes_at_once(self) -> None:
        fields = {**self.record_of("eng-section", 1), "BID_SECTION_CONTENT": "李䶮",
                  "BID_SECTION_NAME": "😀€", "BEGIN_DATE": "?", "REGION_CODE": "6" * 13}  # fmt: skip
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.outgoing("eng-section", fields), self.call())
        assert {(f.code, f.at.rpartition("/")[2]) for f in refused.value.findings} == {
            ("mapping.charset", "BID_SECTION_CONTENT"), ("mapping.charset", "BID_SECTION_NAME"),
            ("mapping.value", "BEGIN_DATE"),
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("value", "fits"),
        [("汉" * 6, True), ("汉" * 7, False), ("a" * 12, True), ("a" * 13, False)],
    )
    def test_room_is_counted_in_gbk_bytes(self, value: str, fits: bool) -> None:
        outgoing = self.outgoing("eng-section", {**self.record_of("eng-section", 1), "REGION_CODE": value})
        if fits:
            assert row_of(DIALECT.encode(outgoing, self.call()))["XZQH"] == value
            return
        with pytest.raises(SenderError, match=r"mapping\.too-large"):
            DIALECT.encode(outgoing, self.call())

    def test_the_published_digest(self) -> None:
        record = json.loads((ROOT / "records.json").read_text())["eng-section"]
        outgoing = self.outgoing("eng-section", record["fields"], key="S-1")
        row = row_of(DIALECT.encode(outgoing, self.call()))
        assert row["ROW_ID"] == "28C5E805D7B72A518BB2C980ED6FAEAA"
        assert row["ROW_SM3"] == "8206126104576bbcf5504e85ffaa774a40f2ea8cb9e9928ae347f61f0509d2d0"


class TestUtf8(FrontDbContract):
    system = "X14"

    def test_the_clob_has_room_for_65535_octets(self) -> None:
        for text, fits in (("汉" * 21845, True), ("汉" * 21845 + "a", False), ("𠮷" * 16384, False)):
            outgoing = self.outgoing(
                "eng-section", {**self.record_of("eng-section", 1), "BID_SECTION_CONTENT": text}
            )
            if fits:
                DIALECT.encode(outgoing, self.call())
                continue
            with pytest.raises(SenderError, match=r"mapping\.too-large"):
                DIALECT.encode(outgoing, self.call())

    @pytest.mark.parametrize("text", ["\x00", "a\ud800"])
    def test_what_no_database_keeps(self, text: str) -> None:
        outgoing = self.outgoing(
            "eng-section", {**self.record_of("eng-section", 1), "BID_SECTION_CONTENT": text}
        )
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(outgoing, self.call())
        assert [f.code for f in refused.value.findings] == ["mapping.charset"]

    @pytest.mark.parametrize("text", ["2027-03-01", "20270301", "20270301120000", "20270231000000"])
    def test_a_time_of_another_shape_reaches_the_checker_as_it_came(self, text: str) -> None:
        row = {"ROW_ID": "A", "CZLX": "I", "VERSION_NO": 1, "JHKGRQ": text, "JLSJ": "2027-03-01 08:00:00"}
        read = read_row(row, "eng-section", SITES["X14"])
        assert read.fields == {"BEGIN_DATE": text, "CREATE_TIME": "2027-03-01 08:00:00"}


class TestOthers:
    """D19, D22, and the systems that nobody wrote papers for."""

    contract = TestGbk()

    def call(self, system: str) -> Call:
        return self.contract.call(system=system)

    def test_what_auditors_read_is_delivered_once_it_lies_there(self) -> None:
        outgoing = self.contract.outgoing("eng-section", self.contract.record_of("eng-section", 1))
        request = DIALECT.encode(outgoing, self.call("D19"))
        for flag in ("0", "1", "2"):
            reply = self.contract.judged(request, SYNC_FLAG=flag)
            assert DIALECT.decode(reply, outgoing, self.call("D19")).kind is Kind.DELIVERED
        other = self.contract.judged(request, ROW_SM3="0" * 64)
        assert DIALECT.decode(other, outgoing, self.call("D19")).code == "receiver.conflict"

    @pytest.mark.parametrize(
        ("area", "fits"), [("411.6", True), ("411.600", True), ("411.605", False), ("7", True)]
    )
    def test_no_area_is_rounded(self, area: str, fits: bool) -> None:
        fields = {**self.contract.record_of("forest-grass-deal", 1), "PARCEL_AREA": area}
        outgoing = self.contract.outgoing("forest-grass-deal", fields)
        if fits:
            assert row_of(DIALECT.encode(outgoing, self.call("D22")))["MJ_MU"] == area
            return
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(outgoing, self.call("D22"))
        assert [f.code for f in refused.value.findings] == ["mapping.value"]

    def test_a_system_without_papers(self) -> None:
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.contract.outgoing("eng-section", {}), self.call("T01"))
        assert refused.value.code == "mapping.no-place"
        with pytest.raises(SenderError):
            DIALECT.poller("T01", "", {}, "", Told(lambda _: ok({})))

    def test_the_sites_are_those_of_the_papers(self) -> None:
        for name, facts in PAPERS.facts["systems"].items():
            site = SITES[name]
            assert site.code == facts["source_code"]
            assert site.gbk == (facts["flavour"] == "oracle-gbk") == ("times" not in facts)
            assert site.written_is_delivered == ("delivered_when" in facts)
            assert site.area_decimals == facts.get("area_decimals")
        assert set(SITES) == set(PAPERS.facts["systems"])
        assert PAPERS.facts["tables"] == TABLES


class TestGolden:
    name = "front-db"

    def call(self, golden: dict[str, Any]) -> Call:
        at = datetime.fromisoformat(golden["at"])
        return Call(golden["system"], "", golden["secrets"], at, "n", "k")

    async def test_golden_transcripts(self, golden: dict[str, Any]) -> None:
        if golden["file"] == "outward.jsonl":
            self.outward(golden)
        elif "set" in json.loads(golden["request"]["body"]):
            await self.verdict(golden)
        else:
            await self.look(golden)

    def outward(self, golden: dict[str, Any]) -> None:
        call = self.call(golden)
        row = json.loads(golden["request"]["body"])["put"][0]
        carried = STAGES[row["table"]]
        it = read_row({"SEQ_ID": 1, **row["row"]}, carried, SITES[golden["system"]])
        assert it.findings == ()
        ours = {PAPERS.row_key(sender, stage, key): (sender, key) for sender, stage, key in KEYS}
        sender, key = ours.get(it.key, (row["row"]["FROM_SYS"], "?"))
        outgoing = Outgoing(
            it.message, it.stage, it.op, it.version, it.fields, sender=sender, key=key, hub_id=HUB_ID
        )
        made = DIALECT.encode(outgoing, call)
        asked = made.body.decode()
        if key == "?":
            assert carried in ("venue.query", "seat.query", "entry.accept")
            asked = asked.replace(PAPERS.row_key(sender, carried, "?"), it.key)
        assert (made.method, made.path, asked) == ("ROWS", "", golden["request"]["body"])
        outcome = DIALECT.decode(wire_reply(golden["reply"]), outgoing, call)
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])
        if "data" in golden:
            assert outcome.data == golden["data"]
        if outcome.code == "ok" and carried not in ("venue.query", "seat.query"):
            seen = json.loads(golden["reply"]["body"])["look"][0][0]
            assert outcome.data["receiptNo"] == f"{row['table']}-{seen['SEQ_ID']}"
            assert (outcome.data.get("receiptTime", "") == "") == (seen["SYNC_TIME"] is None)

    async def look(self, golden: dict[str, Any]) -> None:
        """A system has several tables; the transcript shows one of the looks, the others bring nothing."""
        (look,) = json.loads(golden["request"]["body"])["look"]
        shown = json.loads(golden["reply"]["body"])

        def play(request: WireRequest) -> WireReply:
            asked = body_of(request)["look"]
            assert compact(look) in [compact(one) for one in asked]
            if golden["reply"]["status"] != 200:
                return wire_reply(golden["reply"])
            return ok({"look": [shown["look"][0] if one == look else [] for one in asked]})

        poller = front_db(lambda: AT).poller(golden["system"], "", {}, "", Told(play))
        if golden["reply"]["status"] != 200:
            with pytest.raises(laying.LookError, match=shown["error"]):
                await poller.next("", look["limit"])
            return
        haul = await poller.next("", look["limit"])
        assert (haul.watermark, haul.more) == (golden["watermark"], False)
        if "unified" in golden:
            assert [unified(one) for one in haul.items] == golden["unified"]
        site_fields = PAPERS.rows(STAGES[look["table"]], "in")
        names = {row.standard: row.foreign for row in site_fields}
        told = [
            {"code": f.code, "at": names.get(n := f.at.rpartition("/")[2], n)}
            for i in haul.items
            for f in i.findings
        ]
        assert told == golden.get("findings", [])

    async def verdict(self, golden: dict[str, Any]) -> None:
        (wanted,) = json.loads(golden["request"]["body"])["set"]
        carried = STAGES[wanted["table"]]
        row = {"SEQ_ID": wanted["key"]["SEQ_ID"], "ROW_ID": "A", "CZLX": "I", "VERSION_NO": 1}
        carry = Told(lambda _: wire_reply(golden["reply"]))
        poller = front_db(lambda: datetime.fromisoformat(golden["at"])).poller(
            golden["system"], "", {}, "", carry
        )
        item = read_row(row, carried, SITES[golden["system"]])
        answer = Answer(202, "0000", data=RECEIPT)
        if golden["outcome"]["kind"] == "refused":
            found = (Finding("field.required", "/body/fields/TENDERER_NAME"),
                     Finding("field.format", "/body/fields/BID_OPEN_TIME"))  # fmt: skip
            answer = Answer(422, "field.required", findings=found)
        assert isinstance(poller, Settles)
        await poller.settle([(item, answer)])
        assert carry.asked[0].body.decode() == golden["request"]["body"]


def unified(item: Incoming) -> dict[str, Any]:
    return {
        name: getattr(item, name)
        for name in ("message", "stage", "op", "key", "version", "message_id", "fields", "authenticated")
    }


def small_service(fields: dict[str, Any]) -> dict[str, Any]:
    """Within the columns: codes of one and two characters."""
    short = {"level": "1", "WITNESS_ELEMENT": "W003", "TRA_PLACE_CODE": "622900"}
    unit = {"acceptUnit": {**fields["acceptUnit"], "type": "1"}} if "acceptUnit" in fields else {}
    return {**fields, **{name: text for name, text in short.items() if name in fields}, **unit}


class TestLooking:
    """Several tables, flags, and what is said when."""

    def row(self, number: int, **change: Any) -> dict[str, Any]:
        return {"SEQ_ID": number, "ROW_ID": f"R{number}", "CZLX": "I", "VERSION_NO": 1, **change}

    async def fetch(self, rows: dict[str, list[dict[str, Any]]], limit: int = 9, system: str = "M13") -> Haul:
        carry = Told(
            lambda request: ok({"look": [rows.get(o["table"], []) for o in body_of(request)["look"]]})
        )
        return await front_db(lambda: AT).poller(system, "", {}, "", carry).next("", limit)

    async def test_tables_in_the_order_of_the_papers_and_no_more_than_asked(self) -> None:
        rows = {"SB_ZBGG": [self.row(1), self.row(2)], "SB_BD": [self.row(3)]}
        haul = await self.fetch(rows)
        assert ([one.key for one in haul.items], haul.more) == (["R3", "R1", "R2"], False)
        haul = await self.fetch(rows, limit=2)
        assert ([one.key for one in haul.items], haul.more, haul.watermark) == (["R3", "R1"], True, "")

    def test_every_system_looks_where_it_reports(self) -> None:
        rules = (PAPERS.root / "rules.md").read_text()
        for name, site in SITES.items():
            group = "M*" if name in ("M13", "M14") else "X*" if name.startswith("X") else name
            wanted = []
            for line in rules.splitlines():
                cells = [cell.strip() for cell in line.strip("|").split("|")]
                if len(cells) == 4 and cells[1] in TABLES.values() and group in cells[3].split():
                    wanted.append(f"SB_{cells[1]}")
            assert [one["table"] for one in looks(site, site.reports, 5)] == wanted, name
            assert {one["where"]["SOURCE_CODE"] for one in looks(site, site.reports, 5)} <= {site.code}

    async def test_rows_too_big_to_come_together(self) -> None:
        """Looks get smaller until an answer holds them; what is left comes with the next look."""

        def play(request: WireRequest) -> WireReply:
            asked = body_of(request)["look"]
            if len(asked) > 1 or asked[0]["limit"] > 2:
                raise TransportError(TOO_LARGE, sent=False)
            rows = [self.row(n) for n in range(asked[0]["limit"])]
            return ok({"look": [rows if asked[0]["table"] == "SB_TBR" else []]})

        haul = await front_db().poller("M13", "", {}, "", Told(play)).next("", 9)
        assert ([one.stage for one in haul.items], haul.more) == (["eng-bidder-list"] * 2, True)

        def never(request: WireRequest) -> WireReply:
            raise TransportError(TOO_LARGE, sent=False)

        with pytest.raises(TransportError):
            await front_db().poller("M13", "", {}, "", Told(never)).next("", 9)

    async def test_who_reports_nothing_is_not_asked(self) -> None:
        assert (await self.fetch({}, system="D19")).items == ()

    @pytest.mark.parametrize("body", [b"", b"[]", b'{"look":[]}', b'{"look":[[1]]}', HTML, b'{"look":{}}'])
    async def test_an_answer_that_lacks_something_is_no_look(self, body: bytes) -> None:
        poller = front_db().poller("L01", "", {}, "", Told(lambda _: WireReply(200, {}, body)))
        with pytest.raises(laying.LookError):
            await poller.next("", 5)

    async def test_half_a_character_is_a_damaged_text(self) -> None:
        haul = await self.fetch({"SB_BD": [self.row(1, BDMC="a\ud800")]})
        assert [f.code for f in haul.items[0].findings] == ["charset.replacement"]
        json.dumps(dict(haul.items[0].fields), ensure_ascii=False).encode()

    VERDICTS: ClassVar = {
        "accepted": ("1", "", Answer(202, "0000", data=RECEIPT)),
        "seen again (same version and content)": ("1", "", Answer(200, "0000", data=RECEIPT)),
        "row updated in place, version raised": ("1", "", Answer(202, "0000", data=RECEIPT)),
        "row gone between look and verdict": ("1", "", Answer(202, "0000", data=RECEIPT)),
        "clock behind": ("1", "", Answer(202, "0000", data=RECEIPT)),
        "row updated in place, version kept": (
            "2", "E420:同版本内容不一致", Answer(409, "idempotency.conflict")),
        "unreadable character": ("2", "E415:字符无法入库:BDMC", Answer(422, "charset.replacement", findings=(
            Finding("charset.replacement", "/body/fields/BID_SECTION_NAME"),))),
        "digest does not fit": ("2", "E440:行摘要不符:ROW_SM3", Answer(422, "digest.mismatch", findings=(
            Finding("digest.mismatch", "/body/fields/ROW_SM3"),))),
        "finding field.required": (
            "2", "E410:必填项为空:BDMC;代码不存在:ZBFS", Answer(422, "field.required", findings=(
            Finding("field.required", "/body/fields/BID_SECTION_NAME"),
            Finding("code.unknown", "/body/fields/BID_TENDER_MODE")))),
        "finding code.unknown": ("2", "E412:代码不存在:ZBFS", Answer(422, "code.unknown", findings=(
            Finding("code.unknown", "/body/fields/BID_TENDER_MODE"),))),
        "other finding": ("2", "E411:格式错误:CZLX", Answer(422, "field.length", findings=(
            Finding("field.length", "/body/op"),))),
        "not online": ("2", "E401:来源编码无写入权限", Answer(403, "system.suspended")),
        "overload of the hub": None,
        "busy": None, "locked": None,
    }  # fmt: skip

    @pytest.mark.parametrize("row", [r for r in PAPERS.expected if r.face == "in"], ids=lambda r: r.situation)
    async def test_verdicts(self, row: Expectation) -> None:
        item = read_row(self.row(5, VERSION_NO=3), "eng-section", SITES["X26"])
        carry = Told(lambda _: ok({"set": [0 if "gone" in row.situation else 1]}))
        poller = front_db(lambda: AT).poller("X26", "", {}, "", carry)
        wanted = self.VERDICTS[row.situation]
        if wanted is None:
            await poller.settle([(item, Answer(503, "hub.busy")), (item, Answer(429, "hub.rate"))])
            assert carry.asked == []
            return
        flag, words, answer = wanted
        await poller.settle([(item, answer)])
        (said,) = carry.bodies[0]["set"]
        assert said["if"] == {"VERSION_NO": 3, "SYNC_FLAG": "0"}
        assert said["key"] == {"SOURCE_CODE": "621021", "SEQ_ID": 5}
        assert (said["row"]["SYNC_FLAG"], said["row"]["ERR_MSG"] or "") == (flag, words)
        assert said["row"]["SYNC_TIME"] == "20261122090000"
        assert said["row"].get("HUB_NO") == (HUB_ID if flag == "1" else None)
        assert (
            f"'{flag}'" in row.wire
            or "gone" in row.situation
            or "set" not in row.wire
            or "update" in row.wire
        )

    async def test_the_reasons_have_room_and_hold_no_value(self) -> None:
        found = tuple(
            Finding("field.format", f"/body/fields/{r.standard}", "x", "SECRET")
            for r in PAPERS.rows("eng-section")
        )
        item = read_row(self.row(5), "eng-section", SITES["M13"])
        carry = Told(lambda _: ok({"set": [1]}))
        await (
            front_db(lambda: AT)
            .poller("M13", "", {}, "", carry)
            .settle([(item, Answer(422, "x", findings=found * 9))])
        )
        text = carry.bodies[0]["set"][0]["row"]["ERR_MSG"]
        assert len(text) <= 500 and "SECRET" not in text
        text.encode("gbk")

    @each("system", ["M13", "X14"])
    @each("service", [one for one in PAPERS.stages() if "." in one])
    def test_what_is_no_record_goes_there_and_back(self, service: str, system: str) -> None:
        for seed, share in enumerate((1.0, 0.5, 0.0)):
            fields = small_service(service_fields(PAPERS, service, "request", seed, share))
            outgoing = Outgoing(service, "", "query", 1, fields, sender="P01", key=f"K{seed}")
            row = row_of(DIALECT.encode(outgoing, replace(TestGbk().call(), system=system)))
            back = read_row({"SEQ_ID": 1, **row}, service, SITES[system])
            if service.endswith(".query"):  # nobody asks us; lists are read as the texts they lie there as
                fields = laying.without_lists(fields)
                back = replace(back, fields=laying.without_lists(back.fields))
            assert (back.message, back.stage, back.op, back.findings) == (service, "", "insert", ())
            assert back.fields == fields
            assert back.key == PAPERS.row_key("P01", service, f"K{seed}")

    def test_questions_and_notifications_lie_there_as_inserted_rows(self) -> None:
        fields = {"applyNo": "A", "requestNo": "R", "decision": "refused", "reasons": ["一", "二"],
                  "acceptTime": "2026-11-22T09:00:00+08:00",
                  "acceptUnit": {"type": "1", "code": "C", "name": "N"}}  # fmt: skip
        outgoing = Outgoing("entry.accept", "", "query", 1, fields, sender="P01", key="K")
        call = replace(TestGbk().call(), system="X14")
        row = row_of(DIALECT.encode(outgoing, call))
        assert (row["CZLX"], row["TH_LY"], row["SL_SJ"], "HUB_NO" in row) == (
            "I",
            "一;二",
            "20261122090000",
            False,
        )
        back = read_row({"SEQ_ID": 1, **row}, "entry.accept", SITES["X14"])
        assert (back.stage, back.fields, back.findings) == ("", fields, ())
