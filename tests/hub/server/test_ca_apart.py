"""What was judged for one asker answers no other: who is answered at once would know that a certificate had
been looked at, maybe for a bid. Judgements are counted, no time is taken."""

from __future__ import annotations

import pytest

import certs.recognition.recogniser as recogniser
import certs.trust
from tests.hub.server.ca_kit import b64, ca, folder, pki
from tests.hub.server.test_ca import TEXT

__all__ = ["ca", "folder"]


@pytest.fixture
def judged(monkeypatch):
    """Whose certificates were really judged."""
    seen, (judge, recognise) = [], (certs.trust._judge, recogniser.recognise_under)

    def judging(trust, leaf, *rest):
        seen.append(leaf)
        return judge(trust, leaf, *rest)

    def recognising(trust, listed, leaf, *rest):
        seen.append(leaf)
        return recognise(trust, listed, leaf, *rest)

    monkeypatch.setattr(certs.trust, "_judge", judging)
    monkeypatch.setattr(recogniser, "recognise_under", recognising)
    return seen


async def test_nobody_is_answered_sooner_for_what_another_has_asked(ca, judged):
    signer = pki().vendors["C02"].message_signer("builder")
    raw = {"kind": "raw", "certificate": b64(signer.certificate), "data": b64(TEXT)}
    signed = certs.sign_cms(TEXT, pki().vendors["C02"].signer("builder"))
    questions = [
        ("recognise", {"certificate": b64(signer.certificate)}),
        ("verify", {**raw, "signature": b64(signer.sign(TEXT))}),
        ("verify", {"kind": "attached", "signature": b64(signed)}),
        ("explain", {"file": b64(signed)}),
    ]

    async def cost(asker):
        spent = []
        for path, body in questions:
            judged.clear()
            status, said = await ca.asked(asker, "POST", f"/v1/ca/{path}", body)
            assert status == 200 and said.get("result", "valid") == "valid", said
            spent.append(judged.count(signer.certificate))
        return spent

    first, again = await cost("T01"), await cost("T01")
    assert first[0] and first[2] and sum(again) < sum(first), "who comes again is remembered"
    assert await cost("P01") == first, "and nobody else is answered by it"
    assert (await cost("T01"), await cost("P01")) == (again, again)


async def test_bids_and_whoever_may_be_anybody_are_apart_too(ca, judged):
    desk, raw = ca.running.ctx.hub.ca, pki().vendors["C02"].signer("builder").certificate
    judges = await desk.open()
    asking = {"at": desk._clock()}
    mode = judges.belief.policy.revocation["signing"]

    def cost(asker):
        judged.clear()
        assert judges.of(asker).recogniser(mode).recognise(raw, **asking).ok
        return len(judged)

    first = cost("bids T01")
    assert first and cost("bids T01") == 0
    assert [cost(one) for one in ("T01", "bids P01", "", "")] == [first] * 4
