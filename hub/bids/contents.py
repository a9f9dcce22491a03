"""The content of an opened bid, given out in pieces and kept nowhere: it is unsealed again each time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from certs.envelope import Share
from certs.keys.port import DecryptionKey
from hub.bids.faults import OPENED
from hub.bids.unsealing import KeyAwayError, Sealed, unseal
from hub.files.shelf import Shelf

_PIECES = 4  # ahead of whoever reads
_PATIENCE = 60.0


def pieces_of(shelf: Shelf, sealed: Sealed, key: DecryptionKey, share: Share | None) -> Callable[[], bytes]:
    """What gives the next piece, b"" at the end; for a thread. Raises OSError if it breaks off."""
    ready: queue.Queue[bytes | None] = queue.Queue(_PIECES)

    def put(piece: bytes | None) -> None:
        ready.put(piece, timeout=_PATIENCE)

    def work() -> None:
        try:
            # A cipher holds back its last block: an empty piece is no end.
            found = unseal(shelf, sealed, key, share, lambda piece: put(piece) if piece else None)
            put(b"" if found.finding == OPENED else None)
        except (queue.Full, KeyAwayError):
            return  # nobody reads any more, or the key is away: the reader breaks off by itself

    threading.Thread(target=work, name="bid-content", daemon=True).start()

    def give() -> bytes:
        try:
            piece = ready.get(timeout=_PATIENCE)
        except queue.Empty:
            raise OSError("the bid's content broke off") from None
        if piece is None:
            raise OSError("the bid's content does not open any more")
        return piece

    return give
