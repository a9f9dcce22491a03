"""The fifteen systems of token-sm4, gateway-gm, hmac-open and http-xml as a fleet makes them from a seed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from certs.algorithms.sm2_keys import public_of
from hub.message import CST
from hub.standard import load
from simulators.faults.act import AS_USUAL
from simulators.roll import roll
from simulators.senders import sender
from simulators.system import System
from simulators.systems.build import Making, build
from simulators.wire import Request
from tests.rows import each

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=CST)
WHO = {
    "token-sm4": ("P01", "P04", "M09", "T02"),
    "gateway-gm": ("P07", "D11", "D16"),
    "hmac-open": ("P11", "L03", "D02", "C05"),
    "http-xml": ("D03", "D24", "C03", "R02"),
}
SERVICES = {
    "P01": {"venue.reserve"},
    "P04": {"entry.accept"},
    "M09": {"venue.query", "seat.query"},
    "T02": {"entry.accept"},
    "P07": {"supervise.data"},
    "D11": {"supervise.data"},
    "D16": {"tax.query"},
    "P11": {"witness.video"},
    "L03": {"witness.video", "supervise.event"},
    "D02": {"project.query"},
    "C05": {"ca.verify", "ca.status", "ca.sync"},
    "C03": {"ca.verify", "ca.sign", "tsa.stamp"},
    "R02": {"credit.query"},
}
IDS = [ident for idents in WHO.values() for ident in idents]


def made(ident: str, seed: int = 3) -> System:
    return build(roll()[ident], Making(seed=seed))


@each("ident", IDS)
def test_each_is_made_and_has_its_services(ident: str) -> None:
    system = made(ident)
    assert ident in WHO[system.desk.dialect]
    assert SERVICES.get(ident, set()) <= set(system.desk.books)
    assert sender(system.desk, load()).name("gp-project", None, "s")[1]


@each("ident", IDS)
def test_the_same_seed_gives_the_same_secrets_and_private_halves_stay(ident: str) -> None:
    one, two, other = made(ident), made(ident), made(ident, 4)
    assert dict(one.desk.credentials) == dict(two.desk.credentials)
    assert dict(one.desk.credentials) != dict(other.desk.credentials)
    assert not set(one.desk.own.values()) & set(one.desk.credentials.values())


def test_key_pairs_belong_together() -> None:
    desk = made("P07").desk
    for private, public in ((desk.own["peer_key"], desk.credentials["peer_pub"]),
                            (desk.credentials["sign_key"], desk.own["sign_pub"])):  # fmt: skip
        assert public_of(bytes.fromhex(private)).hex() == public


@each("ident", IDS)
@each("body", [b"", b"{", b"\xff\xfe\x00", b"<request>", b'{"a":' * 2000, b"[1e999]"])
def test_whatever_comes_is_answered_and_nothing_takes_effect(ident: str, body: bytes) -> None:
    system = made(ident)
    paths = (
        "/gsggzy/api/getToken",
        "/gsggzy/api/receiveDocument",
        "/ebus/ggzy/purcprj",
        "/openapi/v1/witness/items",
        "/openapi/v1/procurement/projects",
        "/xmlservice",
        "/",
    )
    for path in paths:
        for method in ("POST", "GET"):
            headers = {"content-type": "multipart/form-data; boundary=x"}
            reply = system.answer(Request(method, path, "a=%zz&b", headers, body), NOW, AS_USUAL)
            assert reply is not None and 200 <= reply.status < 500
    assert len(system.desk.ledger) == 0


def test_the_native_answers_are_told_apart_from_errors() -> None:
    reply = made("P04").answer(Request("POST", "/gsggzy/api/getToken", body=b"{}"), NOW, AS_USUAL)
    assert reply is not None and json.loads(reply.body)["code"] == 10060


@pytest.mark.parametrize("ident", ["P04", "D16", "P11"])
def test_a_reset_forgets_tokens_tickets_and_nonces(ident: str) -> None:
    side: Any = made(ident).side
    before = {name: id(getattr(side, name, None)) for name in ("tokens", "_nonces", "_tickets")}
    side.forget()
    after = {name: id(getattr(side, name, None)) for name in before}
    assert [name for name in before if hasattr(side, name) and before[name] == after[name]] == []
