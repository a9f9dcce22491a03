"""A password digest covers no content: each serves one message, over real HTTP in the papers' own SOAP."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, timedelta
from typing import Any

import pytest

from adapters.soap11_wsse import DIALECT, security
from hub import catalogue
from hub.dialects import Found
from hub.ports import Call
from hub.server.run import start

SYSTEM = next(row for row in catalogue.load().systems if row.dialect == "soap11-wsse").id
USER = {"username": "hub6200", "password": "Ggzy#D09-2026"}
NS = "http://exchange.ggzy.example/soap11/v1"
SAMPLE = catalogue.load().papers("soap11-wsse") / "samples" / "eng-project.push.request.xml"
TIMES = re.compile(r"<wsse:Security.*?</wsse:Security>", re.DOTALL)


@pytest.fixture
async def world(make_world: Any) -> Any:
    made = await make_world(found=Found({"soap11-wsse": DIALECT}, {}))
    (made.data / "peers.toml").write_text(
        f'[systems.{SYSTEM}]\nallow_from = ["127.0.0.1"]\n[systems.{SYSTEM}.credentials]\n'
        + "".join(f'{name} = "{value}"\n' for name, value in USER.items()),
        "utf-8",
    )
    return made


def token(world: Any) -> str:
    """A fresh security header as the papers ask for it."""
    return security.header(Call(SYSTEM, "", USER, world.clock().astimezone(UTC), secrets.token_hex(16), ""))


def message(security_header: str, key: str = "", name: str = "") -> str:
    """The papers' sample under another proof, for another record or with another project name."""
    text = TIMES.sub(lambda _: security_header, SAMPLE.read_text("utf-8"))
    if key:
        text = replaced("businessId", key, text)
    return replaced("projectName", name, text) if name else text


def replaced(element: str, value: str, text: str) -> str:
    changed, count = re.subn(rf"(<t:{element}>)[^<]*", rf"\g<1>{value}", text)
    assert count == 1
    return changed


async def push(world: Any, text: str) -> str:
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{NS}/pushProject"'}
    url = f"{world.url}/in/{SYSTEM}/services/TradeExchange"
    async with world.http.post(url, data=text.encode(), headers=headers) as reply:
        return str(await reply.text())


def result(text: str) -> str:
    found = re.search(r"<t:resultCode>(-?\d+)|<faultcode>wsse:(\w+)", text)
    assert found, text
    return found[1] or found[2]


def receipt(text: str) -> str:
    found = re.search(r"<t:receiptNo>([^<]+)", text)
    assert found, text
    return found[1]


async def test_a_captured_proof_carries_no_other_body_and_a_true_retry_gets_its_receipt(world: Any) -> None:
    proof = token(world)
    first = await push(world, message(proof))
    assert result(first) == "1", first
    again = await push(world, message(proof))
    assert (result(again), receipt(again)) == ("2", receipt(first))
    forged = await push(world, message(proof, key=secrets.token_hex(16), name="换了内容的项目"))
    assert result(forged) == "InvalidSecurityToken"
    changed = await push(world, message(proof, name="换了内容的项目"))
    assert result(changed) == "InvalidSecurityToken"


async def test_the_proof_of_a_retry_or_of_a_refused_call_is_used_up_too(world: Any) -> None:
    assert result(await push(world, message(token(world)))) == "1"
    repeated, refused = token(world), token(world)
    assert result(await push(world, message(repeated))) == "2"
    wrong = replaced("regionCode", "999999", message(refused, key=secrets.token_hex(16)))
    assert int(result(await push(world, wrong))) < 0
    for used in (repeated, refused):
        forged = message(used, key=secrets.token_hex(16), name="换了内容的项目")
        assert result(await push(world, forged)) == "InvalidSecurityToken"


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda text: text.replace("pushProjectRequest", "pushNothingRequest"),
        lambda text: re.sub(r"(?s)<t:header>.*?</t:header>", "", text),
        lambda text: re.sub(r"(<t:projectName>.*?</t:projectName>)", r"\1\1", text),
    ],
    ids=["operation", "no header", "twice"],
)
async def test_the_proof_of_a_call_that_cannot_be_read_is_used_up_too(world: Any, spoilt: Any) -> None:
    proof = token(world)
    plain = message(proof, key=secrets.token_hex(16))
    unreadable = spoilt(plain)
    assert unreadable != plain
    assert not re.search(r"<t:resultCode>1<", await push(world, unreadable))
    forged = message(proof, key=secrets.token_hex(16), name="换了内容的项目")
    assert result(await push(world, forged)) == "InvalidSecurityToken"
    assert result(await push(world, message(token(world), key=secrets.token_hex(16)))) == "1"


async def test_used_nonces_outlive_a_restart(world: Any) -> None:
    world.clock.stands = world.clock()  # to the second, however long the restart takes
    proof = token(world)
    first = await push(world, message(proof))
    await world.running.stop()
    world.running = await start(
        world.running.ctx.settings, clock=world.clock, found=Found({"soap11-wsse": DIALECT}, {})
    )
    try:
        assert receipt(await push(world, message(proof))) == receipt(first)
        world.clock.ahead = timedelta(seconds=299)
        assert result(await push(world, message(proof, key=secrets.token_hex(16)))) == "InvalidSecurityToken"
        world.clock.ahead = timedelta(seconds=302)
        assert result(await push(world, message(proof, key=secrets.token_hex(16)))) == "MessageExpired"
    finally:
        await world.running.stop()
