"""Ours as a validator of the outside runner:

PYTHONPATH=.:tests/certs/path python ../shared/pki/run.py --suite pkits --validator hutong_validator:validate

`bare` asks the contract's question only; `validate` also tells the settings of OpenSSL's own tests, which
stand in `options` (security level, partial chains, strict profile).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import certs
from certs.algorithms.verification import Strength
from certs.path.question import Rules

LEVELS = {
    0: Strength(frozenset(), smallest_rsa=512),
    1: Strength(),
    2: Strength(smallest_rsa=2048, smallest_ec=224),
    3: Strength(smallest_rsa=3072, smallest_ec=256),
}
PURPOSES = {"codesign": "codeSigning", "timestampsign": "timeStamping"}


def ask(case: Any, **more: Any) -> certs.Verdict:
    return certs.validate_path(
        case.leaf,
        case.intermediates,
        case.roots,
        at=case.time or datetime.now(UTC),
        crls=case.crls,
        policies=case.initial_policies,
        explicit_policy=case.explicit_policy,
        inhibit_mapping=case.inhibit_mapping,
        inhibit_any=case.inhibit_any,
        eku=case.eku or ([PURPOSES[case.purpose]] if case.purpose in PURPOSES else []),
        key_usage=case.key_usage,
        max_depth=case.max_depth,
        peer=case.peer,
        check_revocation=case.check_revocation,
        **more,
    )


def bare(case: Any) -> tuple[bool, str]:
    verdict = ask(case)
    return verdict.ok, "; ".join(map(str, verdict.reasons))


def validate(case: Any) -> tuple[bool, str]:
    options = case.options
    rules = Rules(
        strength=LEVELS[options.get("auth_level", 1)],
        trusted_leaf=bool(options.get("partial_chain")),
        strict=bool(options.get("strict")),
        check_anchors=bool(options.get("check_ss_sig")),
    )
    verdict = ask(case, rules=rules)
    return verdict.ok, "; ".join(map(str, verdict.reasons))
