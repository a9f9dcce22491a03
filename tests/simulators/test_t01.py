"""T01 does what the profile asks, and each variant gets exactly its own thing wrong."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from certs.algorithms.digest import digest
from hub.message import CST, Key, canonical, content_digest, sign, sign_request, wall
from hub.standard import load
from simulators.systems.t01 import VARIANTS, ReferenceSystem
from simulators.wire import Reply, Request
from tests.rows import each

NOW = datetime(2026, 11, 22, 9, 0, 0, tzinfo=CST)
CENTRE = Key("centre-1", "centre", "hmac-sm3", b"c" * 32)
OWN = Key("T01-1", "T01", "hmac-sm3", b"t" * 32)
STANDARD = load()


class Sut:
    """A T01 (or a variant) and a hand that signs like the hub."""

    def __init__(self, kind: type[ReferenceSystem] = ReferenceSystem) -> None:
        self.system = kind(
            standard=STANDARD, key_of={"centre-1": CENTRE, "T01-1": OWN}.get, own_key=lambda: OWN
        )
        self.count = 0

    def envelope(self, stage: str = "eng-tender-notice", seed: int = 1, **head: Any) -> dict[str, Any]:
        self.count += 1
        made = STANDARD.sample(stage, seed, sender="centre", time=NOW)
        made["head"] |= {
            "realm": "sandbox",
            "to": "T01",
            "msgId": f"C-{self.count}",
            "nonce": f"nonce-{self.count:08d}",
            "time": wall(NOW),
        } | head
        return made

    def put(self, envelope: dict[str, Any], key: Key = CENTRE) -> tuple[int, dict[str, Any]]:
        return self.raw(canonical(sign(envelope, key)))

    def raw(self, raw: bytes) -> tuple[int, dict[str, Any]]:
        return told(self.system.answer(Request("POST", "/uis/v1/messages", body=raw), NOW))

    def get(self, target: str) -> tuple[int, dict[str, Any]]:
        self.count += 1
        path, _, query = target.partition("?")
        signed = f"/T01{target}"
        headers = sign_request("GET", signed, CENTRE, now=NOW, nonce=f"get-{self.count:08d}")
        lower = {name.lower(): value for name, value in headers.items()}
        return told(self.system.answer(Request("GET", path, query, lower, signed=signed), NOW))

    def records(self) -> list[dict[str, Any]]:
        status, page = self.get("/uis/v1/records")
        assert status == 200
        return list(page["records"])

    def control(self, command: str, **arguments: Any) -> tuple[int, dict[str, Any]]:
        self.count += 1
        body = json.dumps({"command": command, "arguments": arguments}).encode()
        target = "/T01/uis/v1/control"
        headers = sign_request(
            "POST", target, CENTRE, now=NOW, nonce=f"post-{self.count:07d}",
            body_digest="sm3:" + digest(body).hex(),
        )  # fmt: skip
        lower = {name.lower(): value for name, value in headers.items()}
        request = Request("POST", "/uis/v1/control", headers=lower, body=body, signed=target)
        return told(self.system.answer(request, NOW))


def told(reply: Reply) -> tuple[int, dict[str, Any]]:
    return reply.status, json.loads(reply.body)


def test_a_good_message_gets_a_receipt_with_the_content_digest() -> None:
    sut = Sut()
    envelope = sut.envelope()
    status, said = sut.put(envelope)
    assert (status, said["code"]) == (202, "0000"), said
    assert said["receipt"]["digest"] == "sm3:" + content_digest(envelope).hex()
    assert [row["key"] for row in sut.records()] == [envelope["body"]["key"]]


def test_the_same_message_again_is_the_same_receipt_and_no_second_effect() -> None:
    sut = Sut()
    envelope = sut.envelope()
    raw = canonical(sign(envelope, CENTRE))
    first, bytes_again = sut.raw(raw), sut.raw(raw)
    envelope["head"]["nonce"] = "another-nonce"
    fresh = sut.put(envelope)
    assert first[0] == 202 and bytes_again[0] == fresh[0] == 200
    assert first[1]["receipt"] == bytes_again[1]["receipt"] == fresh[1]["receipt"]
    assert sut.system.ledger.effects == 1


def test_another_message_under_the_number_is_a_conflict() -> None:
    sut = Sut()
    sut.put(sut.envelope(msgId="M-1"))
    assert sut.put(sut.envelope(seed=2, msgId="M-1"))[0] == 409


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"time": wall(NOW - timedelta(seconds=301))}, 401, "auth.time-window"),
        ({"from": "T03"}, 401, "auth.key"),
        ({"to": "T03"}, 422, "head.to"),
        ({"realm": "production"}, 422, "realm.mismatch"),
    ],
)
def test_a_wrong_head_is_refused(change: dict[str, str], status: int, code: str) -> None:
    sut = Sut()
    found, said = sut.put(sut.envelope(**change))
    assert (found, said["code"]) == (status, code)
    assert sut.system.ledger.effects == 0


def test_a_changed_byte_a_reused_nonce_and_anothers_key_are_refused() -> None:
    sut = Sut()
    signed = sign(sut.envelope(), CENTRE)
    signed["body"]["version"] += 1
    assert sut.raw(canonical(signed))[0] == 401
    sut.put(sut.envelope(nonce="once-only"))
    status, said = sut.put(sut.envelope(nonce="once-only"))
    assert (status, said["code"]) == (401, "auth.nonce")
    assert sut.put(sut.envelope(), OWN)[0] == 401


def test_every_finding_is_named_at_once() -> None:
    sut = Sut()
    envelope = sut.envelope()
    envelope["body"]["fields"] |= {"NOTICE_NATURE": "77", "NO_SUCH": "x"}
    del envelope["body"]["fields"]["NOTICE_NAME"]
    status, said = sut.put(envelope)
    assert status == 422
    assert {f["code"] for f in said["findings"]} >= {"code.unknown", "field.unknown", "field.required"}


@pytest.mark.parametrize(
    "raw", [b"{", b"\xff\xfe", b'{"a":1,"a":2}', b'{"head":{},"body":{"x":1.5}}', b"[" * 99]
)
def test_bytes_that_are_no_i_json_are_400(raw: bytes) -> None:
    assert Sut().raw(raw)[0] == 400


def test_a_large_body_is_413() -> None:
    assert Sut().raw(b" " * 1_048_577)[0] == 413


def test_sealed_records_are_not_in_the_export_until_the_opening() -> None:
    sut = Sut()
    for bidder in range(3):
        made = STANDARD.sample("eng-bidder-list", 1, sender="centre", bidder=bidder, time=NOW)
        envelope = sut.envelope()
        envelope["head"]["stage"], envelope["body"] = "eng-bidder-list", made["body"]
        assert sut.put(envelope)[0] == 202
    before = sut.get("/uis/v1/records")[1]
    assert before == {"records": [], "next": None}
    assert sut.put(sut.envelope("eng-bid-opening"))[0] == 202
    after = sut.records()
    assert [row["stage"] for row in after] == ["eng-bid-opening", *["eng-bidder-list"] * 3]


def test_an_opening_of_another_section_opens_nothing() -> None:
    sut = Sut()
    assert sut.control("sign-up", seed=1)[0] == 200
    assert sut.control("open-bids", seed=2)[0] == 200
    assert [row["stage"] for row in sut.records()] == ["eng-bid-opening"]
    assert sut.control("open-bids", seed=1)[0] == 200
    assert len(sut.records()) == 3


def test_control_refuses_what_it_does_not_know_and_who_it_does_not_know() -> None:
    sut = Sut()
    assert sut.control("dance")[0] == 404
    assert sut.control("sign-up", seed="x")[0] == 422
    assert sut.system.answer(Request("GET", "/uis/v1/control"), NOW).status == 401
    assert sut.system.answer(Request("GET", "/uis/v1/records"), NOW).status == 401
    status, said = sut.get("/uis/v1/control")
    assert status == 200 and {"connect", "publish-notice", "sign-up", "open-bids", "reset"} <= set(
        said["commands"]
    )


def test_reset_forgets() -> None:
    sut = Sut()
    sut.put(sut.envelope(msgId="M-1"))
    sut.control("reset")
    assert sut.records() == []
    assert sut.put(sut.envelope(msgId="M-1"))[0] == 202


# -- variants: one wrong thing each ------------------------------------------------------------------


def twice(sut: Sut) -> object:
    envelope = sut.envelope()
    raw = canonical(sign(envelope, CENTRE))
    return sut.raw(raw)[1].get("receipt"), sut.raw(raw)[1].get("receipt"), sut.system.ledger.effects


def bad_signature(sut: Sut) -> object:
    return sut.put(sut.envelope(), Key("centre-1", "centre", "hmac-sm3", b"x" * 32))[0]


def stale(sut: Sut) -> object:
    return sut.put(sut.envelope(time=wall(NOW - timedelta(hours=1))))[0]


def nonce(sut: Sut) -> object:
    sut.put(sut.envelope(nonce="once-only"))
    return sut.put(sut.envelope(nonce="once-only"))[0]


def findings(sut: Sut) -> object:
    envelope = sut.envelope()
    envelope["body"]["fields"] |= {"NO_SUCH": "x", "NO_SUCH_EITHER": "y"}
    _, said = sut.put(envelope)
    return len(said["findings"]) > 1


def refusal_status(sut: Sut) -> object:
    envelope = sut.envelope()
    envelope["body"]["fields"]["NO_SUCH"] = "x"
    return sut.put(envelope)[0]


def leak(sut: Sut) -> object:
    sut.control("sign-up", seed=1)
    return sut.get("/uis/v1/records")[1]


def amounts(sut: Sut) -> object:
    sut.put(sut.envelope("eng-section"))
    return [type(v) for row in sut.records() for v in row["fields"].values() if isinstance(v, float)]


def receipt_digest(sut: Sut) -> object:
    envelope = sut.envelope()
    return sut.put(envelope)[1]["receipt"]["digest"] == "sm3:" + content_digest(envelope).hex()


def unknown_code(sut: Sut) -> object:
    envelope = sut.envelope()
    envelope["body"]["fields"]["NOTICE_NATURE"] = "Z"
    return sut.put(envelope)[0]


def kept(sut: Sut) -> object:
    for seed in range(4):
        sut.put(sut.envelope(seed=seed))
    return len(sut.records())


def ext(sut: Sut) -> object:
    envelope = sut.envelope()
    envelope["body"]["ext"] = {"x": "1"}
    sut.put(envelope)
    return [row["ext"] for row in sut.records()]


def conflict(sut: Sut) -> object:
    sut.put(sut.envelope(msgId="M-1"))
    return sut.put(sut.envelope(seed=2, msgId="M-1"))[0]


def retries(sut: Sut) -> object:
    return type(sut.system.outbox).__name__


PROBES = {
    "forgets-duplicates": twice,
    "accepts-bad-signature": bad_signature,
    "accepts-stale-time": stale,
    "accepts-reused-nonce": nonce,
    "first-finding-only": findings,
    "leaks-before-opening": leak,
    "counts-before-opening": leak,
    "float-amounts": amounts,
    "wrong-digest": receipt_digest,
    "accepts-unknown-code": unknown_code,
    "loses-records": kept,
    "http200-on-error": refusal_status,
    "drops-ext-fields": ext,
    "ignores-conflict": conflict,
    "fresh-numbers": retries,
    "gives-up": retries,
}


@each("name", VARIANTS)
def test_each_variant_differs_from_the_good_one_in_its_own_probe(name: str) -> None:
    probe = PROBES[name]
    assert probe(Sut(VARIANTS[name])) != probe(Sut())


@each("name", VARIANTS)
def test_a_variant_is_otherwise_a_working_system(name: str) -> None:
    sut = Sut(VARIANTS[name])
    for seed in (3, 4):
        assert sut.put(sut.envelope(seed=seed))[0] == 202
    assert sut.records()
