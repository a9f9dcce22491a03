"""Who may make seals, as the folder of the certificate desk says it: by their own certificates or a CA."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from certs.cases import CASES, Case, build
from certs.cases.desk import Desk
from certs.cases.stage import Stage
from certs.model.certificate import read_certificate
from certs.seal import verify_seal
from certs.testpki import World
from certs.trust import Revocation
from hub.ca.belief import Belief
from hub.ca.judges import Judges
from hub.ca.policy import Policy
from tests.rows import each

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
SEALS = (
    "seal-v1-good",
    "seal-v4-good",
    "seal-v1-foreign-maker",
    "seal-v4-foreign-maker",
    "seal-v4-frozen-maker",
)
POLICY = Policy(1, AT, {}, frozenset(), frozenset(), "never", "never")


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    stage = Stage(World.open(now=AT, seed="makers"))
    return {name: build(CASES[name], stage) for name in SEALS}


def judged(case: Case, makers: tuple[bytes, ...]) -> tuple[int, set[str]]:
    desk = Desk(case)
    judges = Judges(Belief(b"", desk.listed, (), POLICY, makers=makers), "sandbox", desk.crls, ())
    mode = Revocation.REQUIRED
    found = verify_seal(
        desk.files["sealed.ses"], desk.files["document.bin"], trust=judges.trust(mode), at=desk.at,
        makers=judges.makers(mode),
    )  # fmt: skip
    return found.sof_code, {reason.code for reason in found.reasons}


def own(case: Case) -> tuple[bytes, ...]:
    return tuple(raw for name, raw in case.files.items() if name.startswith("maker-"))


@each("name", SEALS)
def test_a_maker_named_by_his_own_certificate(name: str, cases: dict[str, Case]) -> None:
    """He is admitted, no other is, and he may be on hold like anybody: as the table of cases has it."""
    row = CASES[name]
    assert judged(cases[name], own(cases[name])) == (row.sof, set(row.reasons))


def test_makers_named_by_their_ca(cases: dict[str, Case]) -> None:
    case = cases["seal-v4-good"]
    maker = read_certificate(own(case)[0])
    anchors = [read_certificate(raw) for raw in Desk(case).trust.anchors]
    issuer = next(one for one in (*anchors, *map(read_certificate, Desk(case).trust.intermediates))
                  if one.subject == maker.issuer)  # fmt: skip
    assert judged(case, (issuer.raw,)) == (1, set())
    assert judged(cases["seal-v4-frozen-maker"], (issuer.raw,))[0] == CASES["seal-v4-frozen-maker"].sof
    others = tuple(one.raw for one in anchors if one.subject not in (issuer.subject, issuer.issuer))
    assert others
    assert "not-admitted" in judged(case, others)[1]
