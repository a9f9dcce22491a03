"""Envelopes made and opened over HTTP; one of a bid is opened for nobody, whoever asks."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from certs.cms import read_signed, sign
from certs.envelope import open_share, seal_envelope
from certs.trust import Revocation
from hub.journal.entry import Kind
from tests.hub.server.ca_kit import b64, ca, folder, pki

__all__ = ["ca", "folder"]
TEXT = "开标一览表".encode()


def _entries(ca):
    journal = ca.running.site.ctx.hub.bids.box.reading.journal
    quiet = (Kind.HEAD, Kind.STAMP, Kind.PADDING)
    return [one.seq for one in journal.heads(0, 10_000) if one.facts["kind"] not in quiet]


async def _ask(ca, path, body=None, by="T01"):
    return await ca.asked(by, "GET" if body is None else "POST", f"/v1/ca/{path}", body)


async def test_sealed_by_the_platform_opened_by_any_or_by_all(ca):
    before = _entries(ca)
    status, keys = await _ask(ca, "platform")
    assert status == 200 and {"signing", "encryption", "bids", "application"} <= set(keys)
    own = base64.b64decode(keys["application"]["certificate"])
    for vendor in ("C01", "C02", "C05"):
        key = pki().vendors[vendor].encrypter("builder")
        body = {
            "content": b64(TEXT),
            "recipients": [keys["application"]["certificate"], b64(key.certificate)],
        }
        status, made = await _ask(ca, "envelopes", body)
        assert status == 200, made
        status, opened = await _ask(ca, "envelopes/open", {"envelope": made["envelope"]})
        assert (status, opened["result"], base64.b64decode(opened["content"])) == (200, "valid", TEXT)
        status, split = await _ask(ca, "envelopes", {**body, "model": "all-of"})
        status, alone = await _ask(ca, "envelopes/open", {"envelope": split["envelope"]})
        assert alone["result"] != "valid" and "content" not in alone
        trust, now = pki().trust(revocation=Revocation.IGNORED), datetime.now(UTC)
        share = open_share(base64.b64decode(split["envelope"]), key, trust=trust, at=now).share
        assert share is not None
        signer = pki().vendors[vendor].signer("builder")
        brought = seal_envelope(share.written(), [own], signer, trust=None, at=now)
        body = {"envelope": split["envelope"], "shares": [b64(brought)]}
        status, whole = await _ask(ca, "envelopes/open", body)
        assert (whole["result"], base64.b64decode(whole["content"])) == ("valid", TEXT), whole["zh"]
    assert _entries(ca) == before, "no question leaves an entry"


async def test_all_recipients_are_judged_and_a_bid_is_opened_for_nobody(ca):
    ca3 = pki().vendors["C03"]
    wrong = [ca3.encrypter("revoked"), ca3.encrypter("frozen"), ca3.signer("builder")]
    status, said = await _ask(
        ca, "envelopes", {"content": b64(TEXT), "recipients": [b64(one.certificate) for one in wrong]}
    )
    assert (status, said["code"]) == (422, "ca.recipient")
    assert {"revoked", "frozen", "key-usage"} <= {
        one["observed"].partition(":")[0].split(" ")[0] for one in said["findings"]
    }
    status, said = await _ask(ca, "envelopes", {"content": b64(TEXT), "recipients": [], "model": "some"})
    assert (status, said["code"]) == (422, "ca.request")
    status, keys = await _ask(ca, "platform")
    bids = base64.b64decode(keys["bids"]["certificate"])
    who, now = pki().vendors["C01"].signer("builder"), datetime.now(UTC)
    bid = seal_envelope(TEXT, [bids], who, trust=None, at=now)
    other = seal_envelope(TEXT, [ca3.encrypter("builder").certificate], who, trust=None, at=now)
    told = []
    for envelope in (bid, other):
        status, said = await _ask(ca, "envelopes/open", {"envelope": b64(envelope)})
        assert (status, said["result"]) == (200, "invalid") and "content" not in said
        told.append(([one["code"] for one in said["reasons"]], [one["check"] for one in said["checks"]]))
    assert told[0] == told[1] == (["no-recipient"], told[0][1])


async def test_everybody_opens_with_the_own_key_alone(ca):
    """A copy of an envelope is no key: what was sealed to the centre or to another member stays shut."""
    told = {by: (await _ask(ca, "platform", by=by))[1] for by in ("T01", "T03", "centre")}
    assert "application" not in told["centre"]
    to = {by: told[by]["application" if by != "centre" else "encryption"]["certificate"] for by in told}
    assert len(set(to.values())) == 3, "one key each"
    who, now = pki().vendors["C02"].signer("builder"), datetime.now(UTC)
    bids = base64.b64decode(told["T01"]["bids"]["certificate"])
    for meant, text in to.items():
        own = base64.b64decode(text)
        made = {
            1: seal_envelope(TEXT, [own], who, trust=None, at=now),
            0: seal_envelope(TEXT, [own, bids], who, trust=None, at=now),
        }
        for opens, envelope in made.items():
            for by in to:
                status, said = await _ask(ca, "envelopes/open", {"envelope": b64(envelope)}, by=by)
                good = bool(opens) and by == meant
                assert (status, said["result"], "content" in said) == (
                    200,
                    "valid" if good else "invalid",
                    good,
                )
                assert good or [one["code"] for one in said["reasons"]] == ["no-recipient"]


async def test_an_envelope_signed_by_somebody_who_need_not_know_the_key_opens_only_if_that_is_forgiven(ca):
    own = base64.b64decode((await _ask(ca, "platform"))[1]["application"]["certificate"])
    maker, thief = (pki().vendors["C02"].signer(one) for one in ("builder", "supplier"))
    now = datetime.now(UTC)
    inner = read_signed(seal_envelope(TEXT, [own], maker, trust=None, at=now)).content
    again = sign(inner, thief, arc="sm2", time=now)
    status, said = await _ask(ca, "envelopes/open", {"envelope": b64(again)})
    assert (status, said["result"], "content" in said) == (200, "invalid", False)
    assert [one["code"] for one in said["reasons"]] == ["unbound"]
    status, said = await _ask(ca, "envelopes/open", {"envelope": b64(again), "bound": False})
    assert said["result"] == "valid" and base64.b64decode(said["content"]) == TEXT, said
    assert "unbound" in [one["code"] for one in said["forgiven"]]
