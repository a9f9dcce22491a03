"""The bank towards the hub: a pay-in told by 3011 at the hub's own TCP port, and what 4012 said to it.

What is told here is booked first, so that the same line answers 4011 and may be paid back by 3031.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime

from hub.standard import Standard
from simulators.desk import Desk
from simulators.dialects.bank_book import BankBook
from simulators.dialects.bank_documents import Part, head, understood, written
from simulators.dialects.bank_tcp_xml import NAME
from simulators.dialects.xmlread import BadXmlError
from simulators.nested import service
from simulators.trading.voice import Fields, Heard, Saying, Wire

NOTICE = "3011"
_AGAIN = frozenset({"3001", "3002", "9999"})
LIMIT, PATIENCE = 262144, 10.0


class BankVoice:
    """`write` gives a document without a path: it goes to `address`, by `carry`."""

    late_duplicate_every = 0

    def __init__(self, desk: Desk, _standard: Standard) -> None:
        self._desk = desk
        self._told = 0

    @property
    def address(self) -> str:
        """`host:port` where the hub listens for this bank."""
        return str(self._desk.switches["hub_tcp"])

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        """The bank's own serial of the line."""
        digest = hashlib.sha256(f"{self._desk.id}/{stamp}/{stage}/{bidder}".encode()).hexdigest()
        serial = f"HS{int(digest[:14], 16):018d}"
        return f"{NOTICE}:{serial}", serial

    def meant(self, saying: Saying) -> Fields:
        return {**saying.fields, "bankSerial": saying.key}

    def write(self, saying: Saying, now: datetime) -> Wire:
        """A new number for each attempt, the same line. Raises UnicodeEncodeError for what GB2312 lacks."""
        form = service(NAME, "deposit.payin", "request", typed=False)
        line = {str(name): str(value) for name, value in form.abroad(self.meant(saying)).items()}
        self._told += 1
        seq = f"{now:%Y%m%d%H%M%S}{self._told:06d}"
        parts: list[Part] = [("AuthCode", self._desk.credentials["auth_code"]), *line.items()]
        document = written(head(NOTICE, seq, now), parts)
        book: BankBook = self._desk.switches["bank"]
        book.lines.setdefault(saying.key, line)
        return Wire("", {}, document)

    def read(self, saying: Saying, status: int, body: bytes) -> Heard:
        try:
            said = understood(body).body
        except BadXmlError:
            return Heard(False, False, status, "broken-answer")
        if said.get("result") != "1":
            code = said.get("errcode", "")
            return Heard(code not in _AGAIN, False, status, code, told={"message": said.get("errmsg", "")})
        told = {"receiptState": said.get("state", "")}
        return Heard(True, True, status, "0000", said.get("hubno", ""), told, said.get("dup") == "1")


async def carry(address: str, wire: Wire) -> tuple[int, bytes] | None:
    """One document there and one back; None where there was no whole answer."""
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                writer.write(wire.body)
                writer.write_eof()
                body = b""
                while len(body) < LIMIT and (part := await reader.read(65536)):
                    body += part
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    return (200, body) if body else None
