"""The demo as a sequence: admit, trade, prove the seal, open, deliver, check, sum up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hub.client import HubClient
from hub.demo import certificates
from hub.demo.accounts import ASKER, BANK, open_account
from hub.demo.admission import admit, examine
from hub.demo.bidding import Bidding
from hub.demo.certificates import ORGANISER, SYSTEMS, Certificates
from hub.demo.effects import Effect, check_effects
from hub.demo.everybody import Everybody
from hub.demo.exchanges import chosen
from hub.demo.flows import Say, Tender
from hub.demo.leaks import Watch, secret_of
from hub.demo.outcome import Outcome
from hub.demo.plans import write_plan
from hub.demo.proofs import CHAIN, check_chain, check_proofs
from hub.demo.quiet import Quiet
from hub.demo.refusals import try_refusals
from hub.demo.speaking import Said, Speaking
from hub.demo.steering import Steering
from hub.demo.steps import Steps
from hub.demo.world import World
from hub.keyring import read_keys
from hub.message import Key

EVERY, SOME, CERTIFICATES = "all-systems", "dialects", certificates.NAME
FLOWS = {
    "t01-tender": ("T01", 1, "620121", "第三方系统 T01(统一标准直连)"),
    "t03-tender": ("T03", 3, "620423", "第三方系统 T03(老式 asmx)"),
}


class Demo:
    """One run in one folder; `say(who, what)` tells progress."""

    def __init__(self, world: World, say: Say) -> None:
        self.world = world
        self.say = say
        self.sims = Steering(world.management)
        self.keys: dict[str, Key] = {key.owner: key for key in read_keys(world.keys)}
        self.centre = self.client("centre")
        self.outcome = Outcome()
        self.outcome.systems["simulated"] = len(world.simulated)
        self.quiet = Quiet(self.centre, self.sims, world.simulated, say, self.outcome.findings)

    def client(self, owner: str) -> HubClient:
        return HubClient(self.world.url, self.keys[owner])

    def run(self, names: list[str]) -> Outcome:
        trading = [name for name in FLOWS if name in names or EVERY in names]
        tenders = [
            Tender(sender, name, seed, region)
            for name in trading
            for sender, seed, region, _ in (FLOWS[name],)
        ]
        self.admit([tender.sender for tender in tenders] or [ORGANISER])
        with ThreadPoolExecutor(1) as beside:
            shown = beside.submit(self.certificates, closely=not tenders) if CERTIFICATES in names else None
            if tenders:
                self.trade(tenders)
        if shown is not None:
            self.add(*shown.result())
        if tenders:
            self.refuse(tenders[0].sender)
        if {EVERY, SOME} & {*names}:
            self.meet(every=EVERY in names)
        self.quiet.wait()
        for tender in tenders:
            self.judge(tender)
        if {EVERY, SOME} & {*names}:
            self.outcome.weigh(every=EVERY in names)
        return self.outcome

    def trade(self, tenders: list[Tender]) -> None:
        """From project fetch to contract, with a look at the seal before the opening."""
        watch = Watch(self.world, self.sims, self.centre, self.client("M01"))
        for tender in tenders:
            self.say(tender.sender, f"开始:{FLOWS[tender.name][3]}")
            tender.at_section = self.open_account if BANK in self.world.simulated else None
            tender.start(self.sims)
        self.together(tenders)
        self.prove_the_seal(tenders, watch)
        for tender in tenders:
            self.sims.go_on(tender.sender, tender.ident)
        self.together(tenders)

    def certificates(self, *, closely: bool) -> tuple[Steps, Bidding]:
        """Beside the tenders, or alone; what came of it is added when both are over."""
        at_section = self.open_account if BANK in self.world.simulated else _nothing
        speaking = Speaking(self.client, self.keys, self.sims)
        showing = Certificates(self.world, speaking, self.client, self.keys[ORGANISER], at_section, self.say)
        return showing.show(closely=closely)

    def add(self, shown: Steps, bidding: Bidding) -> None:
        self.outcome.findings += shown.findings
        self.outcome.flow(shown.flow, shown.rows)
        self.outcome.messages["accepted"] += len(bidding.receipts)
        self.count(bidding.said)

    def open_account(self, section: Mapping[str, Any]) -> None:
        wrong = open_account(self.client(ASKER), self.keys[ASKER], section)
        self.say(BANK, "✓ 保证金子账户已开" if wrong is None else f"✗ 子账户:{wrong.observed}")
        self.outcome.findings += [] if wrong is None else [wrong]

    def admit(self, systems: list[str]) -> None:
        """Examine side by side, approve one by one."""
        steps = []
        plans = {system: write_plan(self.world, system) for system in systems}
        with ThreadPoolExecutor(len(plans)) as pool:
            reports = dict(zip(plans, pool.map(self._examine, plans.values()), strict=True))
        for system, report in reports.items():
            counts = report["summary"]
            state = admit(self.client(system), self.centre, system, report)
            detail = f"测试 {counts['pass']} 项通过,{counts['fail']} 项不通过;状态 {state}"
            steps.append({"name": f"核准上线 {system}", "ok": state == "online", "detail": detail})
            self.say(system, f"✓ 核准上线:{detail}")
        self.outcome.flow("admission", steps)

    def _examine(self, plan: Path) -> dict[str, Any]:
        return examine(plan, plan.with_suffix(""))

    def together(self, tenders: list[Tender]) -> None:
        with ThreadPoolExecutor(len(tenders)) as pool:
            list(pool.map(lambda tender: tender.follow(self.sims, self.say), tenders))

    def prove_the_seal(self, tenders: list[Tender], watch: Watch) -> None:
        """Between sign-up and opening: nothing that shows bidders may be visible anywhere."""
        self.quiet.wait()
        secrets = [secret_of(tender.sender, tender.sent) for tender in tenders]
        leaks = watch.find_leaks(secrets)
        self.outcome.findings += leaks
        sealed = sum(len(secret.hub_ids) for secret in secrets)
        self.say(
            "seal", "✓ 开标前各处均看不到投标人情况" if sealed and not leaks else f"✗ 泄露 {len(leaks)} 处"
        )
        self.outcome.flow("seal", [{"name": "开标前保密", "ok": bool(sealed) and not leaks}])

    def refuse(self, sender: str) -> None:
        tried = try_refusals(self.client(sender), self.keys[sender], self.keys["M01"], seed=int(time.time()))
        for one in tried:
            self.say(sender, f"{'✓' if one.ok else '✗'} {one.name} → {one.status} {one.code}")
        self.outcome.findings += [one.finding() for one in tried if not one.ok]
        self.outcome.messages["accepted"] += 1
        self.outcome.messages["duplicates"] += sum(one.status == 200 for one in tried)
        self.outcome.messages["rejected"] += sum(one.status >= 400 for one in tried)
        steps = [{"name": one.name, "ok": one.ok, "detail": f"{one.status} {one.code}"} for one in tried]
        self.outcome.flow("refusals", steps)

    def meet(self, *, every: bool) -> None:
        """An exchange with each system of the table, or with those that the tenders leave out."""
        speaking = Speaking(self.client, self.keys, self.sims)
        rows = chosen(every)
        met = Everybody(speaking, rows, self.world.simulated, self.world.missing, self.quiet.wait, self.say)
        met.run()
        out = self.outcome
        out.exercised |= {one.row.system for one in met.shown if not one.why}
        out.findings += [one.finding() for one in met.shown if one.why]
        out.flow(EVERY if every else SOME, [one.step() for one in met.shown])
        out.messages["accepted"] += met.asked
        self.count(met.said)

    def count(self, said: list[Said]) -> None:
        """Messages and deliveries of records that were said beside the tenders."""
        heard = [one for one in said if one.hub_id and not one.why_not]
        self.outcome.messages["accepted"] += len(heard)
        for sender in sorted({one.sender for one in heard}):
            client, mine = self.client(sender), [one.message for one in heard if one.sender == sender]
            for message in mine:
                self.outcome.count_deliveries(client.trace(message["hubId"]))
            self.outcome.count_proofs(check_proofs(client, mine), len(mine))

    def judge(self, tender: Tender) -> None:
        """Steps, effects at the receivers, traces and proofs of one tender."""
        out = self.outcome
        client = self.client(tender.sender)
        out.messages["accepted"] += len(tender.sent)
        out.messages["duplicates"] += sum(m["attempts"] - 1 for m in tender.sent)
        effects = check_effects(
            tender.sent, tender.sender, tender.region, self.sims.records, self.world.simulated
        )
        out.exercised |= {effect.receiver for effect in effects if effect.ok} | {tender.sender}
        out.findings += tender.findings() + [effect.finding() for effect in effects if not effect.ok]
        for message in tender.sent:
            self.outcome.count_deliveries(client.trace(message["hubId"]))
        proofs = check_proofs(client, tender.sent)
        unchained = check_chain(self.sims, proofs.roots)
        self.outcome.count_proofs(proofs, len(tender.sent))
        out.findings += unchained
        chained = {"name": f"送达 {CHAIN}", "ok": not unchained, "detail": "树头已上链"}
        out.exercised |= {CHAIN} if not unchained else set()
        out.flow(tender.name, [*tender.report["steps"], *_by_receiver(effects), chained])
        good = sum(effect.ok for effect in effects)
        self.say(
            tender.sender,
            f"对照各系统自有数据:{good}/{len(effects)} 条一致;存证 {proofs.held}/{len(tender.sent)} 可验证,"
            f"{proofs.stamped} 条有时间戳",
        )


def _nothing(_: Mapping[str, Any]) -> None:
    """No bank is up that would want an account."""


def _by_receiver(effects: list[Effect]) -> list[dict[str, Any]]:
    """One step per receiver: how many records it holds as the papers say."""
    steps = []
    for receiver in sorted({effect.receiver for effect in effects}):
        mine = [effect for effect in effects if effect.receiver == receiver]
        good = sum(effect.ok for effect in mine)
        steps.append({"name": f"送达 {receiver}", "ok": good == len(mine), "detail": f"{good}/{len(mine)}"})
    return steps


def demo(folder: Path, names: list[str], say: Say, *, hub_env: dict[str, str] | None = None) -> Outcome:
    """Run the flows in a world of their own in `folder`; `hub_env` reaches the hub process alone."""
    started = time.monotonic()
    alone = {*names} == {CERTIFICATES}
    with World(folder, systems=SYSTEMS if alone else "all", hub_env=hub_env) as world:
        show = Demo(world, say)
        show.outcome.started = started
        return show.run(names)
