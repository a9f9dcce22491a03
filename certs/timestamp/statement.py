"""Does a stamp say what was asked of it: these data, this request, this policy, no later than now?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from certs.cms.schemes import content_digest
from certs.model.general_names import GeneralName
from certs.timestamp.messages import read_request
from certs.timestamp.model import SIZES, Digest, Info
from certs.trust import Trust
from certs.verdict import Judgement, Moment, Reason


@dataclass(frozen=True, slots=True)
class Wish:
    """What the stamp must be about."""

    data: bytes | Digest
    nonce: int | None
    policy: str | None
    moment: Moment
    trust: Trust
    certificates: Sequence[bytes]
    skew: timedelta


def facts(info: Info, said: Judgement) -> None:
    said.facts |= {
        "genTime": info.at.isoformat(),
        "accuracy": "" if info.accuracy is None else str(info.accuracy),
        "serial": f"{info.serial:x}",
        "policy": info.policy,
        "imprint": f"{info.imprint.algorithm}:{info.imprint.value.hex()}",
        "nonce": "" if info.nonce is None else f"{info.nonce:x}",
        "tsa": "" if info.tsa is None else _text(info.tsa),
    }


def _text(name: GeneralName) -> str:
    return name.value.hex() if isinstance(name.value, bytes) else str(name.value)


def compared(raw: bytes, info: Info, wish: Wish, said: Judgement) -> Wish:
    """What the request adds to the wish; its imprint must be the stamp's."""
    asked = read_request(raw)
    same = asked.imprint == info.imprint
    reason = None if same else Reason("stamp-imprint", "request", "the request was about other data")
    said.ask("imprint", reason, at="request")
    nonce = wish.nonce if wish.nonce is not None else asked.nonce
    return replace(wish, nonce=nonce, policy=wish.policy or asked.policy)


def content(info: Info, wish: Wish, said: Judgement) -> None:
    name = info.imprint.algorithm
    said.ask("imprint", _imprint(info.imprint, wish.data), evidence=said.facts["imprint"])
    if wish.nonce is not None:
        other = None if info.nonce == wish.nonce else f"{'none' if info.nonce is None else f'{info.nonce:x}'}"
        said.ask("nonce", None if other is None else Reason("stamp-nonce", "TSTInfo", other))
    if wish.policy is not None:
        right = info.policy == wish.policy
        reason = Reason("stamp-policy", "TSTInfo", f"{info.policy}, not {wish.policy}")
        said.ask("stamp-policy", None if right else reason, evidence=info.policy)
    if info.critical:
        said.failed("format", Reason("critical-extension", "TSTInfo", ", ".join(info.critical)), at=name)


def _imprint(found: Digest, data: bytes | Digest) -> Reason | None:
    if found.algorithm not in SIZES:
        return Reason("algorithm-unknown", "imprint", found.algorithm)
    if isinstance(data, Digest):
        same = (data.algorithm, bytes(data.value)) == (found.algorithm, found.value)
        return None if same else Reason("stamp-imprint", "imprint", f"{data.algorithm}:{data.value.hex()}")
    actual = content_digest(found.algorithm, bytes(data))
    return None if actual == found.value else Reason("stamp-imprint", "imprint", actual.hex())


def times(info: Info, wish: Wish, said: Judgement) -> None:
    """A stamp from beyond now is false; its accuracy and our clock's are allowed for."""
    least = info.at - (info.accuracy.span if info.accuracy is not None else timedelta())
    early = least <= wish.moment.at + wish.skew
    detail = f"{info.at.isoformat()} is after {wish.moment.at.isoformat()}"
    proven = Moment(info.at, "timestamp", known_at=wish.moment.data_at, evidence=f"#{info.serial:x}")
    if early:
        said.passed("time", evidence=f"± {info.accuracy or '?'}", moment=proven)
    else:
        said.failed("time", Reason("stamp-order", "TSTInfo", detail))
