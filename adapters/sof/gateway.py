"""The gateways of CAs: each operation as the calls it takes, and the word that comes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.sof import kit
from adapters.sof.calling import ANSWERED, REFUSED, Line, Said
from adapters.sof.papers import papers, profile_of
from adapters.sof.values import written
from certs.algorithms.sm2_ciphertext import ASN1
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.recognition.messages import usual
from hub.ports import Blame, GatewayQuestion, GatewayTalk, GatewayWord

OTHER = -6
_LAST_ERROR = "SOF_GetLastError"
_JUDGED = {
    "certificate": "SOF_ValidateCert", "raw": "SOF_VerifySignedData", "attached": "SOF_VerifySignedMessage",
    "detached": "SOF_VerifySignedMessageDetach", "xml": "SOF_VerifySignedDataXML",
    "timestamp": "SOF_VerifyTimeStamp",
}  # fmt: skip
_DONE = {
    "sign-raw": "SOF_SignData", "sign-attached": "SOF_SignMessage",
    "sign-detached": "SOF_SignMessageDetach", "sign-xml": "SOF_SignDataXML", "decrypt": "SOF_DecryptData",
    "encrypt": "SOF_EncryptData", "stamp": "SOF_CreateTimeStampResponse", "info": "SOF_GetCertInfo",
    "server-certificate": "SOF_GetServerCertificate",
    "encrypt-bare": "SOF_PubKeyEncrypt", "decrypt-bare": "SOF_PriKeyDecrypt",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bounds:
    total: float
    connect: float
    answer: int = 16 << 20


class Sof:
    """Fulfils `hub.ports.Gateway`."""

    name = "sof"

    def speaks(self, system: str) -> bool:
        return profile_of(system) is not None

    def bounds(self, system: str) -> Bounds:
        profile = papers().profiles[system]
        return Bounds(profile.total_ms / 1000, profile.connect_ms / 1000)

    def fresh(self, system: str) -> bool:
        """One that fetches its list at midnight says yes all day to what was revoked in the morning."""
        return "crl-once-a-day" not in papers().profiles[system].quirks

    def ask(
        self,
        system: str,
        question: GatewayQuestion,
        credentials: Mapping[str, str],
        clock: Callable[[], datetime],
        nonce: Callable[[], str],
    ) -> GatewayTalk:
        """Raises ValueError for an operation there is none of."""
        line = Line(papers().profiles[system], credentials, clock, nonce)
        if question.operation in _JUDGED:
            return _judged(line, _JUDGED[question.operation], _arguments(line, question))
        if question.operation not in _DONE:
            raise ValueError(question.operation)
        return _done(line, question)


def _judged(line: Line, function: str, arguments: tuple[bytes, ...]) -> GatewayTalk:
    said = yield from line.call(function, *(written(one) for one in arguments))
    if said.kind != ANSWERED:
        return _word(said, function)
    if said.value is True or said.value == 1:
        return GatewayWord(ANSWERED, "ok", 1, functions=(function,))
    sof, error = (OTHER if said.value is False else int(said.value)), said.error
    called: tuple[str, ...] = (function,)
    if error is None and _mute(line, said):
        hint = yield from line.call(_LAST_ERROR)
        called = (function, _LAST_ERROR)
        # Kept for a whole application, it may be about another call: a hint, and no yes.
        error = hint.value or None if hint.kind == ANSWERED else None
    row = papers().errors.get(error) if error is not None else papers().validate.get(sof)
    if row is not None and error is not None and row.sof not in (None, 1):
        sof = row.sof
    reasons = row.reasons if row is not None and len(row.reasons) == 1 else ()
    return GatewayWord(ANSWERED, "ok", sof, reasons, error=error, functions=called)


def _mute(line: Line, said: Said) -> bool:
    """Does this no leave open why?"""
    return said.value is False or "no-reason" in line.profile.quirks


def _done(line: Line, question: GatewayQuestion) -> GatewayTalk:
    function, profile = _DONE[question.operation], line.profile
    given = _given(line, question)
    if given is None:
        return GatewayWord(REFUSED, "receiver.bad-request", functions=(), blame=Blame.HUB)
    said: Said = yield from line.call(function, *given)
    if said.kind != ANSWERED:
        return _word(said, function)
    value: Any = said.value
    if question.operation == "sign-raw":
        server = yield from _own(line)
        value = kit.ours(value, rsa=server is None or _rsa(server))
    elif question.operation == "encrypt-bare":
        value = kit.ciphertext(value, profile.kit["ciphertext"], ASN1)
    return GatewayWord(ANSWERED, "ok", value=value, functions=(function,))


def _own(line: Line) -> Any:
    """The certificate that this gateway signs with; None where it does not tell."""
    said: Said = yield from line.call("SOF_GetServerCertificate", 1)
    return said.value if said.kind == ANSWERED else None


def _given(line: Line, question: GatewayQuestion) -> tuple[str | int, ...] | None:
    """The arguments; None for an item that this gateway has no number for."""
    operation = question.operation
    if operation == "server-certificate":
        return (2,) if question.item == "encryption" else (1,)
    if operation == "info":
        numbers = papers().info[line.profile.kit["info_types"]]
        number = next((one for one, row in numbers.items() if row.item == question.item), None)
        return None if number is None else (written(question.certificate), number)
    if operation in ("encrypt", "encrypt-bare"):
        return written(question.certificate), written(question.data)
    if operation == "decrypt-bare":
        return (written(kit.ciphertext(question.data, ASN1, line.profile.kit["ciphertext"])),)
    return (written(question.data),)


def _arguments(line: Line, question: GatewayQuestion) -> tuple[bytes, ...]:
    match question.operation:
        case "certificate":
            return (question.certificate,)
        case "raw":
            signature = kit.theirs(line.profile, question.signature, rsa=_rsa(question.certificate))
            return question.certificate, question.data, signature
        case "attached" | "xml":
            return (question.signature,)
        case _:
            return question.data, question.signature


def _rsa(certificate: bytes) -> bool:
    """Has it a key whose signatures have one form only?"""
    try:
        found = usual(read_certificate(certificate).key)
    except MalformedError:
        return False
    return found is not None and found[0] == "rsa-sha256"


def _word(said: Said, function: str) -> GatewayWord:
    return GatewayWord(said.kind, said.code, error=said.error, functions=(function,), blame=said.blame)


__all__ = ["Bounds", "Sof"]
