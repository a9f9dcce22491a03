"""Defects of identity: whose certificate it is cannot be told, or it is somebody else's; and of pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from certs.keys.held import HeldKey
from certs.subject.rules import Rule
from certs.testpki.defects.bench import Bench
from certs.testpki.defects.exhibit import Exhibit
from certs.testpki.forms import written_extension
from certs.testpki.issue import DAY, ENCIPHER, SIGN, Alter, Authority, unaltered

Both = tuple[Exhibit, Exhibit]
_ARC = "1.2.156.10260.4.1"
_RULES = (
    Rule("person", "extension", f"{_ARC}.1", ("resident",)),
    Rule("registration", "extension", f"{_ARC}.3", ("registration", "organisation")),
    Rule("credit", "extension", f"{_ARC}.4", ("uscc", "organisation")),
    Rule("tax", "extension", f"{_ARC}.5", ("uscc", "tax")),
)


def _said(bench: Bench, *pairs: tuple[int, str]) -> Exhibit:
    more = [written_extension(f"{_ARC}.{number}", text, "utf8") for number, text in pairs]
    return replace(bench.shown(bench.key(more=more)), rules=_RULES)


def _misread(code: str) -> str:
    """One digit read wrongly, so that the check character no longer fits."""
    at = code.index("0")
    return code[:at] + "8" + code[at + 1 :]


def _against(bench: Bench, *pairs: tuple[int, str]) -> Both:
    """The holder's code, alone and beside something else."""
    mine = (4, bench.holder.code)
    return _said(bench, mine), _said(bench, mine, *pairs)


def _none(bench: Bench) -> Both:
    return _said(bench, (4, bench.holder.code)), _said(bench)


def _check(bench: Bench) -> Both:
    return _said(bench, (4, bench.holder.code)), _said(bench, (4, _misread(bench.holder.code)))


def _registration(bench: Bench) -> Both:
    """What guessing in order takes for the code."""
    mine, number = (4, bench.holder.code), (3, bench.holder.registration)
    return _said(bench, number, mine), _said(bench, number)


def _claimed(bench: Bench) -> Both:
    shown = _said(bench, (4, bench.holder.code))
    return replace(shown, claimed=bench.holder.code), replace(shown, claimed=bench.stranger.code)


def _other_half(bench: Bench, other: Callable[[Bench], HeldKey]) -> Both:
    one = bench.shown(bench.key())
    right = replace(one, other=bench.key(usage=ENCIPHER).certificate)
    return right, replace(one, other=other(bench).certificate)


def _halves(other: Callable[[Bench], HeldKey]) -> Callable[[Bench], Both]:
    return lambda bench: _other_half(bench, other)


def _enciphers(bench: Bench, alter: Alter = unaltered, usage: Sequence[str] = ENCIPHER) -> HeldKey:
    return bench.key(alter, usage)


def _elsewhere(bench: Bench) -> HeldKey:
    """The same holder's, from another CA."""
    key = bench.source.key(f"defect/{bench.id}/else", "sm2-sm3")
    other = Authority.root("沙箱另一CA", now=bench.now, key=key, alter=bench.numbered("root"))
    subject: list[bytes] = []
    bench.key(lambda b: subject.append(b.subject) or b)  # type: ignore[func-returns-value]
    pair_key = bench.source.key(f"defect/{bench.id}/half", "sm2-sm3")
    return other.issue(subject[0], usage=ENCIPHER, key=pair_key, alter=bench.numbered("half"))


def _same_key(bench: Bench) -> HeldKey:
    keys: list[bytes] = []
    bench.key(lambda b: keys.append(b.key) or b)  # type: ignore[func-returns-value]
    return _enciphers(bench, lambda b: replace(b, key=keys[0]))


def _later(bench: Bench) -> HeldKey:
    begin = bench.now + 1000 * DAY
    return _enciphers(bench, lambda b: replace(b, not_before=begin, not_after=begin + 300 * DAY))


BUILD: dict[str, Callable[[Bench], Both]] = {
    "identity-none": _none,
    "identity-check": _check,
    "identity-registration-only": _registration,
    "identity-two-codes": lambda bench: _against(bench, (5, bench.stranger.code)),
    "identity-person-beside": lambda bench: _against(bench, (1, bench.person.code)),
    "identity-organisation": lambda bench: _against(bench, (3, bench.stranger.code[8:17])),
    "identity-misread-beside": lambda bench: _against(bench, (5, _misread(bench.holder.code))),
    "identity-claimed": _claimed,
    "pair-subject": _halves(lambda b: _enciphers(b, lambda one: replace(one, subject=b.subject("别名")))),
    "pair-issuer": _halves(_elsewhere),
    "pair-key": _halves(_same_key),
    "pair-usage": _halves(lambda b: _enciphers(b, usage=(*SIGN, *ENCIPHER))),
    "pair-validity": _halves(_later),
}
