"""One hub, the simulators of C04 and N05 with their steering port, one local component and one browser."""

from __future__ import annotations

import asyncio
import random
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.dialects import Found, find
from hub.keyring import make_demo_keys
from hub.message import CST
from hub.server.run import Running, start
from hub.settings import Settings
from simulators.clock import MovableClock
from simulators.component import command
from simulators.component.server import Door
from simulators.fleet import Fleet, Options
from simulators.management import Management
from simulators.peers import write
from tests.hub.server.ca_kit import provided

PIN = "123456"
# What a page waits between two questions is cut short; nothing that is judged depends on it.
_HASTE = "const slow = window.setTimeout; window.setTimeout = (work, ms) => slow(work, Math.min(ms, 150));"
_LOUD = ("Failed to load resource",)  # what a browser says of any refusal


@dataclass(slots=True)
class World:
    """All that runs; `complaints` is what a browser said that it should not have to."""

    running: Running
    fleet: Fleet
    door: Door
    steering: Management
    steering_url: str
    component_url: str
    clock: Clock
    browser: Any = None
    play: Any = None
    complaints: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.running.url

    async def opened(self, query: str = "", width: int = 1280) -> Using:
        """The page in a browser that nobody has used before."""
        context = await self.browser.new_context(viewport={"width": width, "height": 900})
        page = await context.new_page()
        page.set_default_timeout(30_000)
        page.on(
            "console", lambda said: None if said.text.startswith(_LOUD) else self.complaints.append(said.text)
        )
        page.on("pageerror", lambda error: self.heard(str(error)))
        await page.add_init_script(_HASTE)
        await page.goto(f"{self.url}/certificates/use{query}")
        return Using(page, self)

    def heard(self, said: str) -> None:
        if not said.startswith(_LOUD):
            self.complaints.append(said)

    async def phone(self) -> Any:
        """The second tab: C04 at the steering port, with the buttons of whoever holds the telephone."""
        page = await (await self.browser.new_context()).new_page()
        page.set_default_timeout(30_000)
        await page.goto(f"{self.steering_url}/pages/C04")
        return page

    def act(self, system: str, action: str) -> None:
        user = self.fleet.systems[system].desk.switches["user"]
        user.act(action, list(user.tickets)[-1], self.fleet.clock())

    async def judged(self, body: dict[str, Any]) -> dict[str, Any]:
        """As a member is told."""
        return dict(await self.running.site.ctx.hub.ca.verify("P01", body))

    async def stop(self) -> None:
        if self.browser is not None:
            await self.browser.close()
            await self.play.stop()
        await self.door.stop()
        await self.steering.stop()
        await self.fleet.stop()
        await self.running.stop()


@dataclass(slots=True)
class Using:
    """Somebody at the page. Each deed ends with the words it ended with."""

    page: Any
    world: World
    deeds: int = 0

    async def connect(self) -> None:
        await self.page.fill("#port", self.world.component_url.rsplit(":", 1)[1])
        await self.page.click("#connect")
        await self.page.locator("#user option").first.wait_for(state="attached")

    async def take(self, ident: str, pin: str = PIN) -> None:
        async with self.page.expect_response(lambda reply: reply.url.endswith("/sof")):
            await self.page.select_option("#user", ident)
            await self.page.dispatch_event("#user", "change")
        await self.page.fill("#pin", pin)

    async def begin(self, button: str) -> None:
        self.deeds += 1
        await self.page.click(f"#{button}")

    async def ended(self) -> str:
        await self.page.locator(f"#shown[data-done='{self.deeds}']").wait_for()
        return str(await self.page.locator("#result").inner_text())

    async def does(self, button: str) -> str:
        await self.begin(button)
        return await self.ended()

    async def by_phone(self) -> None:
        await self.page.check("input[name=by][value=phone]")

    async def sealed(self, button: str, content: bytes = b"", path: Path | None = None) -> bytes:
        """What is saved of a seal; a code that comes up is confirmed on the telephone."""
        if path is not None:
            path.write_bytes(content)
            await self.page.set_input_files("#file", path)
        await self.begin(button)
        if await self.page.locator("input[name=by][value=phone]").is_checked():
            await self.code()
            self.world.act("C04", "confirm")
        said = await self.ended()
        assert said.startswith("✓ 有效"), said
        async with self.page.expect_download() as kept:
            await self.page.click("#steps a")
        return bytes((await (await kept.value).path()).read_bytes())

    async def document(self) -> bytes:
        """The file that is chosen."""
        chosen = "document.getElementById('file').files[0]"
        read = f"async () => Array.from(new Uint8Array(await {chosen}.arrayBuffer()))"
        return bytes(await self.page.evaluate(read))

    async def code(self) -> None:
        await self.page.locator("#qr:visible").wait_for()

    async def told(self, words: str) -> None:
        await self.page.locator("#code-state", has_text=words).wait_for()


class Clock:
    """The real time, moved by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


async def opened(folder: Path) -> World:
    data, clock = folder / "hub", Clock()
    make_demo_keys(data / "keys", ("C04", "N05", "centre"), random.Random(1))
    shutil.copytree(provided(), data / "ca")
    settings = Settings(data=data, port=0, peers=data / "peers.toml")
    found = Found({"scan-oauth": find().loaded["scan-oauth"]}, {})
    (data / "peers.toml").write_text("", "utf-8")
    running = await start(settings, clock=clock, found=found)
    fleet = Fleet.muster(
        Options(("C04", "N05"), hub=running.url), clock=MovableClock(lambda: clock().astimezone(CST))
    )
    await fleet.start()
    write(data / "peers.toml", fleet.peers())
    reloader = running.site.ctx.reloader
    assert reloader is not None
    await reloader.reload("test")
    await running.site.ctx.hub.ca.tend()  # lists are fetched once a minute, beginning some time later
    door = await asyncio.to_thread(lambda: command.made(command.opened(provided().parent), [running.url]))
    steering = Management(fleet)
    world = World(running, fleet, door, steering, await steering.start(), await door.start(), clock)
    tickets = running.site.ctx.hub.auth.tickets
    steady, passed = tickets._ticks, [0.0]

    def hasty() -> float:
        """A provider may be asked at every question: two seconds more each time."""
        passed[0] += 2.5
        return steady() + passed[0]

    tickets._ticks = hasty
    return world
