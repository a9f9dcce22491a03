"""The signature clinic: why does a signature not hold? Facts first, then the mistake that explains them.

A receiver can only say "does not fit". With the sender's own key one can say more: make each of the
usual mistakes on purpose, one, two or three at a time, and see which gives the value that was sent.
Pure and bounded; what it costs depends on `limit` and on the size of the message. It must only be asked
about a key for its own owner: that a signature fits a key is what a key is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from certs.algorithms import rsa, sm2
from certs.algorithms.digest import MACS, digest
from certs.algorithms.signature import family
from hub.message.canonical import signing_bytes
from hub.message.clinic_content import Envelope
from hub.message.clinic_digests import Names, bare_name
from hub.message.clinic_judges import Judge, judge
from hub.message.clinic_mistakes import mistakes
from hub.message.clinic_opened import Sm2
from hub.message.clinic_search import Candidate, stages
from hub.message.clinic_values import Reading, pairs, readings
from hub.message.key import Key

LIMIT = 2000
SHOWN = 16_384
_BUDGET = 8_000_000  # bytes written while searching: a large message is searched less far
_FEWEST = 60
_LARGE = 32_768  # what is larger is not also hashed in every wrong way
_OLD_KEYS = 4
_MOST = 8  # explanations told where several are equally good
_STRICT = 99  # so deep that a judge tries nothing but the right way


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`fits` when nothing is wrong. `explanations` are sets of mistakes, each of which explains all.

    `digest` is of the canonical bytes; `z` and `e` as we compute them for an SM2 key, `e_signed` what
    the sender's signature was really made over.
    """

    fits: bool
    canonical: bytes
    digest: str
    explanations: tuple[Names, ...] = ()
    z: str | None = None
    e: str | None = None
    e_signed: str | None = None

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The ids of all mistakes named, likeliest first."""
        return tuple(dict.fromkeys(bare_name(name) for names in self.explanations for name in names))

    def public(self, shown: int = SHOWN) -> dict[str, Any]:
        """For a problem document or a terminal; the canonical text is cut at `shown` characters."""
        text = self.canonical.decode("utf-8", "replace")
        told: dict[str, Any] = {"fits": self.fits, "canonical": text[:shown], "digest": self.digest}
        if len(text) > shown:
            told["canonicalLength"] = len(self.canonical)
        told |= {name: value for name, value in (("z", self.z), ("e", self.e)) if value is not None}
        if self.e_signed is not None and not self.fits:
            told["eSigned"] = self.e_signed
        details = {bare_name(name): name.partition(":")[2] for names in self.explanations for name in names}
        told["mistakes"] = [mistakes()[name].public(details[name]) for name in self.mistakes]
        told["explanations"] = [[bare_name(name) for name in names] for names in self.explanations]
        return told


def diagnose(
    envelope: Envelope, raw: bytes, key: Key, *, others: Iterable[Key] = (), limit: int = LIMIT
) -> Diagnosis:
    """Look at `head.sign` of an envelope; `raw` is the text as it came, `others` more keys of its owner.

    Head, body and `head.sign` must be objects; whatever is in them, nothing is raised.
    """
    canonical = signing_bytes(envelope)
    block = envelope["head"]["sign"]
    read = readings(str(block.get("value", "")))
    main = judge(key, read)
    right = any(names == () for names in main.fits(canonical, _STRICT))
    stated = _stated(envelope, key)
    facts = _facts(canonical, key, main)
    if right and not stated:
        return Diagnosis(True, canonical, **facts)
    found: list[Names] = [stated] if right else []
    if not right:
        bound = max(_FEWEST, min(limit, _BUDGET // max(1, len(canonical))))
        tried = stages(envelope, raw, canonical, bound)
        found = [(*stated, *names) for names in _search(tried, main, _other_judges(others, key, read))]
        found = found or _hints(stated, read, key)
    return Diagnosis(False, canonical, explanations=tuple(found), **facts)


def _facts(canonical: bytes, key: Key, main: Judge) -> dict[str, Any]:
    name = MACS[key.alg] if key.alg in MACS else family(key.alg).digest
    facts: dict[str, Any] = {"digest": f"{name}:{digest(canonical, name).hex()}"}
    if isinstance(main, Sm2):
        facts["z"] = sm2.z_value(key.public, key.ident).hex()
        facts["e"] = sm2.e_value(canonical, key.public, key.ident).hex()
        facts["e_signed"] = None if main.signed is None else f"{main.signed:064x}"
    return facts


def _stated(envelope: Envelope, key: Key) -> Names:
    """What can be seen without trying."""
    head, block = envelope["head"], envelope["head"]["sign"]
    seen = (
        ("sender", head.get("from"), key.owner),
        ("key-id", block.get("keyId"), key.key_id),
        ("algorithm-name", block.get("alg"), key.alg),
    )
    return tuple(f"{name}:{str(found)[:40]} ≠ {wanted}" for name, found, wanted in seen if found != wanted)


def _other_judges(others: Iterable[Key], key: Key, read: list[Reading]) -> list[tuple[str, Judge]]:
    mine = [other for other in others if other.owner == key.owner and other.key_id != key.key_id]
    return [(f"other-own-key:{other.key_id}", judge(other, read)) for other in mine[-_OLD_KEYS:]]


def _search(
    tried: Iterable[Iterable[Candidate]], main: Judge, others: list[tuple[str, Judge]]
) -> list[Names]:
    """The explanations of the first stage that has any: those with the fewest mistakes, in table order."""
    order = {name: place for place, name in enumerate(mistakes())}
    for stage in tried:
        found = {more: None for names, data in stage for more in _fitting(names, data, main, others)}
        if found:
            fewest = min(map(len, found))
            best = [names for names in found if len(names) == fewest]
            return sorted(best, key=lambda names: [order[bare_name(name)] for name in names])[:_MOST]
    return []


def _fitting(names: Names, data: bytes, main: Judge, others: list[tuple[str, Judge]]) -> Iterator[Names]:
    depth = _STRICT if names and len(data) > _LARGE else len(names)
    for more in main.fits(data, depth):
        yield (*names, *more)
    if len(names) <= 1:
        for name, other in others:
            for more in other.fits(data, _STRICT):
                yield (*names, name, *more)


def _hints(stated: Names, read: list[Reading], key: Key) -> list[Names]:
    """Nothing fits: what can be said of the value alone."""
    pair = key.alg in ("sm2-sm3", "ecdsa-sha256")
    if not read or (pair and not any(True for _, data in read for _ in pairs(data))):
        return [(*stated, "not-a-value")]
    wanted = 32 if key.alg in MACS else 0 if pair else rsa.size(key.public)
    if wanted and all(len(data) != wanted for _, data in read):
        return [(*stated, f"length:{len(read[0][1])} ≠ {wanted}")]
    return [stated] if stated else []
