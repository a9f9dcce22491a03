"""Yes or no, and why as far as an answer tells: functions that judge, and the last error where a no is mute.

A code of SOF stands for several reasons; of what was asked most of them cannot be meant.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.sof.calling import ANSWERED, Line, Said
from adapters.sof.papers import papers
from adapters.sof.values import written
from hub.ports import GatewayTalk, GatewayWord

JUDGED = {
    "certificate": "SOF_ValidateCert", "raw": "SOF_VerifySignedData", "attached": "SOF_VerifySignedMessage",
    "detached": "SOF_VerifySignedMessageDetach", "xml": "SOF_VerifySignedDataXML",
    "timestamp": "SOF_VerifyTimeStamp",
}  # fmt: skip
_LAST_ERROR = "SOF_GetLastError"
OTHER = -6
NO_PATH = "no-path"
# Numbers that leave most open, so that the last error is asked for as well.
_BROAD = frozenset((-1, -6))
_NOT_HERE = frozenset(
    ("not-admitted", "admission-ended", "admission-not-begun", "sector", "medium", "subordinate",
     "peer-architecture", "peer-assurance", "sandbox", "seal-signer", "seal-period", "time-claimed")
)  # fmt: skip
_STAMPS, _OTHERS = frozenset(("digest", "key-usage")), frozenset(("stamp-imprint", "extended-key-usage"))


def judged(line: Line, operation: str, arguments: tuple[bytes, ...]) -> GatewayTalk:
    function = JUDGED[operation]
    said = yield from line.call(function, *(written(one) for one in arguments))
    if said.kind != ANSWERED:
        return word(said, function)
    if said.value is True or said.value == 1:
        return GatewayWord(ANSWERED, "ok", 1, functions=(function,))
    sof, error = (OTHER if said.value is False else int(said.value)), said.error
    called: tuple[str, ...] = (function,)
    mute = said.value is False or "no-reason" in line.profile.quirks
    if error is None and (mute or sof in _BROAD):
        hint = yield from line.call(_LAST_ERROR)
        called = (function, _LAST_ERROR)
        # Kept for a whole application, it may be about another call: a hint, and no yes.
        error = hint.value or None if hint.kind == ANSWERED else None
        if not mute and (error is None or _sof(error) != sof):
            error = None  # a number was given, and this is about something else
    row = papers().errors.get(error) if error is not None else papers().validate.get(sof)
    if row is not None and error is not None and row.sof not in (None, 1):
        sof = row.sof
    reasons = () if row is None else meant(operation, row.reasons)
    return GatewayWord(ANSWERED, "ok", sof, reasons, error=error, functions=called)


def _sof(error: int) -> int | None:
    row = papers().errors.get(error)
    return None if row is None else row.sof


def meant(operation: str, reasons: Sequence[str]) -> tuple[str, ...]:
    """Which of the reasons that share a code it can be, of what was asked: one, or none where it stays open.
    Whom the centre admits no CA knows, no function here judges seals, and a stamp has checks of its own."""
    here = _STAMPS if operation == "timestamp" else _OTHERS
    found = [one for one in reasons if one not in _NOT_HERE and one not in here]
    if len(found) > 1 and NO_PATH in found and "signature" not in found:
        return (NO_PATH,)  # each of the others is a way of finding none
    return tuple(found) if len(found) == 1 else ()


def word(said: Said, function: str) -> GatewayWord:
    return GatewayWord(said.kind, said.code, error=said.error, functions=(function,), blame=said.blame)
