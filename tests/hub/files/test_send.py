"""`hutong send FILE --attach PATH`: files a message names go first; what it does not name goes nowhere."""

from __future__ import annotations

import asyncio
import json
import random
import secrets

import pytest

from hub import standard
from hub.attaching import name_of
from hub.cli import main as command

RNG = random.Random(31)


@pytest.mark.parametrize("algorithm", ["sm3", "sha256"])
async def test_a_message_with_its_file(world, tmp_path, capsys, algorithm):
    plan = tmp_path / "图纸.pdf"
    plan.write_bytes(b"%PDF-1.7 " + RNG.randbytes(20_000))
    name = name_of(plan, algorithm)
    envelope = standard.load().sample("subject-legal-person", 5)
    envelope["head"] |= {"from": "P01", "realm": "sandbox", "msgId": secrets.token_hex(8)}
    message = tmp_path / "message.json"

    async def send(*files):
        row = {"name": "a.pdf", "size": 1, "media": "application/pdf", "role": "doc"}
        envelope["body"]["files"] = [row | {"digest": one} for one in files]
        message.write_text(json.dumps(envelope, ensure_ascii=False), "utf-8")
        words = ["send", str(message), "--attach", str(plan), "--url", world.running.url, "--json"]
        return await asyncio.to_thread(command.main, [*words, "--keys", str(world.data / "keys")])

    assert await send("sm3:" + "0" * 64) == 1
    told = capsys.readouterr()
    assert name_of(plan) in told.err and told.out == ""
    assert world.lying() == []
    assert await send(name) == 0, capsys.readouterr()
    told = capsys.readouterr()
    assert "图纸.pdf 100%" in told.err
    hub_id = json.loads(told.out)["hubId"]
    assert (await world.call("P01", "trace", hub_id))["files"] == [{"digest": name, "there": True}]
    assert (await world.fetch("P01", name))[1] == plan.read_bytes()
