"""The second engine over the outside suites: every disagreement is known and explained; it never decides."""

from __future__ import annotations

import importlib.util
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from certs import shadow
from certs.recognition import Recogniser
from certs.trust import ANYTHING, Revocation, Trust
from certs.verdict import Moment
from tests.certs.trustlist.world import NOW, ca, root, sub, usable

pytest.importorskip("OpenSSL", reason="extra `shadow` is not installed")
SUITES = Path(__file__).parents[4] / "shared" / "pki"
# pyOpenSSL refuses what is right: parameters of a DSA key that stand in the issuer's certificate, and lists
# signed by others than the issuer (indirect CRLs).
INHERITED_DSA = {"pkits:4.1.5"}
INDIRECT = {f"pkits:4.14.{number}" for number in (24, 25, 28, 29, 30, 33)}
# It accepts what the contract's call refuses: an anchor that is no CA, once an anchor that is not
# self-signed makes it take partial chains; and a leaf that is itself in the store.
NO_CA, TRUSTED_LEAF = {"ossl:037"}, {"ossl:082", "ossl:083"}
EXPLAINED = {"pkits": INHERITED_DSA | INDIRECT, "gm": set(), "openssl_verify": NO_CA | TRUSTED_LEAF}
# How many cases constrain policies, which it cannot be asked about.
UNASKED = {"pkits": 74, "gm": 0, "openssl_verify": 0}


def cases(name: str) -> list[Any]:
    path = SUITES / "suite.py"
    if not (SUITES / f"{name}.json.xz").exists():
        assert os.environ.get("CI") != "true", "outside suites are missing"
        pytest.skip(f"outside suite {name} is not beside the project (../shared/pki)")
    spec = importlib.util.spec_from_file_location("suite", path)
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.modules["suite"] = made
    spec.loader.exec_module(made)
    return list(made.load(name)[1])


@pytest.mark.parametrize("name", EXPLAINED)
def test_every_disagreement_is_explained(name: str) -> None:
    differ, unasked = {}, 0
    for case in cases(name):
        at = (case.time or datetime.now(UTC)).astimezone(UTC)
        choice = Revocation.REQUIRED if case.check_revocation else Revocation.IGNORED
        trust = Trust(tuple(case.roots), choice, tuple(case.intermediates), tuple(case.crls))
        verdict = trust.judge(case.leaf, moment=Moment(at), purpose=ANYTHING)
        finding = shadow.compare(verdict, trust, (), Moment(at))
        if finding is not None:
            differ[case.id] = finding
        crls = case.crls if case.check_revocation else None
        unasked += shadow.judge(case.leaf, case.intermediates, case.roots, at, crls) is None
    assert set(differ) == EXPLAINED[name], differ
    assert unasked == UNASKED[name]


def watched(monkeypatch: pytest.MonkeyPatch, answer: Any, rate: float = 1.0) -> tuple[Recogniser, list[Any]]:
    findings: list[shadow.Finding] = []
    monkeypatch.setattr(shadow, "judge", answer)
    look = shadow.Shadow(findings.append, rate=rate, random=lambda: 0.5)
    above = root("CA001").crl(this_update=NOW), sub("CA001").crl(this_update=NOW)
    one = Recogniser(usable(ca("CA001")), revocation=Revocation.REQUIRED, crls=above, shadow=look)
    return one, findings


def test_agreement_is_silent() -> None:
    findings: list[shadow.Finding] = []
    look = shadow.Shadow(findings.append, rate=1.0, random=lambda: 0.0)
    above = root("CA001").crl(this_update=NOW), sub("CA001").crl(this_update=NOW)
    one = Recogniser(usable(ca("CA001")), revocation=Revocation.REQUIRED, crls=above, shadow=look)
    assert one.recognise(sub("CA001").issue("张三", days=1200).certificate, at=NOW).ok
    assert not one.recognise(sub("CA001").issue("张三").certificate, at=NOW).ok  # expired
    assert not one.recognise(sub("CA009").issue("张三", days=1200).certificate, at=NOW).ok
    assert findings == []


def test_disagreement_is_told_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    one, findings = watched(monkeypatch, lambda *_: (False, "no"))
    found = one.recognise(sub("CA001").issue("张三", days=1200).certificate, at=NOW)
    assert found.ok
    assert [(each.ours, each.theirs, each.why_theirs) for each in findings] == [(True, False, "no")]
    assert "以本引擎为准" in findings[0].zh


def test_whom_we_refuse_the_second_engine_does_not_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    one, findings = watched(monkeypatch, lambda *_: (True, ""))
    assert not one.recognise(sub("CA009").issue("张三", days=1200).certificate, at=NOW).ok
    assert [(each.ours, each.theirs) for each in findings] == [(False, True)]


def test_its_faults_are_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    one, findings = watched(monkeypatch, broken)
    assert one.recognise(sub("CA001").issue("张三", days=1200).certificate, at=NOW).ok
    assert "MemoryError" in findings[0].why_theirs


def test_only_a_sample_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    one, findings = watched(monkeypatch, lambda *_: (False, "no"), rate=0.5)
    assert one.recognise(sub("CA001").issue("张三", days=1200).certificate, at=NOW).ok
    assert findings == []
