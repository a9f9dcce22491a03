"""What is remembered of chains: word for word what judging anew gives; each kind of end ends it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

import certs.trust as under_test
from certs.keys.held import HeldKey
from certs.model import write as w
from certs.model.certificate import Certificate, read_certificate
from certs.model.crl import read_crl
from certs.recognition.chains import Chains
from certs.testpki.issue import ALGORITHMS
from certs.testpki.ocsp import Responder
from certs.trust import SIGNING, Purpose, Revocation, Trust
from certs.trustlist import TrustList, join
from certs.verdict import FAILED, Check, Moment, Reason
from tests.certs.trustlist.world import DAY, NOW, ca, centre, content, moment, root, signed, sub, usable

END = NOW + timedelta(minutes=40)
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Scene:
    """A chain that is good until about `END`."""

    leaf: bytes
    listed: TrustList
    crls: Sequence[bytes] = ()
    ocsp: Sequence[bytes] = ()
    extra: Sequence[bytes] = ()
    sector: str | None = None
    end: datetime = END

    @property
    def trust(self) -> Trust:
        mode = Revocation.REQUIRED if self.crls or self.ocsp else Revocation.IGNORED
        return self.listed.trust(revocation=mode, sector=self.sector, crls=self.crls, ocsp=self.ocsp)


def key(**more: Any) -> HeldKey:
    return sub("CA001").issue("张三", **({"days": 1200} | more))


def crls(**more: Any) -> tuple[bytes, ...]:
    now = {"this_update": NOW - DAY, "days": 30}
    return sub("CA001").crl(**(now | more)), root("CA001").crl(**now)


@dataclass(frozen=True)
class Beside:
    """Somebody with something to say from `END` on."""

    def checks(self, chain: Sequence[Certificate], moment: Moment, purpose: Purpose) -> Sequence[Check]:
        if moment.at < END:
            return ()
        reason = Reason("revoked", str(chain[-1]), "told")
        return (Check("revocation", FAILED, str(chain[-1]), "", None, (reason,)),)

    def moments(self, chain: Sequence[Certificate]) -> Sequence[datetime]:
        return [END]


def lifes(begin: datetime, end: datetime) -> dict[str, Any]:
    return {"not_before": begin, "not_after": end}


def the_signers_certificate() -> Scene:
    return Scene(key(**lifes(NOW - DAY, END)).certificate, usable(ca("CA001")))


def an_issuer_that_came_along() -> Scene:
    below = sub("CA001").sub(
        "CA001 下级", alter=lambda one: replace(one, not_before=NOW - DAY, not_after=END)
    )
    leaf = below.issue("张三", **lifes(NOW - DAY, NOW + DAY))
    listed = usable(ca("CA001", subordinates="any"))
    return Scene(leaf.certificate, listed, extra=(below.key.certificate,))


def a_revocation_list() -> Scene:
    return Scene(
        key().certificate, usable(ca("CA001")), (sub("CA001").crl(this_update=END - DAY, days=1), crls()[1])
    )


def an_answer() -> Scene:
    leaf, issuer = key().certificate, sub("CA001")
    told = Responder(issuer, issuer.key, NOW - timedelta(minutes=25)).answer(leaf, hours=1)
    return Scene(leaf, usable(ca("CA001")), (crls()[1],), (told,), end=END)


def an_answer_without_an_end() -> Scene:
    """It is taken for a day, and five minutes for clocks that differ."""
    leaf, issuer = key().certificate, sub("CA001")
    at, speaker = END - timedelta(hours=24), Responder(issuer, issuer.key, END)
    single = w.sequence(speaker._about(leaf, "sha1"), w.element(0x80), w.generalized_time(at))
    told = speaker._signed([single], at, b"", issuer.key)
    return Scene(leaf, usable(ca("CA001")), (crls()[1],), (told,))


def a_list_with_a_date_that_cannot_be_read() -> Scene:
    """Of somebody else who came along: his revocation has no moment, and ends nothing."""
    other = key().certificate
    mine = undated(read_certificate(other).serial, this_update=END - DAY, days=1)
    return Scene(key().certificate, usable(ca("CA001")), (mine, crls()[1]), extra=(other,))


def undated(serial: int, **more: Any) -> bytes:
    """A list with an entry of the thirteenth month, as its CA has signed it."""
    issuer, since = sub("CA001"), NOW - 3 * DAY
    made = read_crl(issuer.crl([(serial, since, 1)], **more)).signed
    assert made.count(w.time(since)) == 1
    body = made.replace(w.time(since), w.time(since)[:2] + b"991332000000Z")
    return w.sequence(body, ALGORITHMS[issuer.key.algorithm], w.bits(issuer.key.sign(body)))


def neighbours(listed_until: datetime = NOW + 30 * DAY, **peer: Any) -> Scene:
    """Somebody of another province, by that province's list as ours admits it."""
    theirs = centre("青海中心")
    ours = {
        "region": "63", "name": {"zh": "青海", "en": "Qinghai"}, "sameArchitecture": True,
        "signers": [base64.b64encode(theirs.certificate).decode()], "basis": "互认协议",
        "from": moment(NOW - DAY), "sectors": {"gc": "engineering"}, "assurances": {"three": "high"}, **peer,
    }  # fmt: skip
    row = ca("QH001", sectors={"gc": {"from": moment(NOW - 700 * DAY)}}, assurance="three")
    words: dict[str, Any] = {"sectors": ["gc"], "assurances": ["three"], "region": "63"}
    data = signed(content(row, nextUpdate=moment(listed_until), **words), theirs)
    found = join(usable(ca("CA001"), peers=[ours]), {"63": data}, at=NOW).trust_list
    return Scene(sub("QH001").issue("李四", days=1200).certificate, found)


def a_neighbours_list() -> Scene:
    return neighbours(END)


def what_our_list_says_of_neighbours() -> Scene:
    return neighbours(until=moment(END))


def a_responders_certificate() -> Scene:
    leaf, issuer = key().certificate, sub("CA001")
    speaker = issuer.issue("OCSP", extended=("1.3.6.1.5.5.7.3.9",), **lifes(NOW - DAY, END))
    return Scene(leaf, usable(ca("CA001")), (crls()[1],), (Responder(issuer, speaker, NOW).answer(leaf),))


def the_list() -> Scene:
    return Scene(key().certificate, usable(ca("CA001"), nextUpdate=moment(END)))


def an_admission() -> Scene:
    return Scene(
        key().certificate,
        usable(ca("CA001", until=moment(END), grandfathering={"rule": "none", "reason": "移出"})),
    )


def grandfathering() -> Scene:
    rule = {"rule": "until:" + moment(END), "reason": "合并"}
    return Scene(
        key().certificate, usable(ca("CA001", until=moment(NOW - timedelta(hours=1)), grandfathering=rule))
    )


def a_sector() -> Scene:
    sectors = {"engineering": {"from": moment(NOW - 700 * DAY), "until": moment(END)}}
    row = ca("CA001", sectors=sectors, grandfathering={"rule": "none", "reason": "移出"})
    return Scene(key().certificate, usable(row), sector="engineering")


def an_algorithm() -> Scene:
    rows = [{"name": "sm2-sm3", "bits": 256, "until": moment(END)}]
    return Scene(key().certificate, usable(ca("CA001", algorithms=rows)))


def what_was_told() -> Scene:
    return Scene(key().certificate, replace(usable(ca("CA001")), besides=(Beside(),)))


SCENES = (
    the_signers_certificate, an_issuer_that_came_along, a_revocation_list, an_answer,
    a_responders_certificate, the_list, an_admission, grandfathering, a_sector, an_algorithm, what_was_told,
    an_answer_without_an_end, a_list_with_a_date_that_cannot_be_read, a_neighbours_list,
    what_our_list_says_of_neighbours,
)  # fmt: skip


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The moments at which something was really judged."""
    seen: list[datetime] = []
    judge = under_test._judge

    def counting(trust: Trust, leaf: bytes, moment: Moment, *rest: Any) -> Any:
        seen.append(moment.at)
        return judge(trust, leaf, moment, *rest)

    monkeypatch.setattr(under_test, "_judge", counting)
    return seen


def around(end: datetime) -> Iterator[datetime]:
    for minutes in (-20, -10, -5, 0, 5, 10):
        for shift in (-TICK, timedelta(0), TICK, timedelta(seconds=1)):
            yield end + timedelta(minutes=minutes) + shift


@pytest.mark.parametrize("scene", SCENES)
def test_it_ends_with_whatever_it_rests_on(scene: Callable[[], Scene], judged: list[datetime]) -> None:
    one = scene()
    trust = Chains.of(one.trust, one.listed)
    began = Moment(NOW + timedelta(minutes=10), "clock")
    asked: dict[str, Any] = {"purpose": SIGNING, "extra": one.extra}
    assert trust.judge(one.leaf, moment=began, **asked).ok
    states = []
    for at in around(one.end):
        now = Moment(at, "clock")
        kept, fresh = (
            trust.judge(one.leaf, moment=now, **asked),
            one.trust.judge(one.leaf, moment=now, **asked),
        )
        assert kept == fresh, at
        states.append(fresh.ok)
    assert states[0] and not states[-1]
    assert judged.count(next(around(one.end))) == 1  # by the one that remembers nothing, alone


def test_nothing_is_kept_of_a_no_of_the_past_or_of_another_trust(judged: list[datetime]) -> None:
    one = Scene(key().certificate, usable(ca("CA001")), crls())
    trust = Chains.of(one.trust, one.listed)
    now = Moment(NOW + timedelta(minutes=1), "clock")
    frozen = sub("CA001").crl([(read_certificate(one.leaf).serial, NOW - DAY, 6)], this_update=NOW, number=2)
    stranger = root("CA009").issue("李四", days=1200).certificate
    past = Moment(NOW, "timestamp", NOW + timedelta(minutes=1))
    judged.clear()
    for _ in range(3):
        assert trust.judge(one.leaf, moment=now, purpose=SIGNING).ok
    assert len(judged) == 1
    for times in range(1, 4):
        assert not trust.judge(stranger, moment=now, purpose=SIGNING).ok
        assert trust.judge(one.leaf, moment=past, purpose=SIGNING).ok
        assert trust.judge(one.leaf, moment=Moment(now.at, "claimed"), purpose=SIGNING).ok
        assert not trust.with_data(crls=[frozen]).judge(one.leaf, moment=now, purpose=SIGNING).ok
        assert not replace(trust, anchors=()).judge(one.leaf, moment=now, purpose=SIGNING).ok
        helped = replace(trust, intermediates=(*trust.intermediates, stranger))
        assert helped.judge(one.leaf, moment=now, purpose=SIGNING).ok
        assert len(judged) == 1 + 6 * times
    assert trust.judge(one.leaf, moment=now, purpose=SIGNING, extra=(stranger,)).ok
    assert len(judged) == 20  # what came along is part of the question


def test_a_revocation_without_a_date_that_can_be_read_counts_at_every_moment() -> None:
    leaf = key().certificate
    listed = usable(ca("CA001"))
    lists = undated(read_certificate(leaf).serial, this_update=NOW - DAY, days=30), crls()[1]
    one = Scene(leaf, listed, lists)
    trust = Chains.of(one.trust, listed)
    for at in (NOW - DAY + TICK, NOW, NOW + 20 * DAY):
        now = Moment(at, "clock")
        for judge in (trust, trust, one.trust):
            found = judge.judge(leaf, moment=now, purpose=SIGNING)
            assert [reason.code for reason in found.reasons] == ["revoked"], at


def test_memory_is_bounded_and_nobody_can_change_what_is_kept() -> None:
    listed = usable(ca("CA001"))
    trust = listed.trust(revocation=Revocation.IGNORED)
    memory = Chains(trust, listed, most=4)
    trust, leaves = replace(trust, memory=memory), [key().certificate for _ in range(9)]
    for leaf in leaves:
        assert trust.judge(leaf, moment=Moment(NOW), purpose=SIGNING).ok
    assert len(memory) == 4
    before = trust.judge(leaves[-1], moment=Moment(NOW), purpose=SIGNING)
    before.reasons.append(Reason("revoked"))
    before.forgiven.clear()
    assert trust.judge(leaves[-1], moment=Moment(NOW), purpose=SIGNING).reasons == []
