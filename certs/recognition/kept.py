"""What a recogniser holds: the list, the data, and what was found out under them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from certs.model.crl import Crl
from certs.recognition.judging import Asked
from certs.recognition.recognition import Recognition
from certs.recognition.window import data_moments
from certs.trust import Trust
from certs.trustlist.model import TrustList

Key = tuple[str, bytes, Asked]  # who asks, about what, for what
MOST_TRUSTS = 64


class Kept(NamedTuple):
    begin: datetime
    end: datetime
    recognition: Recognition


@dataclass(frozen=True, slots=True)
class State:
    """All that an answer rests on. Replaced as a whole: no answer mixes old data with new."""

    listed: TrustList | Trust
    crls: tuple[bytes, ...]
    ocsp: tuple[bytes, ...]
    lists: tuple[Crl, ...]
    moments: list[datetime]
    kept: OrderedDict[Key, Kept] = field(default_factory=OrderedDict)
    trusts: dict[tuple[str | None, str | None], Trust] = field(default_factory=dict)

    @property
    def trust_list(self) -> TrustList | None:
        return self.listed if isinstance(self.listed, TrustList) else None


@dataclass(slots=True)
class Held:
    """Where those who share a recogniser find what is in force."""

    state: State


def state_of(listed: TrustList | Trust, crls: Sequence[bytes], ocsp: Sequence[bytes]) -> State:
    held = () if isinstance(listed, TrustList) else listed.crls
    answers = () if isinstance(listed, TrustList) else listed.ocsp
    stands = (
        listed.certificates if isinstance(listed, TrustList) else (*listed.anchors, *listed.intermediates)
    )
    found = data_moments((*held, *crls), (*answers, *ocsp), stands)
    return State(listed, tuple(crls), tuple(ocsp), *found)
