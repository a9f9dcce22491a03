"""Every recognition case at the hub's desk, cold and warm: the whole result object is the same."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import certs.trust as judged_in
from certs.cases import CASES, Case, build
from certs.cases.desk import Desk
from certs.cases.stage import Stage
from certs.cases.table import NOW
from certs.testpki import World
from certs.trust import Revocation
from certs.verdict import Moment
from hub.ca.belief import Belief
from hub.ca.judges import Judges
from hub.ca.policy import PURPOSES, Policy
from hub.ca.question import Circumstances, Proof
from hub.ca.told import told
from hub.ca.verifying import Judged, recognised, verified

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
POLICY = Policy(1, AT, dict.fromkeys(PURPOSES, Revocation.REQUIRED), frozenset(), frozenset(), "never", "off")
KINDS = {
    "VerifySignedData": ("raw", "signature.bin", "content.bin"),
    "VerifySignedFile": ("raw", "signature.bin", "content.bin"),
    "VerifySignedMessage": ("attached", "message.p7", "content.bin"),
    "VerifySignedMessageDetach": ("detached", "message.p7", "content.bin"),
    "VerifySignedDataXML": ("xml", "document.xml", None),
    "VerifyTimeStamp": ("timestamp", "token.tst", "content.bin"),
    "VerifySeal": ("seal", "sealed.ses", "document.bin"),
    "VerifyOFD": ("ofd", "document.ofd", None),
}  # fmt: skip
BY_THE_MOMENT = (
    "attached",
    "detached",
    "xml",
    "timestamp",
    "seal",
    "ofd",
)  # what is told names it throughout


@dataclass(frozen=True)
class Asked:
    case: Case
    desk: Desk
    kind: str

    @property
    def believed(self) -> tuple[bytes, ...]:
        makers = sorted(raw for name, raw in self.case.files.items() if name.startswith("maker-"))
        return (self.case.files["trustlist.json"], *self.desk.crls, b"", *makers)

    def judges(self) -> Judges:
        makers = tuple(raw for name, raw in self.case.files.items() if name.startswith("maker-"))
        belief = Belief(b"", self.desk.listed, (), POLICY, makers=makers)
        return Judges(belief, "sandbox", self.desk.crls, ())

    def found(self, judges: Judges, later: timedelta = timedelta(0)) -> dict[str, Any]:
        return told(judges, self._judged(judges, Moment(self.desk.at + later, "clock")))

    def _judged(self, judges: Judges, now: Moment) -> Judged:
        files, asked = self.case.files, self.case.asked
        about = Circumstances(now, medium=asked.get("medium"), subject=asked.get("subject"))
        if self.kind == "certificate":
            return recognised(judges, files["certificate.der"], about)
        kind, signature, data = KINDS[asked["operation"]]
        proof = Proof(kind, files[signature], files.get(data or ""), None, files.get("certificate.der"))
        return verified(judges, proof, about, lambda: None)


@cache
def everything() -> list[Asked]:
    stage, out = Stage(World.open(now=AT, seed="held")), []
    for row in CASES.values():
        if row.state == NOW and (row.operation in KINDS or row.operation == "ValidateCert"):
            case = build(row, stage)
            desk = Desk(case)
            if desk.examined.trust_list is not None:
                kind = "certificate" if row.operation == "ValidateCert" else KINDS[row.operation][0]
                out.append(Asked(case, desk, kind))
    return out


def test_cold_and_warm_are_told_alike(monkeypatch: Any) -> None:
    """Each case by judges of its own; then all of one belief by the same judges, three times in any order."""
    cold: Mapping[int, tuple[dict[str, Any], dict[str, Any]]] = {
        number: (one.found(one.judges()), one.found(one.judges(), timedelta(seconds=1)))
        for number, one in enumerate(everything())
    }
    assert len(cold) > 120
    searched: list[bytes] = []
    judge = judged_in._judge

    def counting(trust: Any, leaf: bytes, *rest: Any) -> Any:
        searched.append(leaf)
        return judge(trust, leaf, *rest)

    monkeypatch.setattr(judged_in, "_judge", counting)
    shared: dict[tuple[bytes, ...], Judges] = {}
    order, counts = list(enumerate(everything())), []
    for times in range(3):
        random.Random(times).shuffle(order)
        searched.clear()
        for number, one in order:
            judges = shared.setdefault(one.believed, one.judges())
            assert one.found(judges) == cold[number][0], one.case.asked
            if one.kind in BY_THE_MOMENT:
                assert one.found(judges, timedelta(seconds=1)) == cold[number][1], one.case.asked
        counts.append(len(searched))
    assert max(counts[1:]) < counts[0]  # something was remembered
