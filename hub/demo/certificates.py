"""What the hub does with certificates of every CA: one answer at the login, and bids that open in time.

Logins first, then a certificate that is revoked while in use and a gateway that lies; then a section whose
deadline is seconds away. Whatever is shown was answered by the hub or lies in a proof that was checked
without it; what a simulated CA was told to do is read back from the CA.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.client import HubClient
from hub.demo.bidding import Bidding
from hub.demo.flows import Say
from hub.demo.holders import Holders
from hub.demo.leaks import Watch
from hub.demo.opened import Opened
from hub.demo.recognised import Recognised
from hub.demo.speaking import Speaking
from hub.demo.steps import Steps
from hub.demo.world import World
from hub.errors import HubError
from hub.message import Key

NAME, ORGANISER, STRANGER = "certificates", "T01", "M01"
# Whom it needs when nothing else is shown: the trading system, the CAs, and who keeps the deposits.
SYSTEMS = "T01,M01,F03,C01,C02,C03,C04,C05,N05"


@dataclass(frozen=True, slots=True)
class Certificates:
    """One showing in a world that is up; `open_account` is for the new section."""

    world: World
    speaking: Speaking
    client: Callable[[str], HubClient]
    key: Key
    open_account: Callable[[Mapping[str, Any]], None]
    say: Say

    def show(self, *, closely: bool) -> tuple[Steps, Bidding]:
        """`closely`: look everywhere that the sealed bids do not show. What stops it is a finding, too."""
        steps = Steps(NAME, self.say)
        bidding = Bidding(self.speaking, ORGANISER, self.key, self.open_account)
        try:
            self._shown(steps, bidding, closely)
        except (HubError, OSError, LookupError, ValueError, TypeError) as error:
            steps.step(NAME, "走完全程", False, f"{type(error).__name__}: {error}")
        return steps, bidding

    def _shown(self, steps: Steps, bidding: Bidding, closely: bool) -> None:
        self.say(ORGANISER, "开始:各家 CA 的证书登录,五家 CA 的投标文件到点才开")
        client, centre = self.client(ORGANISER), self.client("centre")
        client.ask("GET", "/v1/ca/platform")  # a fresh sandbox makes its certificates when first asked
        holders, sims = Holders.of(self.world.folder / "ca"), self.speaking.sims
        Recognised(holders, client, centre, sims, steps).show()
        stranger = self.client(STRANGER)
        watch = Watch(self.world, sims, centre, stranger) if closely else None
        Opened(holders, bidding, centre, stranger, sims, steps, self.world.folder, watch).show()
