"""Where cryptography is done: pieces done together, each answered for itself, none lost, none stuck."""

from __future__ import annotations

import asyncio
import threading

import pytest

from hub.ca.workshop import Workshop
from hub.errors import OverloadError


def test_many_pieces_come_back_each_to_its_asker_and_a_failing_one_stops_nobody() -> None:
    async def main() -> list[int | BaseException]:
        shop = Workshop(2, 1000)

        def work(number: int) -> int:
            if number % 7 == 0:
                raise ValueError(number)
            return number * 2

        asked = [shop.do(lambda number=number: work(number)) for number in range(300)]  # type: ignore[misc]
        said = await asyncio.gather(*asked, return_exceptions=True)
        for number in range(50):  # a worker that found the row empty is woken again
            assert await shop.do(lambda number=number: number) == number  # type: ignore[misc]
        await shop.close()
        return said

    said = asyncio.run(asyncio.wait_for(main(), 60))
    for number, one in enumerate(said):
        assert str(one) == str(number) if number % 7 == 0 else one == number * 2


def test_a_document_stands_in_nobodys_way() -> None:
    async def main() -> None:
        shop, gate = Workshop(1, 10), threading.Event()
        document = asyncio.create_task(shop.do(gate.wait, slow=True))
        await asyncio.sleep(0)
        assert await shop.do(lambda: "quick") == "quick"
        gate.set()
        assert await document
        await shop.close()

    asyncio.run(asyncio.wait_for(main(), 60))


def test_no_place_is_said_at_once_and_whoever_left_is_not_answered() -> None:
    async def main() -> None:
        shop, gate, ran = Workshop(1, 2), threading.Event(), []
        first = asyncio.create_task(shop.do(gate.wait))
        gone = asyncio.create_task(shop.do(lambda: ran.append("gone")))
        await asyncio.sleep(0)
        with pytest.raises(OverloadError):
            await shop.do(lambda: None)
        gone.cancel()
        await asyncio.sleep(0)
        gate.set()
        assert await first
        await shop.do(lambda: ran.append("after"))
        assert ran == ["after"]
        await shop.close()

    asyncio.run(asyncio.wait_for(main(), 60))


def test_at_the_end_what_waits_is_let_go() -> None:
    async def main() -> None:
        shop, gate, begun = Workshop(1, 10), threading.Event(), threading.Event()

        def first() -> bool:
            begun.set()
            return gate.wait()

        began = asyncio.create_task(shop.do(first))
        waits = asyncio.create_task(shop.do(lambda: None))
        await asyncio.to_thread(begun.wait)
        closing = asyncio.create_task(shop.close())
        with pytest.raises(asyncio.CancelledError):
            await waits
        gate.set()
        assert await began
        await closing

    asyncio.run(asyncio.wait_for(main(), 60))
