"""Thousands of altered certificates, lists and answers: no crash, never valid where signed bytes changed."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

import certs
from certs.model.certificate import read_certificate
from certs.model.crl import read_crl
from certs.model.ocsp import read_answer
from certs.reasons import REASONS
from tests.rows import each

AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
COUNT = int(os.environ.get("HUTONG_MUTATIONS", "500"))  # of each of four kinds
KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
SHA256 = hashes.SHA256()


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def issue(at: int, by: int) -> x509.Certificate:
    titles = ["甘肃测试根", "测试中级 CA", "甘肃某公司"]
    builder = x509.CertificateBuilder(
        issuer_name=named(titles[by]),
        subject_name=named(titles[at]),
        public_key=KEYS[at].public_key(),
        serial_number=1000 + at,
        not_valid_before=AT - 30 * DAY,
        not_valid_after=AT + 30 * DAY,
    ).add_extension(x509.BasicConstraints(at < 2, None), True)
    return builder.sign(KEYS[by], SHA256)


ROOT, CA, LEAF = issue(0, 0), issue(1, 0), issue(2, 1)


def a_list(at: int) -> bytes:
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=[ROOT, CA][at].subject, last_update=AT - DAY, next_update=AT + DAY
    )
    for serial in (7, 8):
        row = x509.RevokedCertificateBuilder(serial, AT - DAY)
        builder = builder.add_revoked_certificate(
            row.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), False).build()
        )
    return builder.add_extension(x509.CRLNumber(5), False).sign(KEYS[at], SHA256).public_bytes(Encoding.DER)


def an_answer() -> bytes:
    builder = ocsp.OCSPResponseBuilder().add_response(
        LEAF, CA, SHA256, ocsp.OCSPCertStatus.GOOD, AT - DAY, AT + DAY, None, None
    )
    made = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, CA).sign(KEYS[1], SHA256)
    return made.public_bytes(Encoding.DER)


DER = [one.public_bytes(Encoding.DER) for one in (ROOT, CA, LEAF)]
LISTS = [a_list(0), a_list(1)]
ANSWER = an_answer()


def path(leaf: bytes = DER[2], ca: bytes = DER[1], lists: list[bytes] = LISTS) -> certs.Verdict:
    return certs.validate_path(leaf, [ca], [DER[0]], at=AT, crls=lists, check_revocation=True)


# What is altered, how it is judged, and which bytes of it are signed.
KINDS: dict[str, tuple[bytes, Callable[[bytes], certs.Verdict], Callable[[bytes], object]]] = {
    "leaf": (DER[2], lambda raw: path(leaf=raw), lambda raw: read_certificate(raw).signed),
    "ca": (DER[1], lambda raw: path(ca=raw), lambda raw: read_certificate(raw).signed),
    "list": (LISTS[1], lambda raw: path(lists=[LISTS[0], raw]), lambda raw: read_crl(raw).signed),
    "answer": (
        ANSWER,
        lambda raw: certs.check_ocsp(raw, DER[2], DER[1], at=AT),
        lambda raw: getattr(read_answer(raw)[1], "signed", None),
    ),
}


def mutants(original: bytes, count: int, seed: int) -> Iterator[bytes]:
    """One to three alterations each: a bit, a byte, a piece cut, doubled, moved, or a length off by one."""
    chance = random.Random(seed)
    made = 0
    while made < count:
        raw = bytearray(original)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            at, size = chance.randrange(len(raw)), chance.randrange(1, 12)
            match chance.randrange(6):
                case 0:
                    raw[at] ^= 1 << chance.randrange(8)
                case 1:
                    raw[at] = chance.choice((0, 1, 0x30, 0x7F, 0x80, 0x81, 0xA0, 0xFF))
                case 2:
                    del raw[at : at + size]
                case 3:
                    raw[at:at] = raw[at : at + size]
                case 4:
                    raw[at : at + size] = raw[at : at + size][::-1]
                case _:
                    raw[at] = (raw[at] + chance.choice((1, 255))) & 255
            if not raw:
                break
        if bytes(raw) != original:
            made += 1
            yield bytes(raw)


@dataclass
class Tally:
    """What came of altered originals; `wrong` must stay empty."""

    states: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, bytes]] = field(default_factory=list)
    slowest: float = 0.0

    def fault(self, verdict: certs.Verdict, *, same: bool) -> str:
        if any(reason.code == "internal" for reason in verdict.reasons):
            return "foreign exception"
        if any(not (reason.code in REASONS and reason.zh and reason.en) for reason in verdict.reasons):
            return "an answer without words"
        # Only where what is signed is as it was, say a length written otherwise around it.
        return "" if same else "valid, and what is signed was changed"


def run(kind: str, count: int, seed: int) -> Tally:
    """So many altered ones of a kind, judged; what escapes a judge is a fault like any other."""
    original, judge, signed = KINDS[kind]
    tally = Tally()
    for raw in mutants(original, count, seed):
        begun = time.thread_time()
        try:
            verdict = judge(raw)
        except Exception as error:
            tally.wrong.append((f"escaped: {error!r}", raw))
            continue
        tally.slowest = max(tally.slowest, time.thread_time() - begun)
        tally.states[verdict.state] += 1
        tally.codes.update({reason.code for reason in verdict.reasons})
        fault = tally.fault(verdict, same=not verdict.ok or signed(raw) == signed(original))
        if fault:
            tally.wrong.append((fault, raw))
    return tally


@pytest.mark.parametrize("kind", KINDS)
def test_altered_is_never_valid(kind: str) -> None:
    original, judge, _ = KINDS[kind]
    assert judge(original).ok, judge(original).reasons
    tally = run(kind, COUNT, seed=COUNT)
    assert not tally.wrong, [(what, raw.hex()) for what, raw in tally.wrong[:3]]
    assert sum(tally.states.values()) == COUNT
    seen = set(tally.codes)
    if kind != "list":  # any fault of a list is one fault of the path: nothing is known
        assert len(seen) >= 3, "the alterations all end in one way: they do not reach far"


@each("raw", [b"", b"\x30", b"\x30\x80\x00\x00", b"\x30\x84\xff\xff\xff\xff", b"0" * 5000,
                                 b"\x30\x82\x10\x00" * 4000, b"\x1f" * 40, bytes(range(256))])  # fmt: skip
def test_rubbish_everywhere(raw: bytes) -> None:
    assert not path(leaf=raw).ok
    assert not path(ca=raw).ok
    assert not path(lists=[raw, raw]).ok
    assert not certs.validate_path(DER[2], [DER[1]], [raw], at=AT).ok
    for response, cert, issuer in ((raw, DER[2], DER[1]), (ANSWER, raw, DER[1]), (ANSWER, DER[2], raw)):
        assert not certs.check_ocsp(response, cert, issuer, at=AT).ok


def test_the_runner_notices_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that believes everything, one that raises, one that says it failed inside."""

    def judge_by(judge: Callable[[bytes], certs.Verdict]) -> Tally:
        monkeypatch.setitem(KINDS, "leaf", (DER[2], judge, lambda raw: raw))
        return run("leaf", 5, seed=1)

    def raises(raw: bytes) -> certs.Verdict:
        raise KeyError(raw)

    assert {what for what, _ in judge_by(lambda raw: certs.Verdict(True)).wrong} == {
        "valid, and what is signed was changed"
    }
    assert all(what.startswith("escaped") for what, _ in judge_by(raises).wrong)
    inside = certs.Verdict(False, [certs.Reason("internal")])
    assert {what for what, _ in judge_by(lambda raw: inside).wrong} == {"foreign exception"}
