"""sm2-aes (P12, M04, M07) against its papers: golden bytes opened, answers closed, what is said in clear."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from certs.algorithms.sm2_encryption import encrypt
from hub.catalogue.papers import Papers
from simulators.dialects.sm2_aes import decipher
from simulators.faults import FaultPlan, UnknownFaultError
from simulators.roll import roll
from simulators.systems.build import Making, build
from simulators.wire import Reply, Request

Maker = Callable[..., Any]
D = "static-token-rest"
NUMBER = r"(SJ|YJ)\d{16}"


def at_of(bench: Maker, ident: str = "M04", variant: str = "sm2-aes") -> Any:
    at = bench(D, ident)
    at.lines = {line["id"]: line for line in at.papers.golden() if line["file"] == f"{variant}.jsonl"}
    return at


def opened(at: Any, reply: Reply) -> str:
    given = at.desk.credentials
    return decipher(given["aes_key"].encode(), given["aes_iv"].encode(), reply.body).decode()


def same(at: Any, ident: str, *moods: str) -> None:
    """The plain text of the answer is the golden one, under the golden headers."""
    line = at.lines[ident]
    said, wanted = at.say(line, moods), line["reply"]
    assert (said.status, dict(said.headers)) == (wanted["status"], wanted["headers"])
    assert re.sub(NUMBER, "#", opened(at, said)) == re.sub(NUMBER, "#", line["plain"]["reply"])


def test_golden_requests_are_opened_and_answered(bench: Maker) -> None:
    at = at_of(bench)
    for ident in ("aes-push-ok", "aes-push-duplicate"):
        same(at, ident)
    got = json.loads(opened(at, at.say(at.lines["aes-get-ok"])))
    wanted = json.loads(at.lines["aes-get-ok"]["plain"]["reply"])
    # the plain variant's transcript tells the receipt beside the record, this one leaves it out
    assert got["custom"]["record"] == wanted["custom"]["record"] and got["status"] == wanted["status"]
    assert at.desk.ledger.effects == 1
    same(at_of(bench, "P12"), "aes-alert-ok")


def test_the_first_answers_are_the_golden_bytes(bench: Maker) -> None:
    at = at_of(bench)
    assert at.say(at.lines["aes-push-ok"]).body.decode() == at.lines["aes-push-ok"]["reply"]["body"]


def test_a_wrong_token_is_told_under_cipher(bench: Maker) -> None:
    at = at_of(bench)
    told = json.loads(opened(at, at.say(at.lines["aes-push-bad-token"])))
    assert told["custom"]["errorno"] == "E001" and at.desk.ledger.effects == 0


def test_who_reads_the_old_order_says_so_in_clear(bench: Maker) -> None:
    at = at_of(bench)
    line = at.lines["aes-push-old-order"]
    said = at.say(line, ("sm2-mode-c1c2c3",))
    assert said.body.decode() == line["reply"]["body"] and "encrypt" not in said.headers
    assert at.desk.ledger.effects == 0


def test_an_answer_under_another_key_opens_for_nobody(bench: Maker) -> None:
    at = at_of(bench)
    said = at.say(at.lines["aes-push-broken"], ("answer-under-another-key",))
    assert said.headers["encrypt"] == "1" and at.desk.ledger.effects == 1
    with pytest.raises(ValueError):
        json.loads(opened(at, said))


@pytest.mark.parametrize(
    ("headers", "change"),
    [
        ({}, lambda body: body),
        ({"encrypt": "1"}, lambda body: body[2:]),
        ({"encrypt": "1"}, lambda body: body[:-2] + "00"),
        ({"encrypt": "1"}, lambda body: body.upper()),
        ({"encrypt": "1"}, lambda body: '{"token":"Gs@2026#static","params":{}}'),
    ],
)
def test_what_cannot_be_opened(bench: Maker, headers: dict[str, str], change: Any) -> None:
    at = at_of(bench)
    line = at.lines["aes-push-ok"]
    body = change(line["request"]["body"])
    said = at.say({**line, "request": {**line["request"], "headers": headers, "body": body}})
    told = json.loads(said.body)
    assert (told["custom"]["errorno"], told["status"]["text"]) == ("E011", "解密失败")
    assert at.desk.ledger.effects == 0


def test_too_much_is_said_in_clear_before_anything_is_opened(bench: Maker) -> None:
    at = at_of(bench)
    line = at.lines["aes-push-ok"]
    said = at.say({**line, "request": {**line["request"], "body": "04" + "0" * 2**21}})
    assert json.loads(said.body)["custom"]["errorno"] == "E413"
    assert at.say({**line, "request": {**line["request"], "path": "/rest/nothing/push"}}).status == 404


@pytest.mark.parametrize("ident", ["P12", "M04", "M07"])
def test_a_system_of_the_fleet_with_keys_from_the_seed(ident: str) -> None:
    system = build(roll()[ident], Making(seed=5))
    desk = system.desk
    assert "peer_private" not in desk.credentials and "token" not in desk.own
    golden = next(line for line in Papers.load(D).golden() if line["id"] == "push-ok")
    body = json.loads(golden["request"]["body"]) | {"token": desk.credentials["token"]}
    plain = base64.b64encode(json.dumps(body).encode())
    sent = encrypt(bytes.fromhex(desk.credentials["peer_public"]), plain, "c1c3c2").hex().encode()
    at = datetime.fromisoformat("2026-11-22T09:00:00+08:00")
    said = system.side.answer(
        Request("POST", "/rest/zbgonggao/push", headers={"encrypt": "1"}, body=sent), at
    )
    key, iv = desk.credentials["aes_key"].encode(), desk.credentials["aes_iv"].encode()
    assert json.loads(decipher(key, iv, said.body))["status"]["code"] == 1
    assert desk.ledger.effects == 1


def test_faults_of_a_variant_are_not_armed_elsewhere() -> None:
    FaultPlan(D, variant="sm2-aes").arm("sm2-mode-c1c2c3")
    with pytest.raises(UnknownFaultError):
        FaultPlan(D, variant="plain").arm("sm2-mode-c1c2c3")
