"""Sections of every sector that names an end of delivery: who runs them, and that nobody else moves it."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from types import MappingProxyType

import pytest
from bids_kit import DEADLINE, SECTION, Tender, bidder, results
from core_kit import STANDARD

from hub.catalogue.sections import EXT, FIELDS, in_engineering, name, speaking
from hub.errors import HubError
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import SqliteJournal
from hub.message import wall

LATER = DEADLINE + timedelta(hours=2)
PACKAGE = "CG-2026/7 包 1"


def test_the_table_names_stages_and_fields_of_the_standard():
    service = {one.name for one in STANDARD.types["sectionRef"]}
    assert set(FIELDS) <= service
    for row in speaking().values():
        stage = STANDARD.stage(row.stage)
        times = [one for one in row.times if not one.startswith(EXT)]
        for field in (row.field, *times, *row.only[:1], *([row.lot] if row.lot else [])):
            assert field in stage.by_name, (row.stage, field)
        assert all(stage.field(one).type == "datetime" for one in times), row.stage
        assert not {one.removeprefix(EXT) for one in row.times if one.startswith(EXT)} & set(stage.by_name)
        assert in_engineering(name(row.kind, "x")) is row.registered
        if row.registered:  # whoever registered the tender is asked by its number
            assert "TENDER_PROJECT_CODE" in stage.by_name, row.stage


class Purchase(Tender):
    """A package of government procurement; nothing is announced yet."""

    section = name("PURCHASE_SECTION_CODE", PACKAGE)
    ref = MappingProxyType({"tradeClass": "D01", "PURCHASE_SECTION_CODE": PACKAGE})

    async def say(self, hub, stage, sender="T01", code=PACKAGE, **fields):
        project = {"PURCHASE_PROJECT_CODE": "CG-2026/7", "PURCHASE_SECTION_CODE": code, **fields}
        own = {"URL": f"https://{sender.lower()}.example/{stage}/{self._numbers}"}
        own = own if "URL" in STANDARD.stage(stage).by_name else {}
        more = {"key": f"{stage}-{self._numbers}", "msgId": f"{stage}-{self._numbers}"}
        return await self.send(hub, stage, sender=sender, fields={**project, **own}, **more)

    async def say_without(self, hub, stage, sender="T01", **fields):
        """As `say`, of the whole project."""
        more = {"key": f"{stage}-{self._numbers}", "msgId": f"{stage}-{self._numbers}"}
        own = {"URL": f"https://{sender.lower()}.example/whole"} if stage == "gp-opening" else {}
        project = {"PURCHASE_PROJECT_CODE": "CG-2026/7", **own, **fields}
        record = self.record(stage, sender=sender, fields=project, **more)
        del record["body"]["fields"]["PURCHASE_SECTION_CODE"]
        return await hub.submit(self.signed(record))

    def until(self, hub, section=None):
        return hub.bids.box.index.deadline(hub.bids.box.section(section or self.section).scope)


def _fresh(data):
    """The index is what a fresh fold of the journal gives."""
    connection = sqlite3.connect(f"file:{data}/hub/journal.sqlite3?mode=ro", uri=True)
    assert differences(connection, fresh_index(SqliteJournal(connection))) == []
    connection.close()


def micros(moment):
    return int(moment.timestamp() * 1_000_000)


async def test_a_package_of_procurement_is_run_by_who_registered_it(tmp_path):
    tender = Purchase(tmp_path)
    hub = await tender.open("T01", "T03")
    who = [bidder(number) for number in range(3)]
    assert (await tender.deliver(hub, who[0])).code == "section.unknown"
    assert (await tender.say(hub, "gp-project")).status == 202
    soon = wall(DEADLINE - timedelta(minutes=30))
    strange = await tender.say(hub, "gp-notice", "T03", BID_CLOSING_TIME=soon)
    assert strange.status == 202 and tender.until(hub) is None, "a stranger's word says nothing"
    assert (await tender.deliver(hub, who[0])).code == "section.unknown"
    assert (await tender.say(hub, "gp-notice", BID_CLOSING_TIME=wall(DEADLINE))).status == 202
    taken = [await tender.deliver(hub, one, sender="T03" if one is who[2] else "T01") for one in who]
    assert [one.status for one in taken] == [200] * 3, taken
    assert taken[0].data["deadline"] == wall(DEADLINE)
    for stage, sender, said in (
        ("gp-correction", "T03", {"POST_BID_CLOSING_TIME": soon, "IS_POSTPONE": "1"}),
        ("gp-correction", "T01", {"POST_BID_CLOSING_TIME": soon, "IS_POSTPONE": "0"}),
    ):
        assert (await tender.say(hub, stage, sender, **said)).status == 202
        assert tender.until(hub) == micros(DEADLINE), (stage, sender)
    listed = await tender.say(hub, "gp-supplier-list")
    assert listed.status == 202
    assert (await tender.say_without(hub, "gp-supplier-list", BIDDER_NAME="示例")).status == 202
    postponed = {"POST_BID_CLOSING_TIME": wall(LATER), "IS_POSTPONE": "1"}
    assert (await tender.say(hub, "gp-correction", **postponed)).status == 202
    tender.to(DEADLINE, 1)
    gate = hub.bids.box.tokens.of("gate", "gp-opening", PACKAGE)
    opening = {"BID_OPENING_TIME": wall(DEADLINE)}
    for sender, reason in (("T01", "opening.before-deadline"), ("T03", "R07")):
        assert (await tender.say(hub, "gp-opening", sender, **opening)).data["reason"] == reason
        assert (await tender.say_without(hub, "gp-opening", sender, **opening)).data["reason"] == reason
    with pytest.raises(HubError) as early:
        await hub.bids.open("T01", {"section": tender.section})
    assert early.value.code == "bid.before-deadline"
    tender.to(LATER)
    assert (await tender.say(hub, "gp-opening", "T03", **opening)).data["reason"] == "R07"
    assert hub.bids.box.index.sealed(gate), "the suppliers are still nobody's business"
    with pytest.raises(HubError) as other:
        await hub.bids.open("T03", {"section": tender.section})
    assert other.value.code == "auth.forbidden"
    assert sorted(results(await tender.open_bids(hub)).values()) == ["opened"] * 3
    assert (await tender.say(hub, "gp-opening", **opening)).data["receiptState"] == "accepted"
    assert not hub.bids.box.index.sealed(gate)
    project = hub.bids.box.tokens.of("gate", "gp-opening", "CG-2026/7")
    assert hub.bids.box.index.sealed(project), "what names no package waits for an opening that names none"
    whole = await tender.say_without(hub, "gp-opening", **opening)
    assert whole.data["receiptState"] == "accepted" and not hub.bids.box.index.sealed(project)
    await hub.drain()
    _fresh(tmp_path)


async def test_a_package_called_like_a_section_of_engineering_is_another(tmp_path):
    """Nor does its bidder's signature serve there."""
    tender = Purchase(tmp_path)
    hub = await tender.start()
    other = name("PURCHASE_SECTION_CODE", SECTION)
    assert (await tender.say(hub, "gp-project", "T03", code=SECTION)).status == 202
    assert (
        await tender.say(hub, "gp-notice", "T03", code=SECTION, BID_CLOSING_TIME=wall(LATER))
    ).status == 202
    assert [tender.until(hub, one) for one in (SECTION, other)] == [micros(DEADLINE), micros(LATER)]
    assert [hub.bids.box.owner(one) for one in (SECTION, other)] == ["T01", "T03"]
    tender.section, tender.ref = SECTION, Tender.ref
    assert (await tender.deliver(hub, bidder())).status == 200
    carried = tender.message(bidder(), tender.last, step="deliver", model="any-one")
    carried["body"]["fields"]["section"] = {"tradeClass": "D01", "PURCHASE_SECTION_CODE": SECTION}
    assert (await hub.service(tender.signed(carried))).code == "bid.signature"
    await hub.drain()


async def test_land_is_run_by_who_announced_it_first(tmp_path):
    tender = Purchase(tmp_path)
    tender.section, tender.ref = "ANNOUNCEMENT_GUID:TD-1", {"tradeClass": "B01", "ANNOUNCEMENT_GUID": "TD-1"}
    hub = await tender.open("T01", "T03")
    said = {"ANNOUNCEMENT_GUID": "TD-1", "LISTING_DEADLINE": wall(DEADLINE)}
    assert (await tender.send(hub, "land-notice", fields=said)).status == 202
    moved = {**said, "LISTING_DEADLINE": wall(LATER)}
    again = await tender.send(hub, "land-notice", sender="T03", fields=moved, key="other")
    assert again.data["reason"] == "R08" and tender.until(hub) == micros(DEADLINE)
    taken = await tender.deliver(hub, bidder(), sender="T03")
    assert taken.status == 200, taken
    changed = {"op": "update", "version": 2, "msgId": "postponed"}
    assert (await tender.send(hub, "land-notice", fields=moved, **changed)).data["receiptState"] == "accepted"
    tender.to(DEADLINE)
    with pytest.raises(HubError) as early:
        await tender.open_bids(hub, least=1, reason="只有一人")
    assert early.value.code == "bid.before-deadline"
    tender.to(LATER)
    assert list(results(await tender.open_bids(hub, least=1, reason="只有一人")).values()) == ["opened"]
    await hub.drain()
    _fresh(tmp_path)


async def _said(tender, hub, stage, fields, until=None, **more):
    """A record of the sector, with the end of delivery in `ext`."""
    record = tender.record(stage, fields=fields, **more)
    if until is not None:
        record["body"]["ext"] = {"BID_CLOSING_TIME": until}
    return await hub.submit(tender.signed(record))


async def test_sectors_without_a_field_for_it_say_the_end_in_their_signed_record(tmp_path):
    """Mining, state property, water, forest: `ext.BID_CLOSING_TIME` of the record that announces the deal."""
    tender = Purchase(tmp_path)
    hub = await tender.open("T01", "T03")
    stages = [row.stage for row in speaking().values() if row.times == ("ext.BID_CLOSING_TIME",)]
    assert len(stages) == 7
    for number, stage in enumerate(stages, 90):
        deal = tender.record(stage, seed=number)["body"]["fields"]["UNIFIED_DEAL_CODE"]
        lot = "L-1" if speaking()[stage].lot else ""
        told = {"BID_CODE": lot} if lot else {}
        record = {"seed": number, "key": f"{stage}-1"}
        tender.section = name("UNIFIED_DEAL_CODE", deal, lot)
        tender.ref = {"tradeClass": "C01", "UNIFIED_DEAL_CODE": deal, **({"lotNo": lot} if lot else {})}
        said = await _said(tender, hub, stage, told, **record)
        assert (said.status, tender.until(hub)) == (202, None), (stage, said)
        for version, until in enumerate(("2026-11-22 10:00", wall(DEADLINE)[:19], wall(DEADLINE)), 2):
            if stage is stages[0]:
                assert (await tender.deliver(hub, bidder())).code == "section.unknown"
            change = {"op": "update", "version": version, "msgId": f"{stage}-{version}"}
            assert (await _said(tender, hub, stage, told, until, **record, **change)).status == 202
            known = micros(DEADLINE) if until == wall(DEADLINE) else None  # what names no moment says nothing
            assert tender.until(hub) == known, (stage, until)
        strange = {"sender": "T03", "key": f"{stage}-T03", "seed": number}
        await _said(tender, hub, stage, told, wall(LATER), **strange)
        assert tender.until(hub) == micros(DEADLINE), "nobody else moves it"
    taken = await tender.deliver(hub, bidder())
    assert taken.status == 200 and taken.data["deadline"] == wall(DEADLINE), taken
    tender.to(DEADLINE, -1)
    with pytest.raises(HubError) as early:
        await tender.open_bids(hub, least=1, reason="只有一人")
    assert early.value.code == "bid.before-deadline"
    tender.to(DEADLINE)
    assert list(results(await tender.open_bids(hub, least=1, reason="只有一人")).values()) == ["opened"]
    await hub.drain()
    _fresh(tmp_path)
