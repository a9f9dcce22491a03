"""The seal's own part of a judgement: form, picture, the maker's value and the maker's certificate."""

from __future__ import annotations

from collections.abc import Sequence

from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.seal import picture
from certs.seal.moments import Sealed, when_made
from certs.seal.structure import Seal
from certs.seal.value import judge_value
from certs.trust import SIGNING, Trust
from certs.verdict import Judgement, Moment, Reason


def judge_seal(
    seal: Seal,
    said: Judgement,
    sealed: Sealed,
    trust: Trust,
    stamps: Trust,
    extra: Sequence[bytes],
    asked: Moment,
) -> None:
    """All steps about the seal; `asked` is the caller's moment, `sealed` when it is known to have existed."""
    _form(seal, said)
    maker = certificate_of(seal.maker)
    if maker is None:
        said.failed("seal-maker", Reason("malformed", "maker", "certificate"))
        return
    code = judge_value(seal.signed, seal.algorithm, seal.value, maker, trust.rules.strength, said.forgiven)
    code = "seal-maker" if code == "signature" else code
    said.ask(
        "seal-maker", None if code is None else Reason(code, str(maker), "maker's value"), at=seal.number
    )
    made = when_made(seal, asked, stamps)
    if made.stamp is not None:
        said.nested("timestamp", made.stamp, at="seal")
    verdict = trust.judge(seal.maker, moment=made.moment, purpose=SIGNING, extra=extra)
    said.nested("maker-chain", verdict, at=str(maker))
    if verdict.ok and not made.proven:
        _backdated(seal, maker, said, sealed, trust, extra)


def _form(seal: Seal, said: Judgement) -> None:
    faults = [Reason("seal-version", seal.number, one) for one in seal.faults]
    if not seal.listed.fits:
        faults.append(Reason("seal-version", seal.number, f"list of type {seal.listed.kind} holds the other"))
    faults += [
        Reason("critical-extension", seal.number, oid) for oid, critical, _ in seal.extensions if critical
    ]
    tell(said, "seal-form", faults)
    said.forgiven += [Reason("encoding", seal.number, note) for note in seal.notes]
    wrong, odd = picture.fault(seal.picture), picture.odd(seal.picture)
    said.ask("seal-picture", None if wrong is None else Reason("seal-picture", seal.number, wrong))
    if odd is not None:
        said.forgiven.append(Reason("seal-picture", seal.number, odd))


def _backdated(
    seal: Seal, maker: Certificate, said: Judgement, sealed: Sealed, trust: Trust, extra: Sequence[bytes]
) -> None:
    """The maker says when the seal was made. If the maker was revoked before the seal is known to have
    existed, that word is not enough: whoever has the key could have said so."""
    later = trust.judge(seal.maker, moment=sealed.moment, purpose=SIGNING, extra=extra)
    gone = next((one for one in later.reasons if one.code in ("revoked", "frozen")), None)
    if gone is not None:
        detail = f"{gone.code} before {sealed.moment.at:%Y-%m-%dT%H:%M:%SZ}"
        said.failed("time", Reason("time-claimed", str(maker), detail), at="seal")


def tell(said: Judgement, name: str, faults: list[Reason], moment: Moment | None = None) -> None:
    if faults:
        said.failed(name, *faults)
    else:
        said.passed(name, moment=moment)


def certificate_of(raw: bytes) -> Certificate | None:
    try:
        return read_certificate(raw)
    except MalformedError:
        return None


def seal_facts(seal: Seal, said: Judgement) -> None:
    maker = certificate_of(seal.maker)
    if maker is not None:
        said.facts["maker"] = str(maker.subject)
    said.facts |= {
        "seal": seal.number[:200],
        "seal-name": seal.name[:200],
        "seal-version": str(seal.version),
        "seal-kind": str(seal.kind),
        "seal-made": seal.made.isoformat(),
        "seal-period": f"{seal.begin.isoformat()} - {seal.end.isoformat()}",
        "vendor": seal.vendor[:200],
        "picture": f"{seal.picture.kind[:16]}, {len(seal.picture.data)} bytes, "
        f"{seal.picture.width} x {seal.picture.height} mm",
    }
