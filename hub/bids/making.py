"""The bid box out of what every part of a hub stands on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hub.bids.answering import BidReceipts
from hub.bids.box import Box
from hub.bids.desk import BidDesk
from hub.bids.timeproof import Times, newest
from hub.ca.desk import CaDesk
from hub.ca.platform import Keeper
from hub.evidence.authority import Authority
from hub.files.desk import Files
from hub.ground import Ground
from hub.index.port import MessageRow
from hub.journal.writer import Writer
from hub.settings import Settings


def make_bids(
    ground: Ground,
    settings: Callable[[], Settings],
    desk: CaDesk,
    keeper: Keeper,
    authority: Authority | None,
    writer: Writer,
    files: Files,
) -> BidDesk:
    """`settings` are those of now; threads are as many as at the start."""
    pool = ThreadPoolExecutor(ground.settings.bids_threads, "bids")
    times = Times(desk, authority, ground.clock, newest(ground.reading))
    box = Box(
        settings, ground.clock, desk, keeper, times, files.shelf, writer, ground.reading, ground.tokens,
        lambda: ground.ring.current, ground.new_id, pool,
        ground.tables,
    )  # fmt: skip
    return BidDesk(box, ground.store.reader())


def receipts(ground: Ground, bids: BidDesk) -> BidReceipts:
    """`bid.receipt` answered here; the kept message is found by its sender's own number."""

    def known(sender: str, number: str) -> MessageRow | None:
        return ground.reading.index.known(ground.tokens.of("known", sender, number))

    return BidReceipts(bids.taking, known)
