"""What is known of one message while it passes the steps, and the looks at the outside the steps may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hub.index.port import MessageRow
from hub.message import Canon, Finding, Key, Written, refusing
from hub.ports import Answer
from hub.standard import Standard


@dataclass(frozen=True, slots=True)
class World:
    """Everything a step may ask; all of it look-ups, none of it changes anything."""

    realm: str
    window: timedelta
    max_bytes: int
    standard: Standard
    listed: Callable[[str], bool]
    online: Callable[[str], bool]
    key_of: Callable[[str], Key | None]
    known: Callable[[str, str], MessageRow | None]
    nonce_used: Callable[[str, str], bool]


UNREAD: dict[str, Any] = {}  # nobody writes into an envelope


class Exchange(NamedTuple):
    """`envelope` is there once the bytes are parsed; `answer` ends the run; `known` is the first sending.

    `clean`: nothing is wrong with its shape nor by the standard's stateless rules. `written` is there with
    the envelope. `system` is the foreign caller that its own dialect has proved ("" for native ones), `nonce`
    that of its proof ("" where the dialect knows none). `examined`: its sender is proved and the
    standard's rules were what refused it. `bearer`: for whom the certificate of the connection stands; None
    where it showed none.
    """

    raw: bytes
    now: datetime
    envelope: dict[str, Any] = UNREAD
    written: Written | None = None
    digest: bytes = b""
    clean: bool = False
    known: MessageRow | None = None
    warnings: tuple[Finding, ...] = ()
    answer: Answer | None = None
    system: str = ""
    nonce: str = ""
    examined: bool = False
    bearer: frozenset[str] | None = None

    def read(self, envelope: dict[str, Any], canon: Canon | None = None, *, clean: bool) -> Exchange:
        """The same with its envelope; `canon` if the bytes are its canonical form."""
        written = Written(envelope, self.raw, canon)
        digest = written.content_digest()
        return Exchange(
            self.raw, self.now, envelope, written, digest, clean, system=self.system, nonce=self.nonce,
            bearer=self.bearer,
        )  # fmt: skip

    @property
    def proved(self) -> bool:
        """Is it certain whose message this is? All but the last steps come before that."""
        return self.answer is None or self.examined

    @property
    def foreign(self) -> bool:
        return bool(self.system)

    @property
    def repeats(self) -> bool:
        """Is this the message that is known, content and all?"""
        return self.known is not None and self.known.digest == self.digest

    @property
    def head(self) -> dict[str, Any]:
        head: dict[str, Any] = self.envelope["head"]
        return head

    def refuse(self, status: int, findings: list[Finding], message: str = "") -> Exchange:
        """End with the code of the first finding that refuses, and all findings."""
        first = (refusing(findings) or findings)[0]
        text = message or first.advice or first.expected
        return self._replace(answer=Answer(status, first.code, text, findings=tuple(findings)))


Step = Callable[[Exchange, World], Exchange]
