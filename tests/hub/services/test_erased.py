"""A question about a person whose values were erased is neither asked again nor answered with masks."""

from __future__ import annotations

from asking import CREDIT, ask, good
from core_kit import Bench

from hub.engine import Reader
from hub.privacy.subjects import Asked

T01, NUMBER = Reader("T01"), "62010219900101123X"


async def test_a_question_and_its_answer_go_with_the_person(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    bench.transport.behave["R01"] = good(CREDIT)
    person = {"name": "张三", "idType": "01", "idNo": NUMBER}
    first = await ask(bench, hub, "credit.query", number="a", person=person)
    assert first.status == 200, first
    assert (await ask(bench, hub, "credit.query", number="a", person=person)).status == 200
    assert len(bench.transport.got["R01"]) == 1
    done = await hub.erase(T01, Asked(subject=NUMBER), "consent-withdrawn")
    assert done["erased"] >= 1
    again = await ask(bench, hub, "credit.query", number="a", person=person)
    assert (again.status, again.code) == (410, "privacy.erased"), again
    assert len(bench.transport.got["R01"]) == 1
    await hub.drain()
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert NUMBER.encode() not in everything
