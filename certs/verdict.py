"""What a check says: one result type for certificates, signatures, seals, time stamps and envelopes.

Three states, not two (see `certs.reasons`). A verdict lists what speaks against (`reasons`), what was
overlooked (`forgiven`), and every step that was taken (`checks`), each with its evidence, so that an
officer can read years later why something was believed. Whatever goes wrong inside becomes a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec

from certs.model.der import MalformedError
from certs.reasons import CHECKS, INDETERMINATE, INVALID, REASONS, Row, Step

_Asked = ParamSpec("_Asked")


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is judged, and how the time is known.

    `at` is when the signature is known to have existed; `known_at` is when the revocation data at hand
    were known: the moment of judging, or of the time stamp over them. Both are aware. `source` is one of
    `SOURCES`, `evidence` what carries it; `known_source` is the source of `known_at`, if it is another.
    """

    at: datetime
    source: str = "argument"
    known_at: datetime | None = None
    evidence: str = ""
    known_source: str = ""

    def __post_init__(self) -> None:
        for name in ("at", "known_at"):
            value = getattr(self, name)
            # What is no moment at all is found where it is used, inside a judge, not raised from here.
            if value is not None and getattr(value, "tzinfo", UTC) is None:
                object.__setattr__(self, name, value.replace(tzinfo=UTC))

    @property
    def data_at(self) -> datetime:
        return self.known_at or self.at

    @property
    def of_data(self) -> Moment:
        """The moment of the revocation data, with its own source."""
        own = self.source if self.data_at == self.at else "argument"
        return Moment(self.data_at, self.known_source or own)

    def as_dict(self) -> dict[str, str]:
        return {"at": self.at.isoformat(), "source": self.source, "evidence": self.evidence}


# Where a time comes from, the most trustworthy last.
SOURCES = {
    "claimed": ("签名者自称", "claimed by the signer"),
    "argument": ("调用者给定", "given by the caller"),
    "clock": ("本机时钟", "this machine's clock"),
    "timestamp": ("时间戳", "time stamp"),
    "archive": ("归档时间戳", "archive time stamp"),
    "elsewhere": ("他处证据", "evidence from elsewhere"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is wrong: a code of `REASONS`, about what, and the evidence."""

    code: str
    at: str = ""
    detail: str = ""

    @property
    def row(self) -> Row:
        return REASONS[self.code]

    @property
    def zh(self) -> str:
        return _sentence(self.row.zh, self.at, self.detail)

    @property
    def en(self) -> str:
        return _sentence(self.row.en, self.at, self.detail)

    def __str__(self) -> str:
        return _sentence(self.code, self.at, self.detail)

    def as_dict(self) -> dict[str, Any]:
        return {"code": self.code, "at": self.at, "detail": self.detail, "zh": self.zh, "en": self.en,
                "clause": self.row.clause, "state": self.row.state}  # fmt: skip


PASSED, FAILED, OPEN, SKIPPED = "passed", "failed", "open", "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One step that was taken: a name of `CHECKS`, about what, what came out, and on what evidence."""

    name: str
    outcome: str
    at: str = ""
    evidence: str = ""
    moment: Moment | None = None
    reasons: tuple[Reason, ...] = ()
    inner: tuple[Check, ...] = ()
    # As it is told: a step of a chain that is remembered is told again with every signature of its signer.
    _told: dict[str, Any] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def row(self) -> Step:
        return CHECKS[self.name]

    def as_dict(self) -> dict[str, Any]:
        """Not to be changed further in than its own members."""
        if self._told is None:
            object.__setattr__(self, "_told", self._as_dict())
        return dict(self._told or {})

    def _as_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {"check": self.name, "outcome": self.outcome, "zh": self.row.zh,
                               "en": self.row.en, "clause": self.row.clause}  # fmt: skip
        if self.at:
            out["at"] = self.at
        if self.evidence:
            out["evidence"] = self.evidence
        if self.moment is not None:
            out["time"] = self.moment.as_dict()
        if self.reasons:
            out["reasons"] = [reason.as_dict() for reason in self.reasons]
        if self.inner:
            out["checks"] = [check.as_dict() for check in self.inner]
        return out


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ok` is true only when everything asked for was established.

    `chain` is the path, anchor first; `signer` the DER of the certificate that signed; `facts` what was
    read on the way (serial number, signing time, digest), as text for people.
    """

    ok: bool
    reasons: list[Reason] = field(default_factory=list)
    forgiven: list[Reason] = field(default_factory=list)
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    checks: tuple[Check, ...] = field(default=(), repr=False)
    moment: Moment | None = None
    signer: bytes | None = field(default=None, repr=False)
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def state(self) -> str:
        """`valid`, `invalid`, or `indeterminate`: the last only if nothing is plainly wrong."""
        if self.ok:
            return "valid"
        return INDETERMINATE if {reason.row.state for reason in self.reasons} == {INDETERMINATE} else INVALID

    @property
    def sof_code(self) -> int:
        """The answer of SOF_ValidateCert; what is said first counts, but revoked and frozen go before it."""
        if self.ok:
            return 1
        codes = [reason.row.sof for reason in self.reasons]
        return next((code for code in (-3, -4) if code in codes), codes[0] if codes else -6)

    @property
    def sub_indication(self) -> str:
        """Why not, in the words of ETSI EN 319 102-1; empty if valid."""
        if self.ok:
            return ""
        leading = next((reason.row for reason in self.reasons if reason.row.state == self.state), None)
        return "" if leading is None else leading.sub

    def sentence(self, language: str = "zh") -> str:
        """The whole verdict in one sentence."""
        if self.ok:
            return "valid" if language == "en" else "有效"
        first = next((reason for reason in self.reasons if reason.row.state == self.state), None)
        if language == "en":
            return self.state if first is None else f"{self.state}: {first.en}"
        word = {"invalid": "无效", INDETERMINATE: "无法确定"}[self.state]
        return word if first is None else f"{word}:{first.zh}"

    def as_dict(self) -> dict[str, Any]:
        """Everything but the bytes, for JSON."""
        return {
            "ok": self.ok,
            "state": self.state,
            "subIndication": self.sub_indication,
            "sofCode": self.sof_code,
            "zh": self.sentence(),
            "en": self.sentence("en"),
            "reasons": [reason.as_dict() for reason in self.reasons],
            "forgiven": [reason.as_dict() for reason in self.forgiven],
            "checks": [check.as_dict() for check in self.checks],
            "time": None if self.moment is None else self.moment.as_dict(),
            "facts": dict(self.facts),
        }


def refused(code: str, at: str = "", detail: str = "") -> Verdict:
    return Verdict(False, [Reason(code, at, detail)])


def judged(judge: Callable[_Asked, Verdict]) -> Callable[_Asked, Verdict]:
    """Wrap a public judge: whatever it raises becomes an answer, and never `valid`."""

    @wraps(judge)
    def asked(*args: _Asked.args, **kwargs: _Asked.kwargs) -> Verdict:
        try:
            return judge(*args, **kwargs)
        except MalformedError as error:
            return refused("malformed", detail=str(error))
        except Exception as error:  # an error of ours is an answer: indeterminate, never valid
            return refused("internal", detail=type(error).__name__)

    return asked


class Judgement:
    """Collects checks while something is judged; the verdict is what they add up to."""

    __slots__ = ("checks", "facts", "forgiven", "moment", "reasons")

    def __init__(self, moment: Moment | None = None) -> None:
        self.moment = moment
        self.checks: list[Check] = []
        self.reasons: list[Reason] = []
        self.forgiven: list[Reason] = []
        self.facts: dict[str, str] = {}

    def passed(self, name: str, at: str = "", evidence: str = "", moment: Moment | None = None) -> None:
        self.checks.append(Check(name, PASSED, at, evidence, moment))

    def skipped(self, name: str, at: str = "", evidence: str = "") -> None:
        self.checks.append(Check(name, SKIPPED, at, evidence))

    def failed(self, name: str, *reasons: Reason, at: str = "", evidence: str = "") -> None:
        """At least one reason; it is open if all of them are."""
        self.checks.append(Check(name, _outcome(reasons), at, evidence, None, reasons))
        self.reasons += reasons

    def ask(self, name: str, reason: Reason | None, at: str = "", evidence: str = "") -> bool:
        """Passed if there is no reason against it; says whether it passed."""
        if reason is None:
            self.passed(name, at, evidence)
        else:
            self.failed(name, reason, at=at, evidence=evidence)
        return reason is None

    def nested(self, name: str, verdict: Verdict, at: str = "", evidence: str = "") -> bool:
        """Another verdict as one step of this; what it forgave is forgiven here."""
        outcome = PASSED if verdict.ok else _outcome(verdict.reasons)
        check = Check(name, outcome, at, evidence, verdict.moment, tuple(verdict.reasons), verdict.checks)
        self.checks.append(check)
        self.reasons += verdict.reasons
        self.forgiven += verdict.forgiven
        return verdict.ok

    def verdict(self, *, chain: tuple[bytes, ...] = (), signer: bytes | None = None) -> Verdict:
        """Valid if nothing speaks against it and anything was looked at at all."""
        ok = not self.reasons and any(check.outcome == PASSED for check in self.checks)
        reasons = self.reasons if self.reasons or ok else [Reason("internal", detail="nothing was checked")]
        return Verdict(
            ok, reasons, self.forgiven, chain, tuple(self.checks), self.moment, signer, dict(self.facts)
        )


def _outcome(reasons: tuple[Reason, ...] | list[Reason]) -> str:
    return OPEN if {reason.row.state for reason in reasons} == {INDETERMINATE} else FAILED


def _sentence(what: str, at: str, detail: str) -> str:
    return what + (f" [{at}]" if at else "") + (f": {detail}" if detail else "")
