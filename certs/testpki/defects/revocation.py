"""Defects that lists and responders show: of the certificate's state, or of what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from certs.keys.held import HeldKey
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.testpki.defects.bench import Bench
from certs.testpki.defects.exhibit import Exhibit
from certs.testpki.issue import DAY, extension
from certs.testpki.ocsp import Responder

Both = tuple[Exhibit, Exhibit]
_NONCE = b"sixteen octets.."


def _above(bench: Bench) -> tuple[bytes, ...]:
    """Lists of the CAs above the issuing one."""
    return tuple(ca.crl() for ca in bench.vendor.tiers()[:-1])


def _listed(bench: Bench, reason: int) -> Both:
    shown = bench.shown(bench.key())
    serial = read_certificate(shown.certificate).serial
    clean, listed = bench.ca.crl(), bench.ca.crl([(serial, bench.now - DAY, reason)], number=2)
    above = _above(bench)
    return replace(shown, crls=(*above, clean)), replace(shown, crls=(*above, listed))


def _delta(bench: Bench) -> Both:
    """Clean on the complete list, on hold in the delta that came after it."""
    shown = bench.shown(bench.key())
    serial = read_certificate(shown.certificate).serial
    indicator = [extension("2.5.29.27", w.integer(1), critical=True)]
    delta = bench.ca.crl([(serial, bench.now - DAY, 6)], number=2, extensions=indicator)
    lists = (*_above(bench), bench.ca.crl(number=1))
    return replace(shown, crls=lists), replace(shown, crls=(*lists, delta))


def _stale(bench: Bench) -> Both:
    shown, above = bench.shown(bench.key()), _above(bench)
    old = bench.ca.crl(this_update=bench.now - 30 * DAY)
    return replace(shown, crls=(*above, bench.ca.crl())), replace(shown, crls=(*above, old))


Say = Callable[[Bench, Responder, bytes], bytes]


def _answered(bad: Say) -> Callable[[Bench], Both]:
    """Good is a true answer with the nonce that was asked for."""

    def build(bench: Bench) -> Both:
        shown, responder = bench.shown(bench.key()), bench.vendor.ocsp()
        good = responder.answer(shown.certificate, nonce=_NONCE)
        said = bad(bench, responder, shown.certificate)
        shown = replace(shown, nonce=_NONCE)
        return replace(shown, answer=good), replace(shown, answer=said)

    return build


def _stranger(bench: Bench, responder: Responder, certificate: bytes) -> bytes:
    """Signed by a holder of a certificate of this CA, who was never made a responder."""
    return replace(responder, key=bench.key()).answer(certificate, nonce=_NONCE)


def _forged(bench: Bench, responder: Responder, certificate: bytes) -> bytes:
    key: HeldKey = bench.source.key(f"defect/{bench.id}/forger", responder.key.algorithm)
    return responder.answer(certificate, nonce=_NONCE, by=key)


def _other(bench: Bench, responder: Responder, certificate: bytes) -> bytes:
    return responder.answer(bench.vendor.signer(bench.stranger.id).certificate, nonce=_NONCE)


BUILD: dict[str, Callable[[Bench], Both]] = {
    "revoked": lambda bench: _listed(bench, 1),
    "frozen": lambda bench: _listed(bench, 6),
    "frozen-by-delta": _delta,
    "list-stale": _stale,
    "ocsp-revoked": _answered(lambda _, who, raw: who.answer(raw, "revoked", nonce=_NONCE)),
    "ocsp-frozen": _answered(lambda _, who, raw: who.answer(raw, "frozen", nonce=_NONCE)),
    "ocsp-unknown": _answered(lambda _, who, raw: who.answer(raw, "unknown", nonce=_NONCE)),
    "ocsp-stale": _answered(lambda bench, who, raw: who.answer(raw, nonce=_NONCE, at=bench.now - 30 * DAY)),
    "ocsp-refusal": _answered(lambda _, who, raw: who.refusal()),
    "ocsp-nonce": _answered(lambda _, who, raw: who.answer(raw, nonce=b"another nonce...")),
    "ocsp-other": _answered(_other),
    "ocsp-responder": _answered(_stranger),
    "ocsp-wrong-key": _answered(_forged),
}
