"""Digital envelopes made for whoever asks, and opened with the asker's own key and no other.

The platform's key opens for the centre alone: with one key for everybody, whoever has a copy of an envelope
could read it. A member's is that of its application (`hub/sof/keys`). An envelope of a bid is sealed to
another key, so putting one here, before its opening or after, is answered as any envelope that is not for
us; one that is sealed to the asker besides is not opened either.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, cast

from certs.algorithms.content_ciphers import WRITTEN
from certs.cms import read_signed
from certs.envelope import EnvelopeError, judge_recipients, seal_envelope
from certs.envelope.sealing import Arc, Model
from certs.keys.port import DecryptionKey, KeyFailureError
from certs.model.der import MalformedError
from certs.trust import Trust
from certs.verdict import Verdict
from hub.ca.desk import ROOM, CaDesk
from hub.ca.judges import Judges
from hub.ca.opening import By, open_with
from hub.ca.platform import Keeper, Platform
from hub.ca.question import Reading
from hub.errors import HubError, SenderError
from hub.index.views import CENTRE
from hub.message import Finding

SEAL = frozenset(("content", "recipients", "model", "cipher", "arc", "chain"))
OPEN = frozenset(("envelope", "shares", "bound"))
RECIPIENT, REQUEST = "ca.recipient", "ca.envelope"
APPLICATION = "application"
_MOST = 64  # parties whose CAs are asked for one envelope
_MODELS, _ARCS = ("any-of", "all-of"), ("sm2", "rsa")


class Beside(Protocol):
    async def beside(self, reader: str, value: Any, budget: list[int]) -> Any: ...


class Own(Protocol):
    """Whose key opens for whom."""

    def encryption(self, application: str) -> DecryptionKey:
        """For threads. Raises HubError 503 where this application has none."""
        ...


class Envelopes:
    """One for a hub; questions leave no trace."""

    def __init__(
        self, desk: CaDesk, keeper: Keeper, clock: Callable[[], datetime], files: Beside, own: Own
    ) -> None:
        self._desk, self._keeper, self._clock, self._files, self._own = desk, keeper, clock, files, own

    async def platform(self, asker: str) -> dict[str, Any]:
        """The certificates to seal to (`encryption` is the centre's, `application` the asker's own; bids to
        `bids` alone) and the one we sign with. Without a key of its own a member is told the others."""
        keys = await asyncio.to_thread(self._keeper.open)
        told = {
            name: {
                "certificate": _text(key.certificate),
                "chain": [_text(one) for one in key.chain],
            }
            for name, key in keys.named().items()
        }
        if asker in ("", CENTRE):
            return told
        try:
            own = await asyncio.to_thread(self._own.encryption, asker)
        except HubError:
            return told
        chain = getattr(own, "chain", ())  # a port for decryption need not know one
        said = {"certificate": _text(own.certificate), "chain": [_text(one) for one in chain]}
        return {**told, APPLICATION: said}

    async def seal(self, asker: str, value: Any) -> dict[str, Any]:
        """`{content, recipients, model?, cipher?, arc?}` -> `{envelope, checks}`. Raises HubError."""
        _, keys, value = await self._ready(asker, value)
        judges = await self._informed(asker, lambda: Reading(value, SEAL).several("recipients"))

        def work() -> dict[str, Any]:
            reading = Reading(value, SEAL)
            content, recipients = reading.octets("content", needed=True), reading.several("recipients")
            model = cast(Model, reading.choice("model", _MODELS) or "any-of")
            cipher = reading.choice("cipher", WRITTEN) or "sm4-cbc"
            arc = cast(Arc, reading.choice("arc", _ARCS) or "sm2")
            extra = reading.several("chain")
            reading.refuse()
            trust, now = self._trust(judges, "enciphering"), self._clock()
            verdict = judge_recipients(recipients, trust=trust, at=now, extra=extra)
            _good(verdict if recipients else None)
            try:
                made = seal_envelope(
                    content or b"", recipients, keys.signing, trust=None, at=now, model=model,
                    cipher=cipher, arc=arc,
                )  # fmt: skip
            except EnvelopeError as error:
                finding = Finding(REQUEST, "", "", str(error)[:200], "按提示改正", "EX-ERR-01")
                raise SenderError("信封不能这样制作", code=REQUEST, findings=(finding,)) from error
            except KeyFailureError as error:
                raise HubError("平台签名密钥不可用", code="ca.platform-keys", status=503) from error
            checks = [one.as_dict() for one in verdict.checks]
            return {"envelope": _text(made), "model": model, "cipher": cipher, "checks": checks}

        return await self._desk.work(work)

    async def open(self, asker: str, value: Any) -> dict[str, Any]:
        """`{envelope, shares?, bound?}` -> the verdict, and `content` if it opened; `shares` are parts of the
        other holders, each in an envelope to the asker's key. An envelope whose signer does not show that he
        knew what is inside (somebody else's, signed again) opens only where `bound` is said to be false, and
        that stands among `forgiven`. Raises HubError for what is no question."""
        judges, keys, value = await self._ready(asker, value)
        judges = await self._informed(asker, lambda: _parties(Reading(value, OPEN)))

        def work() -> dict[str, Any]:
            reading = Reading(value, OPEN)
            raw, shares = reading.octets("envelope", needed=True) or b"", reading.several("shares")
            bound = reading.flag("bound", True)
            reading.refuse()
            by = By(self._trust(judges, "signing"), self._clock(), bound)
            key = keys.encryption if asker == CENTRE else self._own.encryption(asker)
            opened = open_with(key, raw, shares, by, bids=keys.bids.certificate)
            told = {"result": opened.verdict.state, **_told(opened.verdict)}
            return told if opened.content is None else {**told, "content": _text(opened.content)}

        return await self._desk.work(work)

    async def _informed(self, asker: str, parties: Callable[[], tuple[bytes, ...]]) -> Judges:
        """The judges, knowing what responders say of those concerned: their CAs may publish no list here."""
        return await self._desk.informed(asker, (await self._desk.work(parties))[:_MOST])

    def _trust(self, judges: Judges, purpose: str) -> Trust:
        modes = judges.belief.policy.revocation
        return judges.trust(modes.get(purpose, modes["signing"]))

    async def _ready(self, asker: str, value: Any) -> tuple[Judges, Platform, Any]:
        judges = await self._desk.open()
        keys = await asyncio.to_thread(self._keeper.open)
        if isinstance(value, Mapping):
            value = await self._files.beside(asker, value, [ROOM])
        return judges, keys, value


def brought(*envelopes: bytes) -> tuple[bytes, ...]:
    """The certificates that envelopes bring with them; none of one that cannot be read."""
    found: list[bytes] = []
    for raw in envelopes:
        try:
            found += read_signed(raw).certificates
        except MalformedError:
            continue
    return tuple(found[:_MOST])


def _parties(reading: Reading) -> tuple[bytes, ...]:
    """Of an envelope to us, and of those with parts of its key."""
    return brought(reading.octets("envelope") or b"", *reading.several("shares"))


def _good(verdict: Verdict | None) -> None:
    """Raises SenderError with everything that is wrong with every recipient."""
    if verdict is not None and verdict.ok:
        return
    reasons = [] if verdict is None else verdict.reasons
    findings = tuple(
        Finding(RECIPIENT, "/recipients", one.row.clause, str(one)[:200], one.zh, "EX-ERR-01")
        for one in reasons
    ) or (Finding(RECIPIENT, "/recipients", "1 至 50 张加密证书", "", "给出接收人的加密证书", "EX-ERR-01"),)
    raise SenderError("接收人证书不可用于加密", code=RECIPIENT, findings=findings)


def _told(verdict: Verdict) -> dict[str, Any]:
    said = verdict.as_dict()
    return {name: said[name] for name in ("zh", "en", "reasons", "forgiven", "checks", "facts")}


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
