"""The gateways of CAs: each operation as the calls it takes, and the word that comes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.sof import kit
from adapters.sof.calling import ANSWERED, REFUSED, Line, Said
from adapters.sof.judging import JUDGED, judged, word
from adapters.sof.papers import papers, profile_of
from adapters.sof.values import written
from certs.algorithms.sm2_ciphertext import ASN1
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.recognition.messages import usual
from hub.ports import Blame, GatewayQuestion, GatewayTalk, GatewayWord

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
        if question.operation in JUDGED:
            return judged(line, question.operation, _arguments(line, question))
        if question.operation not in _DONE:
            raise ValueError(question.operation)
        return _done(line, question)


def _done(line: Line, question: GatewayQuestion) -> GatewayTalk:
    function, profile = _DONE[question.operation], line.profile
    given = _given(line, question)
    if given is None:
        return GatewayWord(REFUSED, "receiver.bad-request", functions=(), blame=Blame.HUB)
    said: Said = yield from line.call(function, *given)
    if said.kind != ANSWERED:
        return word(said, function)
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


__all__ = ["Bounds", "Sof"]
