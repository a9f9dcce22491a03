"""How long an answer takes tells nothing of how many bids there are: it takes as many steps with none.

Counted in steps of the index (SQLite's own, each statement's), not in seconds: what grew with the section
would have to read its rows. Measured times stand in `bench/bids.py --answers`.
"""

from __future__ import annotations

from contextlib import contextmanager

from bids_kit import DEADLINE, SECTION, Tender, bidder

from hub.errors import HubError
from hub.index.tokens import hexed
from hub.journal.entry import Kind

MANY = 1000


@contextmanager
def _steps(hub):
    """Steps of the reading and of the writing connection."""
    counted = [0]

    def step():
        counted[0] += 1

    connections = (hub.bids.box.reading.journal._connection, hub.bids.box.writer._store.connection)
    for one in connections:
        one.set_progress_handler(step, 1)
    yield counted
    for one in connections:
        one.set_progress_handler(None, 1)


async def _fill(hub, first, last):
    """Deliveries of other bidders through another system, as `taking` writes them down."""
    box = hub.bids.box
    section = box.section(SECTION)

    def work(tx):
        for number in range(first, last):
            facts = {
                "bid": hexed(box.tokens.of("bid", str(number))), "section": hexed(section.scope),
                "receiptNo": f"r{number}", "from": "T03", "message": 1, "file": f"sm3:{number:064x}",
                "size": 1, "until": int(DEADLINE.timestamp() * 1e6), "model": "any-one", "step": "deliver",
                "party": hexed(box.tokens.of("bidder", str(number))),
            }  # fmt: skip
            tx.append(Kind.BID, box.now(), facts, b"{}", closing=box.closing(section))

    await box.writer.do(work)


async def _asked(tender, hub, receipt, who):
    """Every question a stranger, a bidder's system, who runs the section or the centre may ask; the steps."""
    desk, found = hub.bids, {}
    questions = {
        "open": lambda: desk.open("T01", {"section": SECTION}),
        "open, centre": lambda: desk.open("centre", {"section": SECTION, "reason": "test"}),
        "open, stranger": lambda: desk.open("T03", {"section": SECTION}),
        "progress": lambda: desk.progress("T01", SECTION),
        "watch": lambda: desk.watch("centre", SECTION, 0),
        "content": lambda: desk.content("T01", "r3"),
        "part": lambda: desk.bring("T01", "r3", b"x"),
    }
    for name, ask in questions.items():
        with _steps(hub) as counted:
            try:
                await ask()
            except HubError as error:
                found[name] = (counted[0], error.code)
    for name, asker, number in (
        ("own", "T01", receipt),
        ("other's", "T01", "r3"),
        ("centre", "centre", "r3"),
    ):
        with _steps(hub) as counted:
            try:
                told = desk.bid(asker, number)["receipt"]["receiptNo"] == receipt
            except HubError as error:
                told = error.code
            found[name] = (counted[0], told)
    for step in ("deliver", "replace", "supplement", "withdraw"):
        file = tender.files[step]
        one = tender.message(who, file, step=step, model="any-one")
        with _steps(hub) as counted:
            answer = await hub.service(tender.signed(one))
        found[step] = (counted[0], answer.code)
    return found


async def test_no_answer_takes_more_steps_with_more_bids(tmp_path):
    tender = Tender(tmp_path)
    hub = await tender.start()
    steady, went = bidder(0), [bidder(number) for number in range(1, 4)]
    receipt = (await tender.deliver(hub, steady)).data["receiptNo"]
    seen = []
    have = 0
    for many, who in zip((4, 4 + MANY), went[1:], strict=True):
        await _fill(hub, have, many)
        have, tender.files = many, {}
        await tender.upload(hub, "T01", who.encryption.certificate)
        for step in ("deliver", "replace", "supplement"):
            tender.files[step] = await tender.upload(hub, "T01", await tender.sealed(hub, who, step.encode()))
        tender.files["withdraw"] = tender.files["supplement"]
        seen.append(await _asked(tender, hub, receipt, who))
    few, more = seen
    assert {name: code for name, (_, code) in few.items()} == {name: code for name, (_, code) in more.items()}
    assert few["open"][1] == "bid.before-deadline" and few["withdraw"][1] == "0000"
    grown = {name: (few[name][0], more[name][0]) for name in few if more[name][0] > few[name][0] + 2 * MANY}
    assert not grown, grown
    await hub.drain()
