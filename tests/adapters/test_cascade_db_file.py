"""cascade-db-file: three steps, the same in every attempt; rows before files, files before rows, verdicts."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st

from adapters import laying
from adapters.cascade_db_file import DIALECT, cascade_db_file
from adapters.cascade_db_file.file import schema
from adapters.cascade_db_file.inward import Described, FileError, taken
from adapters.cascade_db_file.papers import SETS, SITES, TITLE, columns, signature
from hub.catalogue.papers import ROOT, Expectation, Papers
from hub.delivery.transport import TOO_LARGE, TransportError
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import Answer, Call, Haul, Incoming, Outgoing, Settles, WireReply, WireRequest
from tests.adapters.contract import AT, HUB_ID, RECEIPT, mutants, wire_reply
from tests.adapters.polled import PolledContract, Told, body_of, ok, service_fields

PAPERS = Papers.load("cascade-db-file")
SAMPLES = ROOT / "cascade-db-file" / "samples"
STATED = [row for row in PAPERS.expected if row.face == "in" and "state" in row.wire]
KEY = "Cascade-File-Key-2026"
RECORDS = json.loads((ROOT / "records.json").read_text())


def steps(*answers: dict[str, Any]) -> WireReply:
    return ok({"steps": list(answers)})


def file_of(request: WireRequest) -> bytes:
    return base64.b64decode(body_of(request)["steps"][1]["body"]["put"][0]["b64"])


def flat(record: dict[str, Any]) -> dict[str, Any]:
    return {
        path: value
        for name, inner in record.items()
        for path, value in (
            [(f"{name}/{last}", one) for last, one in inner.items()]
            if isinstance(inner, dict)
            else [(name, inner)]
        )
    }


def row_of(content: bytes, **change: Any) -> dict[str, Any]:
    return {
        "id": "D1",
        "mng_id": "M1",
        "file_name": "frxx_20261122095000_0001.dat",
        "type": "1",
        "size": len(content),
        "record_count": content.count(b"\n"),
        "path": "down/frxx_20261122095000_0001.dat",
        "signature": signature(content, KEY),
        "compress": "0",
        "create_time": "2026-11-22 08:50:00",
        "keep_days": 30,
        **change,
    }


def published(carried: str = "subject-legal-person", **change: Any) -> dict[str, Any]:
    one = SETS[carried]
    return {"id": "M1", "type": "1", "field_schema": schema(carried), "biz_code": one.code,
            "catalog_id": one.catalogue, **change}  # fmt: skip


def lines(*records: dict[str, Any]) -> bytes:
    return b"".join(laying.compact(one) + b"\n" for one in records)


def record(key: str, **fields: Any) -> dict[str, Any]:
    return {"row_id": key, "op_type": "insert", "data_version": 1, "from_sys": "D13", **fields}


class TestCascade(PolledContract):
    name = "cascade-db-file"
    dialect = DIALECT
    system = "D13"
    credentials: ClassVar = {"file_key": KEY}
    text: ClassVar = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60)
    text_stage = "contract-sign"
    text_field = "CONTRACT_CONTENT"

    @classmethod
    def stages(cls) -> list[str]:
        return [one for one in PAPERS.stages() if "." not in one]

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        return {name: str(value) for name, value in flat(json.loads(file_of(request))).items()}

    def seen(self, request: WireRequest, **change: Any) -> WireReply:
        first, _, third = body_of(request)["steps"]
        publish, describe = (one["body"]["put"][0]["row"] for one in (first, third))
        drift = change.pop("field_schema", publish["field_schema"])
        look = {"signature": describe["signature"], "state": "1", "last_read_time": "2026-11-22 09:30:00",
                "err_code": None, "err_msg": None, **change}  # fmt: skip
        return steps(
            {"put": [False], "look": [[{"field_schema": drift, "status": "1"}]]},
            {"put": [False], "got": {}},
            {"put": [False], "look": [[look]]},
        )

    def wire(self, row: Expectation) -> WireReply:
        stage = self.stages()[0]
        request = self.dialect.encode(self.outgoing(stage, self.record_of(stage, 1)), self.call())
        what, _, code = row.situation.partition(" ")
        if what == "state":
            return self.seen(request, state="2", err_code=code.removeprefix("2, "), err_msg="x")
        if what == "said:":
            return WireReply(int(row.wire_status), {}, json.dumps({"error": code, "steps": []}).encode())
        gone = body_of(WireRequest("", "", {}, self.seen(request).body))["steps"]
        gone[2]["look"] = [[]]
        return {
            "read": self.seen(request),
            "slow": self.seen(request),
            "not yet": self.seen(request, state="0", last_read_time=None),
            "duplicate": self.seen(request, err_code="C02"),
            "code not listed": self.seen(request, state="2", err_code=None),
            "expired": self.seen(request, state="9"),
            "schema differs": self.seen(request, field_schema="[]"),
            "signature differs": self.seen(request, signature="0" * 64),
            "row missing": steps(*gone),
            "broken body": steps(*gone[:2]),
            "answer too big": WireReply(200, {}, b" " * (16 * 2**20 + 1)),
            "too large": WireReply(413, {}, b""),
        }[row.situation]

    def test_a_state_without_the_time_of_reading_is_not_yet_read(self) -> None:
        outgoing = self.outgoing("contract-sign", self.record_of("contract-sign", 1))
        reply = self.seen(DIALECT.encode(outgoing, self.call()), last_read_time=None)
        assert DIALECT.decode(reply, outgoing, self.call()).code == "receiver.pending"

    def test_the_row_key_is_that_of_the_papers_in_every_attempt(self, stage: str) -> None:
        for version in (1, 2):
            outgoing = self.outgoing(stage, self.record_of(stage, 1), version=version)
            first = DIALECT.encode(outgoing, self.call())
            later = DIALECT.encode(outgoing, self.call(now=AT + timedelta(days=2), nonce="other"))
            assert json.loads(file_of(first))["row_id"] == PAPERS.row_key(self.sender, stage, "K-1")
            assert file_of(first) == file_of(later)
            for one, other in zip(body_of(first)["steps"], body_of(later)["steps"], strict=True):
                for put, again in zip(one["body"]["put"], other["body"]["put"], strict=True):
                    was, now = put.get("row", {}), again.get("row", {})
                    assert {name for name in was if was[name] != now[name]} <= {"create_time"}

    def check_round_trip(self, stage: str, fields: dict[str, Any]) -> None:
        content = file_of(self.dialect.encode(self.outgoing(stage, fields), self.call()))
        it = Described(row_of(content), stage)
        (item,) = taken(it, {"down/a.dat": content}, KEY, AT)
        assert (item.stage, item.op, item.version, item.findings) == (stage, "insert", 1, ())
        assert item.key == PAPERS.row_key(self.sender, stage, "K-1")
        assert not item.ext
        for row in PAPERS.rows(stage):
            if not row.standard.startswith("@"):
                sent, came = fields.get(row.standard), item.fields.get(row.standard)
                if row.form.startswith("list") and sent:
                    sent = ";".join(part for part in sent.split(";") if part)
                assert came == (int(sent) if row.form == "int" and sent is not None else sent or None), row

    def test_the_published_example(self) -> None:
        outgoing = self.outgoing("contract-sign", RECORDS["contract-sign"]["fields"], key="CONTRACT-SIGN-1")
        request = DIALECT.encode(outgoing, self.call())
        assert file_of(request) == (SAMPLES / "contract-sign.dat").read_bytes()
        assert body_of(request) == json.loads((SAMPLES / "contract-sign.push.request.json").read_text())
        assert schema("contract-sign") == (SAMPLES / "contract-sign.field_schema.json").read_text().strip()
        describe = body_of(request)["steps"][2]["body"]["put"][0]["row"]
        assert describe["id"] == "8a47e922955a84f7e9b782e3a8f4a94d"
        assert describe["mng_id"] == "f18bf9371571c3aa08c789c8f1a73d32"
        assert describe["signature"] == "6997471581f47efc1e3ffe75a59c687403a1aec3df87f89d11bf23f0ca35657d"

    @pytest.mark.parametrize("service", [one for one in PAPERS.stages() if "." in one])
    def test_what_is_no_record_goes_there_and_back(self, service: str) -> None:
        for seed, share in enumerate((1.0, 0.5, 0.0)):
            fields = service_fields(PAPERS, service, "request", seed, share)
            outgoing = Outgoing(service, "", "query", 1, fields, sender="P01", key="K")
            content = file_of(DIALECT.encode(outgoing, self.call()))
            (back,) = taken(Described(row_of(content), service), {"a": content}, KEY, AT)
            assert (back.message, back.stage, back.op, back.findings, back.ext) == (
                service,
                "",
                "insert",
                (),
                {},
            )
            assert back.fields == fields

    def test_half_a_character_is_named(self) -> None:
        fields = {
            **self.record_of("contract-sign", 1),
            "CONTRACT_NAME": "a\ud800",
            "CONTRACT_CONTENT": "\udfff",
        }
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.outgoing("contract-sign", fields), self.call())
        assert {(f.code, f.at.rpartition("/")[2]) for f in refused.value.findings} == {
            ("mapping.charset", "CONTRACT_NAME"), ("mapping.charset", "CONTRACT_CONTENT"),
        }  # fmt: skip

    def test_a_delete_has_its_envelope_only(self, stage: str) -> None:
        outgoing = self.outgoing(stage, self.record_of(stage, 1), op="delete")
        assert list(json.loads(file_of(DIALECT.encode(outgoing, self.call())))) == [
            "row_id", "op_type", "data_version", "from_sys", "hub_no"
        ]  # fmt: skip

    def test_a_system_without_papers(self) -> None:
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.outgoing("contract-sign", {}), self.call(system="T01"))
        assert refused.value.code == "mapping.no-place"

    def test_the_sets_are_those_of_the_papers(self) -> None:
        facts = PAPERS.facts
        for name, one in SETS.items():
            said = (facts["biz_codes"][name], facts["catalogues"][name], facts["titles"][name])
            assert (one.code, one.catalogue, one.title) == said
            direction = "request" if "." in name else "out"
            rows = (*PAPERS.rows("*", "out"), *PAPERS.rows(name, direction))
            said_columns = [(one.name, one.type, one.required, one.comment) for one in columns(name)]
            assert said_columns == [(r.foreign, r.foreign_type, r.required, r.zh) for r in rows]
        assert facts["titles"]["prefix"] == TITLE
        assert {name: site.code for name, site in SITES.items()} == {
            name: one["code"] for name, one in facts["systems"].items()
        }
        assert {name for name, site in SITES.items() if site.publishes} == {
            name for name, one in facts["systems"].items() if one["polled"]
        }


class TestGolden:
    name = "cascade-db-file"

    async def test_golden_transcripts(self, golden: dict[str, Any]) -> None:
        if golden["file"] == "outward.jsonl":
            self.outward(golden)
        elif golden["id"].startswith("settle"):
            await self.settle(golden)
        else:
            await self.look(golden)

    def outward(self, golden: dict[str, Any]) -> None:
        call = Call(golden["system"], "", golden["secrets"], datetime.fromisoformat(golden["at"]), "n", "k")
        request = WireRequest("STEPS", "", {}, golden["request"]["body"].encode())
        content = file_of(request)
        code = body_of(request)["steps"][0]["body"]["put"][0]["row"]["biz_code"]
        carried = next(name for name, one in SETS.items() if one.code == code)
        (it,) = taken(Described(row_of(content), carried), {"a": content}, KEY, AT)
        sender = json.loads(content)["from_sys"]
        keys = [one["key"] for one in RECORDS.values()] + ["EV-1"]
        key = next(one for one in keys if PAPERS.row_key(sender, carried, one) == it.key)
        outgoing = Outgoing(
            it.message, it.stage, it.op, it.version, it.fields, sender=sender, key=key, hub_id=HUB_ID
        )
        made = DIALECT.encode(outgoing, call)
        assert (made.method, made.path, made.body.decode()) == ("STEPS", "", golden["request"]["body"])
        outcome = DIALECT.decode(wire_reply(golden["reply"]), outgoing, call)
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])
        if "data" in golden:
            assert outcome.data == golden["data"]

    async def look(self, golden: dict[str, Any]) -> None:
        """A look at the rows alone ends there; a look at a file has the row at hand in `rows`."""
        lines_ = {line["id"]: line for line in PAPERS.golden() if line["file"] == "inward.jsonl"}
        rows_first = golden["id"] in ("look", "look-nothing", "schema-drift", "table-mode")
        carried = "report.receipt" if golden["id"] == "take-receipt" else "subject-legal-person"

        def play(request: WireRequest) -> WireReply:
            (step,) = body_of(request)["steps"]
            if step["method"] == "FILES":
                return steps({"got": {}}) if rows_first else wire_reply(golden["reply"])
            if rows_first:
                return wire_reply(golden["reply"])
            (row,) = golden["rows"]
            return steps({"look": [[row], [published(carried, id=row["mng_id"])]]})

        carry = Told(play)
        haul = await poller(carry, golden["at"], golden["secrets"]).next("", 200)
        bodies = [one.body.decode() for one in carry.asked]
        assert bodies[0] == lines_["look"]["request"]["body"]
        assert golden["request"]["body"] == bodies[0 if rows_first else 1]
        assert haul.watermark == ""
        if "wanted" in golden:
            assert [one["steps"][0]["body"]["get"] for one in carry.bodies[1:]] == [
                [p] for p in golden["wanted"]
            ]
        elif "verdict" in golden:
            (it,) = haul.items
            assert [one.code for one in it.findings] == [golden["outcome"]["code"]]
            said = await settled(haul, Answer(422, golden["outcome"]["code"]))
            assert golden["verdict"] in (said["state"], said["err_code"])
            assert said["state"] == ("9" if golden["verdict"] == "9" else "2")
        else:
            assert [unified(one) for one in haul.items] == golden.get("unified", [])

    async def settle(self, golden: dict[str, Any]) -> None:
        lines_ = {line["id"]: line for line in PAPERS.golden() if line["file"] == "inward.jsonl"}
        (row,) = lines_["take"]["rows"]
        content = base64.b64decode(
            json.loads(lines_["take"]["reply"]["body"])["steps"][0]["got"][
                "down/frxx_20261122095000_0001.dat"
            ]
        )
        items = taken(Described(row, "subject-legal-person"), {"a": content}, KEY, AT)
        good = Answer(202, "0000", data=RECEIPT)
        missing = Answer(
            422, "field.required", findings=(Finding("field.required", "/body/fields/LEGAL_NAME"),)
        )
        answers = [good, missing] if golden["id"] == "settle-refused" else [good, good]
        carry = Told(lambda _: wire_reply(golden["reply"]))
        looker = poller(carry, golden["at"], golden["secrets"])
        assert isinstance(looker, Settles)
        await looker.settle(list(zip(items, answers, strict=True)))
        assert carry.asked[0].body.decode() == golden["request"]["body"]


def poller(carry: Any, at: str = AT.isoformat(), credentials: dict[str, str] | None = None) -> Any:
    held = {"file_key": KEY} if credentials is None else credentials
    return cascade_db_file(lambda: datetime.fromisoformat(at)).poller("D13", "", held, "", carry)


async def settled(haul: Haul, answer: Answer) -> dict[str, Any]:
    """The row that is set for the first item of a haul."""
    carry = Told(lambda _: steps({"set": [1]}))
    await poller(carry).settle([(one, answer) for one in haul.items])
    row: dict[str, Any] = carry.bodies[0]["steps"][0]["body"]["set"][0]["row"]
    return row


def unified(item: Incoming) -> dict[str, Any]:
    return {
        name: getattr(item, name)
        for name in ("message", "stage", "op", "key", "version", "message_id", "fields", "authenticated")
    }


class TestFiles:
    """What a file may not be."""

    good: ClassVar[bytes] = lines(record("A", legal_name="甲"), record("B"))

    def take(self, files: dict[str, bytes], row: dict[str, Any]) -> tuple[Incoming, ...]:
        return taken(Described(row, "subject-legal-person"), files, KEY, AT)

    def code(self, content: bytes, **change: Any) -> str:
        with pytest.raises(FileError) as refused:
            self.take({"a": content} if content else {}, row_of(self.good, **change))
        return refused.value.code

    def test_what_is_wrong_first_is_said(self) -> None:
        assert self.code(b"") == "file.missing"
        assert self.code(b"", create_time="2026-10-23 08:59:59") == "file.expired"
        assert self.code(b"", create_time="2026-10-23 09:00:01") == "file.missing"
        assert self.code(b"", create_time="?") == "file.missing"
        assert self.code(self.good[:-1]) == "file.partial"
        assert self.code(self.good + b"\n") == "file.size"
        assert self.code(self.good.replace(b"A", b"C")) == "file.signature"
        for nothing in (None, "", signature(self.good, "other")):
            assert self.code(self.good, signature=nothing) == "file.signature"
        assert self.code(self.good, record_count=3) == "file.malformed"

    @pytest.mark.parametrize(
        "content", [b"\xef\xbb\xbf{}\n", '{"row_id":"公"}\n'.encode("gbk"), b"[1]\n", b"x\n", b"\n", b""]
    )
    def test_what_is_no_json_in_utf_8(self, content: bytes) -> None:
        with pytest.raises(FileError, match=r"file\.malformed"):
            self.take({"a": content}, row_of(content))

    def test_compressed_files_and_what_pretends_to_be(self) -> None:
        packed = gzip.compress(self.good)
        row = row_of(packed, record_count=2, compress="1")
        assert [one.key for one in self.take({"a": packed}, row)] == ["A", "B"]
        for content in (self.good, packed[:-3], packed + b"x", gzip.compress(b" " * (65 * 2**20))):
            with pytest.raises(FileError, match=r"file\.malformed"):
                self.take({"a": content}, row_of(content, record_count=2, compress="1"))

    def test_folders(self) -> None:
        row = row_of(self.good, type="4", signature=None)
        first, second = self.good.split(b"\n")[0] + b"\n", self.good.split(b"\n")[1] + b"\n"
        assert [one.key for one in self.take({"d/2": second, "d/1": first}, row)] == ["A", "B"]
        with pytest.raises(FileError, match=r"file\.partial"):
            self.take({"d/1": first}, row)
        with pytest.raises(FileError, match=r"file\.partial"):
            self.take({"d/1": first, "d/2": second}, {**row, "record_count": 3})

    def test_what_stands_in_the_wrong_place(self) -> None:
        odd = lines(
            record("A", legal_name={"x": {"y": 1}}, extra="e", region_code=["a"]), {"op_type": "insert"}
        )
        first, second = self.take({"a": odd}, row_of(odd))
        assert {f.code for f in first.findings} == {"field.format"}
        assert first.ext == {"extra": "e"}
        assert [f.at for f in second.findings] == ["/body/key", "/body/version"]

    def test_nothing_raises_on_hostile_files(self) -> None:
        for content in mutants([self.good], 400):
            for row in (row_of(content), row_of(content, compress="1"), row_of(content, type="4")):
                try:
                    assert self.take({"a": content}, row)
                except FileError as error:
                    assert error.code.startswith("file.")


class TestLooking:
    """Rows, files and states."""

    def folder(self, rows: list[dict[str, Any]], files: dict[str, bytes], **publish: Any) -> Told:
        def play(request: WireRequest) -> WireReply:
            (step,) = body_of(request)["steps"]
            if step["method"] == "FILES":
                (path,) = step["body"]["get"]
                return steps({"got": {path: base64.b64encode(files[path]).decode()} if path in files else {}})
            if "set" in step["body"]:
                return steps({"set": [1] * len(step["body"]["set"])})
            return steps({"look": [rows, [published(**publish)]]})

        return Told(play)

    PATH: ClassVar = "down/frxx_20261122095000_0001.dat"
    CONTENT: ClassVar = lines(record("A"), record("B"))

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"mng_id": "M2"}, "schema.drift"),
            ({"type": "0"}, "file.mode"),
            ({"path": "up/x.dat"}, "file.malformed"),
            ({"path": "down/../x.dat"}, "file.malformed"),
            ({"path": "down/*.dat"}, "file.malformed"),
            ({"path": None}, "file.malformed"),
            ({"size": 17 * 2**20}, "file.size"),
            ({"size": None}, "file.size"),
        ],
    )
    async def test_rows_that_cannot_be(self, change: dict[str, Any], code: str) -> None:
        carry = self.folder([row_of(self.CONTENT, **change)], {})
        haul = await poller(carry).next("", 9)
        assert [[f.code for f in one.findings] for one in haul.items] == [[code]]
        assert len(carry.asked) == 1, "nothing is fetched"

    @pytest.mark.parametrize("publish", [{"biz_code": "zbgg"}, {"biz_code": "none"}, {"field_schema": "["},
                                         {"field_schema": None}, {"field_schema": "[1]"}])  # fmt: skip
    async def test_sets_that_were_not_agreed(self, publish: dict[str, Any]) -> None:
        haul = await poller(self.folder([row_of(self.CONTENT)], {}, **publish)).next("", 9)
        assert [[f.code for f in one.findings] for one in haul.items] == [["schema.drift"]]

    async def test_a_column_nobody_knows(self) -> None:
        more = json.dumps([*json.loads(schema("subject-legal-person")), {"name": "new"}])
        haul = await poller(self.folder([row_of(self.CONTENT)], {}, field_schema=more)).next("", 9)
        assert haul.items[0].findings[0].code == "schema.drift"

    async def test_what_is_not_there_holds_up_nobody(self) -> None:
        rows = [row_of(self.CONTENT, id="D0", path="down/other.dat"), row_of(self.CONTENT)]
        haul = await poller(self.folder(rows, {self.PATH: self.CONTENT})).next("", 9)
        assert ([one.key for one in haul.items], haul.more) == (["A", "B"], False)

    async def test_whole_files_until_there_is_enough(self) -> None:
        rows = [row_of(self.CONTENT, id=f"D{n}") for n in range(3)]
        haul = await poller(self.folder(rows, {self.PATH: self.CONTENT})).next("", 3)
        assert ([one.context["row"] for one in haul.items], haul.more) == (["D0", "D0", "D1", "D1"], True)

    async def test_a_file_that_has_grown_beyond_everything(self) -> None:
        inner = self.folder([row_of(self.CONTENT)], {})

        async def carry(request: WireRequest) -> WireReply:
            if b"FILES" in request.body:
                raise TransportError(TOO_LARGE, sent=False)
            return await inner(request)

        haul = await poller(carry).next("", 9)
        assert haul.items[0].findings[0].code == "file.size"

    async def test_without_a_key_nothing_is_looked_at(self) -> None:
        carry = self.folder([row_of(self.CONTENT)], {})
        with pytest.raises(laying.LookError, match="file_key"):
            await poller(carry, credentials={}).next("", 9)
        assert carry.asked == []

    async def test_who_publishes_nothing_is_not_asked(self) -> None:
        carry = self.folder([], {})
        assert (await cascade_db_file().poller("D20", "", {}, "", carry).next("", 9)).items == ()
        assert carry.asked == []

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b'{"steps":[]}', b'{"steps":[{"look":[[],[1]]}]}', b'{"steps":[1]}']
    )
    async def test_an_answer_that_lacks_something_is_no_look(self, body: bytes) -> None:
        with pytest.raises(laying.LookError):
            await poller(Told(lambda _: WireReply(200, {}, body))).next("", 5)

    @pytest.mark.parametrize(("answers", "state", "code", "words"), [
        ((202, 200), "1", None, None),
        ((202, 503), "", "", ""),
        ((429, 422), "", "", ""),
        ((202, 409), "2", "C20", "B:同版本内容不一致"),
        ((403, 403), "2", "C01", "A:账号无此目录权限;B:账号无此目录权限"),
        ((422, 202), "2", "C16", "A:代码不存在:legal_type;A:格式错误:row_id"),
    ])  # fmt: skip
    async def test_states(self, answers: tuple[int, int], state: str, code: str, words: str) -> None:
        carry = self.folder([row_of(self.CONTENT)], {self.PATH: self.CONTENT})
        looker = poller(carry)
        items = (await looker.next("", 9)).items
        found = (Finding("code.unknown", "/body/fields/LEGAL_TYPE"), Finding("key.length", "/body/key"))
        told = {
            202: Answer(202, "0000", data=RECEIPT),
            200: Answer(200, "0000", data=RECEIPT),
            422: Answer(422, "code.unknown", findings=found),
            409: Answer(409, "idempotency.conflict"),
        }
        before = len(carry.asked)
        said = [told.get(one, Answer(one, "x")) for one in answers]
        await looker.settle(list(zip(items, said, strict=True)))
        if not state:
            assert len(carry.asked) == before
            return
        (one,) = carry.bodies[-1]["steps"][0]["body"]["set"]
        assert (one["key"], one["if"]) == ({"id": "D1"}, {"state": "0"})
        assert one["row"] == {
            "state": state,
            "last_read_time": "2026-11-22 09:00:00",
            "err_code": code,
            "err_msg": words,
        }

    @pytest.mark.parametrize(
        "row", [r for r in PAPERS.expected if r.face == "in" and "state" in r.wire], ids=lambda r: r.situation
    )
    async def test_verdicts(self, row: Expectation) -> None:
        """Each refusal as a whole, and each reason of the hub, has the code of the papers."""
        content = self.CONTENT
        made = {
            "longer than described": ([row_of(content, size=1)], {self.PATH: content}),
            "signature wrong or missing": ([row_of(content, signature=None)], {self.PATH: content}),
            "other schema": ([row_of(content, mng_id="?")], {}),
            "expired": ([row_of(content, create_time="2025-01-01 00:00:00")], {}),
            "mode not agreed": ([row_of(content, type="0")], {}),
            "not UTF-8, no JSON, count wrong": ([row_of(content, record_count=1)], {self.PATH: content}),
        }  # fmt: skip
        whole = row.situation in made
        rows, files = made.get(row.situation, ([row_of(content)], {self.PATH: content}))
        haul = await poller(self.folder(rows, files)).next("", 9)
        if whole:
            assert [f.code for f in haul.items[0].findings] == [row.code]
        status = {"kept": 202, "known records": 200, "not online": 403, "conflict": 409}.get(
            row.situation, 422
        )
        found = () if whole or status != 422 else (Finding(row.code, "/body/fields/LEGAL_NAME"),)
        said = await settled(
            haul, Answer(status, "0000" if status < 300 else row.code, data=RECEIPT, findings=found)
        )
        words = row.wire.replace(",", " ").replace(":", " ").split()
        assert said["state"] == words[words.index("state") + 1]
        assert said["err_code"] == next((one for one in words if one[0] == "C" and one[1:].isdigit()), None)
