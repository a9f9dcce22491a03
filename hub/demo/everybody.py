"""One exchange with each system of the table, judged by the papers: who was exercised, who not, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from hub.demo.accounts import ASKER, open_account
from hub.demo.delivered import delivery, stored
from hub.demo.effects import check_effects
from hub.demo.exchanges import Exchange, of_kind
from hub.demo.flows import Say
from hub.demo.inquiries import Inquiries
from hub.demo.shown import Shown
from hub.demo.speaking import Said, Speaking
from hub.standard import load as load_standard

ABREAST = 6
ROOT, ORGANISER = "eng-tender-project", "T01"  # with which a tender begins for the hub, and whose it is
NOTICE, SECTION = "eng-tender-notice", "eng-section"
BESIDE = (SECTION, "eng-tender-document")  # a notice wants an account for its section; a section, documents

Wanted = tuple[str, str, str]
"""Who says which stage about which region."""


@dataclass(slots=True)
class Everybody:
    """`speaking` says records; `quiet` waits until all is delivered, and makes hours strike for the rest."""

    speaking: Speaking
    rows: Sequence[Exchange]
    up: Sequence[str]
    missing: Mapping[str, str]
    quiet: Callable[[Callable[[], bool]], None]
    say: Say
    said: list[Said] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    asked: int = 0  # questions and notices that the hub took

    def run(self) -> None:
        """Records and notices first, questions while they travel, then one look at everybody's own state."""
        here = [row for row in self.rows if row.system in self.up]
        for row in self.rows:
            if row.system not in self.up:
                self._show(Shown(row, self.missing.get(row.system, "没有启动")))
        inquiries = Inquiries(self.speaking)
        with ThreadPoolExecutor(ABREAST) as pool:
            regions = sorted({row.region for row in of_kind(here, "record", "said")})
            self.said += pool.map(self._begin, regions)
            own = [pool.submit(inquiries.by_itself, row) for row in of_kind(here, "said")]
            told = [pool.submit(inquiries.tell, row) for row in of_kind(here, "told")]
            asked = [pool.submit(inquiries.ask, row) for row in of_kind(here, "asked")]
            self.said += [one for chain in pool.map(self._chain, self._chains(here)) for one in chain]
            for mine in own:
                shown, said = mine.result()
                self.said.append(said)
                self._show(shown)
        self._let_out()
        answered = [question.result() for question in asked]
        self.quiet(lambda: all(map(inquiries.ripe, answered)))
        for shown in answered:
            self._show(inquiries.again(shown))
        for row in of_kind(here, "record"):
            self._show(self._delivered(row))
        for notice in told:
            self._show(inquiries.taken(notice.result()))
        self.asked = len(inquiries.taken_in)

    def _show(self, one: Shown) -> None:
        self.shown.append(one)
        self.say(one.row.system, one.line())

    def _begin(self, region: str) -> Said:
        """The tender of a region, registered; what belongs to it is held otherwise."""
        return self.speaking.say(ORGANISER, ROOT, region)

    def _chains(self, here: Sequence[Exchange]) -> list[list[Wanted]]:
        """What each sender says about each region, in the order of the standard's stages."""
        order = [stage.id for stage in load_standard().stages]
        own = {(row.system, row.what) for row in of_kind(here, "said")}
        wanted = {
            (row.sender, row.what, row.region)
            for row in of_kind(here, "record")
            if (row.sender, row.what) not in own and row.what != ROOT
        }
        noticed = [(sender, region) for sender, stage, region in wanted if stage == NOTICE]
        wanted |= {(sender, stage, region) for sender, region in noticed for stage in BESIDE}
        chains: dict[tuple[str, str], list[Wanted]] = {}
        for one in sorted(wanted, key=lambda one: order.index(one[1])):
            chains.setdefault((one[0], one[2]), []).append(one)
        return list(chains.values())

    def _chain(self, chain: Sequence[Wanted]) -> list[Said]:
        said = []
        for one in chain:
            said.append(self.speaking.say(*one))
            if one[1] == SECTION:
                client, key = self.speaking.client(ASKER), self.speaking.keys[ASKER]
                wrong = open_account(client, key, said[-1].fields)
                said[-1].why_not = said[-1].why_not or (wrong.observed if wrong else "")
        return said

    def _let_out(self) -> None:
        """What waits for an event is let out by whoever said it."""
        stages = load_standard().by_id
        for one in self.said:
            lifted = stages[one.stage].policy.lifted_by if one.stage in stages else ()
            event = next((rule[len("event:") :] for rule in lifted if rule.startswith("event:")), "")
            if event == "draw-release" and one.hub_id:
                act = {"section": one.fields["BID_SECTION_CODE"], "reason": "演示:到放行时间"}
                self.speaking.client(one.sender).ask("POST", f"/v1/gates/{event}", act)

    def _delivered(self, row: Exchange) -> Shown:
        """The record as the receiver holds it, against the tables; and the hub has its receipt."""
        wanted = (row.sender, row.what, row.region)
        said = next(one for one in self.said if (one.sender, one.stage, one.region) == wanted)
        if said.why_not:
            return Shown(row, f"{row.sender} 未报成:{said.why_not}")
        records = self.speaking.sims.records
        effects = check_effects([said.message], said.sender, said.region, records, [row.system])
        state = delivery(self.speaking.client(row.sender), said.hub_id, row.system)
        wrong = [effect.finding().observed for effect in effects if not effect.ok]
        if wrong or not effects or not stored(state):
            return Shown(row, f"{'; '.join(wrong)};投递 {state}")
        return Shown(row, "", said.hub_id)
