"""What the explaining page shows: of a file all that is to be said, and the words it is said in."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import cache
from typing import Any

from certs.cli.drawing import drawing
from certs.cli.facts import contents
from certs.cli.kinds import ZH, Found, recognise_kind
from certs.cli.report import Report
from certs.cli.reporting import report_of
from certs.reasons import CHECKS, REASONS
from certs.recognition.recognition import views
from certs.trustlist import examine
from certs.verdict import refused
from hub.ca.adverse import adversities
from hub.ca.enclosing import enclosing, placed, with_others
from hub.ca.judges import Judges
from hub.ca.policy import PURPOSES
from hub.ca.question import KINDS, MEDIA, Circumstances, Proof
from hub.ca.verifying import SIGNED, Judged, Own, beside, given_of, mode_of, with_signer

_DRAWN = 12


def report(judges: Judges, name: str, asked: Proof, about: Circumstances, own: Own) -> Report:
    """For a thread; never raises on the bytes of a file. The same judgement as `verify` gives: also of what
    is signed it is told whose the signer's certificate is, and what speaks against that counts."""
    found = recognise_kind(asked.signature)
    if found.kind == "trustlist":
        return _list(judges, name, found, about)
    if found.kind in ("ocsp", "crl") and asked.data is not None:
        # What stands beside it is the certificate that is asked about.
        about = replace(about, chain=(*about.chain, *contents(recognise_kind(asked.data)).certificates))
    args = argparse.Namespace(
        sector=about.sector, medium=about.medium, subject=about.subject, realm=judges.realm
    )
    made = report_of(name, asked.signature, given_of(judges, about, own), args, asked.data)
    made = with_others(enclosing(replace(made, rows=[*made.rows, *placed(made)]), found), found)
    if made.recognition is not None or made.verdict is None or made.kind not in SIGNED:
        return made
    signed = with_signer(judges, made.kind, made.verdict, about)
    return replace(made, verdict=signed.verdict, recognition=signed.who)


def _list(judges: Judges, name: str, found: Found, about: Circumstances) -> Report:
    """A trust list is believed for its signer's certificate alone, so that is all there is of a chain."""
    verdict = examine(found.data, signers=judges.belief.signers, at=about.at.at).verdict
    told = " ".join(check.evidence for check in verdict.checks)
    signer = tuple(one for one in views(judges.belief.signers) if str(one) in told)[:1]
    pinned = frozenset(one.raw for one in signer)
    return Report(name, found.kind, contents(found).rows, verdict, chain=signer, listed=pinned)


def judged(judges: Judges, made: Report, asked: Proof, about: Circumstances) -> Judged:
    """The same for whoever looks whether somebody else could still say something."""
    verdict = made.verdict or refused("malformed", made.kind, "nothing to judge")
    if not verdict.chain and made.chain:
        # Of a seal alone the steps keep no path; without an issuer nobody can be asked about its maker.
        verdict = replace(verdict, chain=tuple(one.raw for one in made.chain))
    others = beside(judges, recognise_kind(asked.signature), verdict, about)
    return Judged(made.kind, verdict, made.recognition, beside=others)


def explained(judges: Judges, made: Report, asked: Proof, about: Circumstances) -> dict[str, Any]:
    """The report as JSON, with its chain drawn."""
    out = as_json(judges, made, about)
    drawn = bool(made.chain) and len(made.chain) <= _DRAWN
    names = made.names
    out["drawing"] = {"zh": drawing(made, names, 0), "en": drawing(made, names, 1)} if drawn else None
    return out


def as_json(judges: Judges, made: Report, about: Circumstances) -> dict[str, Any]:
    out = made.as_dict()
    out["headline"] = {"zh": made.headline("zh"), "en": made.headline("en")}
    out["revocation"] = mode_of(judges, about).value
    return out


@cache
def words() -> dict[str, Any]:
    """Every kind, step and reason there is, with its clause, in both languages."""
    return {
        "kinds": dict(ZH),
        "verify": list(KINDS),
        "purposes": list(PURPOSES),
        "media": list(MEDIA),
        "adverse": [one.as_dict() for one in adversities()],
        "results": {
            "valid": {"zh": "有效", "en": "valid"},
            "invalid": {"zh": "无效", "en": "invalid"},
            "indeterminate": {"zh": "无法确定", "en": "indeterminate"},
        },
        "sof": {
            "1": "有效 / valid", "-1": "不受信任 / not trusted", "-2": "超出有效期 / outside validity",
            "-3": "已吊销 / revoked", "-4": "已冻结 / frozen", "-5": "尚未生效 / not yet valid",
            "-6": "其他 / other",
        },
        "checks": {
            name: {"zh": row.zh, "en": row.en, "clause": row.clause} for name, row in CHECKS.items()
        },
        "reasons": {
            name: {"zh": row.zh, "en": row.en, "clause": row.clause, "state": row.state, "sof": row.sof}
            for name, row in REASONS.items()
        },
    }  # fmt: skip
