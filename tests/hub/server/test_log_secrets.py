"""A scenario with every log at its loudest: no secret in use is in a line, and each line is one."""

from __future__ import annotations

import base64
import io
import json
import logging

import pytest

from hub import logs

PASSWORD, TOKEN = "peer-password-0815", "peer-token-4711"
HOSTILE = 'm\r\n{"level":"critical"}\x1b[31m'


@pytest.fixture
def lines():
    """Everything from DEBUG on, as the process itself would write it."""
    root = logging.getLogger()
    kept, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.configure("json", "debug", stream)
    yield stream
    for handler in list(root.handlers):
        root.removeHandler(handler)
    for handler in kept:
        root.addHandler(handler)
    root.setLevel(level)


async def test_no_secret_and_no_forged_line(lines, make_world, monkeypatch):
    world = await make_world()
    (world.data / "token").write_text(TOKEN, "utf-8")
    (world.data / "peers.toml").write_text(
        '[systems.D09]\nbase = "http://127.0.0.1:1"\n'
        f'credentials = {{user = "hub", password = "{PASSWORD}", token = "file:token"}}\n',
        "utf-8",
    )
    assert (await world.post(world.signed()))[0] == 202
    assert (await world.post(world.signed(msgId=HOSTILE)))[0] == 422
    assert (await world.post(world.signed(), X_Odd="\x7f".replace("\x7f", "odd")))[0] == 202
    assert (await world.post(b"\xff\xfe" + HOSTILE.encode()))[0] in {400, 422}
    forged = {**world.proof("centre", "POST", "/v1/admin/reload"), "X-Hutong-Sign": "00" * 32}
    await world.asked("centre", "POST", "/v1/admin/reload", headers=forged)
    await world.asked("centre", "POST", "/v1/admin/reload")
    (world.data / "peers.toml").write_text(f'[systems."D09\\n{{}}"]\npassword = "{PASSWORD}"\n', "utf-8")
    await world.asked("centre", "POST", "/v1/admin/reload")
    (world.data / "keys" / f"bad\n{TOKEN[:4]}.json").write_text(json.dumps({"secret": PASSWORD}), "utf-8")
    await world.asked("centre", "POST", "/v1/admin/reload")

    async def broken(raw):
        raise RuntimeError(f"{PASSWORD} {raw!r}")

    monkeypatch.setattr(type(world.running.ctx.hub), "submit", lambda self, raw: broken(raw))
    body = json.dumps(world.signed(), ensure_ascii=False).encode()
    assert (await world.post(body))[0] == 500
    text = lines.getvalue()
    rows = [json.loads(line) for line in text.splitlines()]
    assert {"hub.reload.reloader", "hub.server.app"} <= {row["event"] for row in rows}
    assert not any(row["level"] == "critical" for row in rows)
    secrets = [PASSWORD, TOKEN]
    for key in world.keys.values():
        secrets += [key.secret.hex(), base64.b64encode(key.secret).decode(), repr(key.secret)[2:-1]]
    for name in ("journal.key", "index.key"):
        raw = (world.data / name).read_bytes()
        secrets += [raw.hex(), base64.b64encode(raw).decode()]
    secrets += [
        line for line in (world.data / "evidence.key").read_text("ascii").splitlines() if "-----" not in line
    ]
    assert not [one for one in secrets if one in text]
    assert all(char.isprintable() for line in text.splitlines() for char in line)
