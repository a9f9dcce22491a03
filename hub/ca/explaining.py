"""What the explaining page shows: of a file all that is to be said, and the words it is said in."""

from __future__ import annotations

import argparse
from functools import cache
from typing import Any

from certs.cli.drawing import drawing
from certs.cli.facts import contents
from certs.cli.kinds import ZH, recognise_kind
from certs.cli.report import Report
from certs.cli.reporting import report_of
from certs.reasons import CHECKS, REASONS
from certs.trustlist import examine
from hub.ca.judges import Judges
from hub.ca.policy import PURPOSES
from hub.ca.question import KINDS, MEDIA, Circumstances, Proof
from hub.ca.verifying import Own, given_of, mode_of

_DRAWN = 12


def explained(judges: Judges, name: str, asked: Proof, about: Circumstances, own: Own) -> dict[str, Any]:
    """For a thread; never raises on the bytes of a file."""
    found = recognise_kind(asked.signature)
    if found.kind == "trustlist":
        verdict = examine(found.data, signers=judges.belief.signers, at=about.at.at).verdict
        report = Report(name, found.kind, contents(found).rows, verdict)
    else:
        args = argparse.Namespace(
            sector=about.sector, medium=about.medium, subject=about.subject, realm=judges.realm
        )
        report = report_of(name, asked.signature, given_of(judges, about, own), args, asked.data)
    out = report.as_dict()
    names = report.names
    drawn = bool(report.chain) and len(report.chain) <= _DRAWN
    out["headline"] = {"zh": report.headline("zh"), "en": report.headline("en")}
    out["drawing"] = {"zh": drawing(report, names, 0), "en": drawing(report, names, 1)} if drawn else None
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
