"""A bid's proof told to a reader: what it says, and what checking it found, in Chinese or English.

`hutong evidence verify` loads this for proofs of this format, by name: evidence lies below bids.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from certs.keys.port import DecryptionKey
from certs.trust import Revocation, Trust
from hub.bids.verify import verify
from hub.evidence.verdict import Verdict

_PLACE = re.compile(r"\\\{\d\\\}")


def checked(
    proof: Mapping[str, Any],
    *,
    public_pem: str | None,
    file: bytes | None,
    roots: Sequence[bytes],
    holders: Sequence[DecryptionKey] = (),
) -> Verdict:
    """`roots` are those of the time-stamp service; that its certificate was revoked is not looked for here,
    and said to be open. `holders` as in `verify`."""
    stamps = Trust(tuple(roots), Revocation.IGNORED) if roots else None
    verdict = verify(proof, public_pem=public_pem, file=file, stamps=stamps, holders=holders)
    if stamps is not None:
        verdict.open.append(("revocation.open", "时间戳服务证书的吊销状态未核"))
    return verdict


def passed(proof: Mapping[str, Any], *, english: bool) -> str:
    """The line above the clauses: whose bid came to what, by which clause."""
    said = proof["outcome"]
    bidder = proof["receipt"]["bidder"]
    who = f"{bidder.get('name', '')} {bidder.get('code', '')}".strip()
    if english:
        return f"Holds. {who}, section {said['section']}: {said['result']}, {said['en']} ({said['clause']})"
    return f"核验通过。{who},标段 {said['section']}:{said['result']},{said['zh']}({said['clause']})"


def in_english(verdict: Verdict) -> Verdict:
    """The same verdict, its sentences by the table; what is not in it stays as it is."""

    def rows(found: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(code, english(text)) for code, text in found]

    return Verdict([english(one) for one in verdict.claims], rows(verdict.open), rows(verdict.faults))


def english(sentence: str) -> str:
    for pattern, text in _words():
        found = pattern.fullmatch(sentence)
        if found is not None:
            return text.format(*(english(one) for one in found.groups()))
    return sentence


@cache
def _words() -> tuple[tuple[re.Pattern[str], str], ...]:
    text = files("hub.bids").joinpath("data/proof_words.csv").read_text("utf-8")
    return tuple(
        (re.compile(_PLACE.sub("(.*)", re.escape(row["zh"]))), row["en"])
        for row in csv.DictReader(text.splitlines())
    )
