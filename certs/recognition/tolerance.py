"""What a reader of a signed thing forgave counts, unless the trust list tolerates it from the signer's CA."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from certs.path.profile import faults
from certs.recognition.recognition import views
from certs.trustlist.model import TrustList
from certs.trustlist.quirks import BY_NOTE, quirk_of
from certs.verdict import FAILED, PASSED, Check, Reason, Verdict, judged

_KEPT = 1 << 14


def _notes(chain: tuple[bytes, ...]) -> frozenset[tuple[str, str]]:
    """What is odd about the certificates of a chain: about which, and the note."""
    found = views(chain)
    return frozenset(
        (str(one), note)
        for at, one in enumerate(found)
        for note in (*one.notes, *faults(one, issuing=at < len(found) - 1))
    )


_kept_notes = lru_cache(1024)(_notes)  # bytes alone say it


@judged
def tolerated(verdict: Verdict, listed: TrustList) -> Verdict:
    """The verdict over signed data, a seal or a file, with its deviations judged as well.

    Deviations of the certificates themselves have been judged with their chain. Those of the message
    belong to the CA of the first signer, whose software wrote it.
    """
    member = listed.member(views(verdict.chain))
    if member is None:
        return verdict
    small = sum(map(len, verdict.chain)) <= _KEPT
    judged_before = (_kept_notes if small else _notes)(verdict.chain)
    about = [
        one for one in verdict.forgiven if one.detail in BY_NOTE and (one.at, one.detail) not in judged_before
    ]
    named = {quirk_of(one.detail): one for one in about}
    reasons = tuple(
        Reason("quirk", one.at, f"{quirk.name}({quirk.zh})")
        for quirk, one in named.items()
        if quirk.name not in member.ca.quirks
    )
    evidence = "、".join(quirk.zh for quirk in named) or "无偏差 / none"
    check = Check("quirks", FAILED if reasons else PASSED, member.ca.id, evidence, None, reasons)
    checks, ok = (*verdict.checks, check), verdict.ok and not reasons
    return replace(verdict, ok=ok, reasons=[*verdict.reasons, *reasons], checks=checks)
