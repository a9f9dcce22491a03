"""A provider calls back: its message is matched to the question it answers, kept, and whoever waits is woken.

It is kept as a message of its own (its sender's number, its place in the log), under the very seal of its
question. One that answers nothing that this provider may have been asked is refused, and not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.journal.claims import own
from hub.journal.port import Tx
from hub.message import Finding, parse
from hub.pipeline import Exchange
from hub.pipeline.arrival import Heard
from hub.pipeline.facts import micros
from hub.pipeline.ingress import Ingress
from hub.pipeline.people import NOBODY, people_in_answer
from hub.ports import Answer, Incoming
from hub.services.callbacks import STATE, Callbacks, Ears, Rule
from hub.services.rows import check_reply

UNKNOWN = Answer(422, "ticket.unknown", "没有对应的请求:该业务号不是枢纽向本系统发起的")
EXPIRED = Answer(422, "ticket.expired", "对应的请求已过有效期")


@dataclass(frozen=True, slots=True)
class Hearing:
    """The way of a callback; `ears` are those who wait for one."""

    callbacks: Callbacks
    ingress: Ingress
    ears: Ears

    async def hear(self, system: str, incoming: Incoming) -> Answer:
        """Keep what a provider says of an earlier question."""
        rule = self.callbacks.telling(incoming.message)
        exchange = self.ingress.called_back(system, incoming, self._wrong(rule, incoming.fields))
        if exchange.answer is not None or rule is None:
            return (await self.ingress.settle(exchange))[0]
        heard: list[Heard] = []

        def match(tx: Tx) -> Heard | Answer:
            found = self._match(tx, rule, system, exchange)
            heard[:] = [found] if isinstance(found, Heard) else []
            return found

        answer, _ = await self.ingress.settle(exchange, match)
        if answer.status < 300:
            for one in heard:
                self.ears.ring(one.token)
        return answer

    def _wrong(self, rule: Rule | None, fields: Mapping[str, Any]) -> list[Finding]:
        """What the standard has against it as a reply, and the keys it lacks."""
        if rule is None:
            return [Finding("service.unknown", "/head/msgType", "", "", "该报文类型没有回调")]
        lacking = [name for name in dict.fromkeys((rule.key, rule.by)) if not fields.get(name)]
        found = [Finding("field.required", f"/body/fields/{name}", "1", "", "补上该字段") for name in lacking]
        return found + check_reply(self.callbacks.service(rule), self.callbacks.reply(rule, fields))

    def _match(self, tx: Tx, rule: Rule, system: str, exchange: Exchange) -> Heard | Answer:
        """The question this answers, and under what the asker finds it; or why there is none."""
        fields = exchange.envelope["body"]["fields"]
        row = tx.index.asked(self.callbacks.key(rule, system, str(fields[rule.key])))
        question = tx.index.message(row.question) if row is not None else None
        if row is None or question is None:
            return UNKNOWN
        if 0 < row.until <= micros(exchange.now):
            return EXPIRED
        gates = tuple(tx.index.gates_of(question.seq))
        asked = tx.journal.entry(question.seq, own(question.sender))
        about = {} if asked is None or asked.gone else parse(asked.raw).value["body"]["fields"]
        service = self.callbacks.standard.services[rule.tells]
        told = self.callbacks.reply(rule, fields)
        people = people_in_answer(exchange.raw, told, about, service, question.sender)
        return Heard(
            question.seq,
            self.callbacks.found(rule, question.sender, str(fields[rule.by])),
            rule.order[str(told[STATE])],
            question.hidden if gates else 0,
            gates,
            people or NOBODY,
        )
