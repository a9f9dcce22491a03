"""Is this a time stamp of these data, by an authority that is believed? RFC 3161, 2.4.2 and GB/T 20520.

The authority's certificate is judged at the time it states, on revocation data of the moment of judging. A
revocation that came later leaves older stamps standing only if its reason rules out that somebody else had
the key (RFC 3161, 4): whoever has the key can state any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from certs.cms import oids, read_signed, verify_cms
from certs.cms.signed import SignedData
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError, Reader
from certs.model.general_names import DIRECTORY, GeneralName
from certs.model.names import Name
from certs.timestamp import statement
from certs.timestamp.compromise import compromised
from certs.timestamp.messages import read_response
from certs.timestamp.model import TST_INFO, Digest, Info, read_info
from certs.timestamp.respond import Failure
from certs.timestamp.statement import Wish, compared
from certs.trust import STAMPING, Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged

_STATUSES = ("granted", "grantedWithMods", "rejection", "waiting", "revocationWarning",
             "revocationNotification")  # fmt: skip
SKEW = timedelta(minutes=1)  # between the authority's clock and ours


@judged
def verify_timestamp(
    token: bytes,
    data: bytes | Digest,
    *,
    trust: Trust,
    at: Moment | datetime,
    nonce: int | None = None,
    policy: str | None = None,
    request: bytes | None = None,
    certificates: Sequence[bytes] = (),
    skew: timedelta = SKEW,
) -> Verdict:
    """Judge a token, or a whole response, over `data` or their digest. DER in, no I/O, never raises.

    `at` is now: the stamp must not lie beyond it. With `request` what was asked is compared with what was
    answered; `certificates` help where the token brings none. `facts` of the verdict: genTime, accuracy,
    serial, policy, tsa, imprint, nonce.
    """
    said = Judgement(at if isinstance(at, Moment) else Moment(at))
    assert said.moment is not None  # noqa: S101  given above
    wish = Wish(data, nonce, policy, said.moment, trust, tuple(certificates), skew)
    found = _token(bytes(token), said)
    if found is None:
        return said.verdict()
    signed = read_signed(found)
    if signed.content_type != TST_INFO or signed.content is None:
        said.failed("format", Reason("content-type", "token", f"{signed.content_type}, not TSTInfo"))
        return said.verdict()
    if len(signed.signers) != 1:
        raise MalformedError("a time stamp has one signer")
    info = read_info(signed.content)
    said.passed("format", "TSTInfo")
    said.forgiven += [Reason("encoding", "TSTInfo", note) for note in info.notes]
    statement.facts(info, said)
    if request is not None:
        wish = compared(request, info, wish, said)
    statement.content(info, wish, said)
    statement.times(info, wish, said)
    signer, chain = _signature(found, signed, info, wish, said)
    return said.verdict(chain=chain, signer=signer)


def stamp_time(verdict: Verdict) -> Moment:
    """The moment that a valid stamp proves; ValueError for any other verdict, which proves none."""
    if not verdict.ok or "genTime" not in verdict.facts or verdict.moment is None:
        raise ValueError("only a valid time stamp proves a time")
    facts = verdict.facts
    evidence = f"TSA {facts.get('tsa', '?')} #{facts.get('serial', '?')}"
    return Moment(
        datetime.fromisoformat(facts["genTime"]),
        "timestamp",
        known_at=verdict.moment.data_at,
        evidence=evidence,
    )


def _token(raw: bytes, said: Judgement) -> bytes | None:
    """The token inside a response; a bare token is its own. Told apart by what stands first."""
    reader = Reader(raw, 10)  # two parts, or three; it is only looked at which of the two it is
    try:
        first = reader.inside(reader.whole())
    except MalformedError:
        return raw  # perhaps PEM or base64: the reader of signed data decides
    if not first or first[0].tag == 0x06:
        return raw
    response = read_response(raw)
    words = [Failure(bit).name if bit in list(Failure) else str(bit) for bit in sorted(response.failures)]
    status = _STATUSES[response.status] if 0 <= response.status < len(_STATUSES) else str(response.status)
    detail = "; ".join([status, *words, *response.texts])
    granted = response.status in (0, 1)
    if granted and (response.token is None or response.failures):
        raise MalformedError("granted without a token, or with failures")
    said.ask("response", None if granted else Reason("stamp-status", "response", detail), evidence=detail)
    if response.status == 1:
        said.forgiven.append(Reason("encoding", "response", "granted with modifications"))
    return response.token if granted else None


def _signature(
    raw: bytes, signed: SignedData, info: Info, wish: Wish, said: Judgement
) -> tuple[bytes | None, tuple[bytes, ...]]:
    """Signature and chain at the stamp's time, the binding to one certificate, and who claims to stamp."""
    trust = wish.trust.with_data(signed.crls, signed.ocsp)
    known = max(wish.moment.data_at, info.at)
    when = Moment(info.at, "timestamp", known, f"#{info.serial:x}", wish.moment.source)
    verdict = verify_cms(
        raw, trust=trust, at=when, purpose=STAMPING, expected_type=TST_INFO, extra=wish.certificates
    )
    said.nested("signature", verdict)
    if info.imprint.algorithm in trust.rules.strength.refused_digests:
        said.failed("imprint", Reason("algorithm-weak", "imprint", info.imprint.algorithm))
    if verdict.signer is None:
        if verdict.ok:
            said.failed("signer", Reason("no-signer"))
        return None, verdict.chain
    certificate = read_certificate(verdict.signer)
    said.facts["tsa"] = said.facts["tsa"] or str(certificate.subject)
    # Which certificate it names is looked at with the other attributes; here one must be named at all.
    named = set(signed.signers[0].attributes) & {oids.SIGNING_CERTIFICATE, oids.SIGNING_CERTIFICATE_V2}
    reason = Reason("signed-attributes", str(certificate), "no signing-certificate attribute")
    said.ask("attributes", None if named else reason, at="signing-certificate")
    if info.tsa is not None and not _named(certificate, info.tsa):
        said.failed(
            "signer", Reason("signed-attributes", str(certificate), "the stamp names another authority")
        )
    if verdict.ok:
        for one in compromised(trust, verdict.chain, known, said):
            said.failed("chain", one, at="key compromise")
    return verdict.signer, verdict.chain


def _named(certificate: Certificate, tsa: GeneralName) -> bool:
    """One of the subject's names (RFC 3161, 2.4.2: tsa)."""
    if tsa.kind == DIRECTORY and isinstance(tsa.value, Name) and tsa.value == certificate.subject:
        return True
    return tsa in (certificate.extensions.subject_names or ())


def signature_stamp(token: bytes, value: bytes, *, trust: Trust, at: Moment) -> tuple[Verdict, Moment | None]:
    """The judge of stamps over signature values, as `verify_cms(stamps=...)` asks for it."""
    verdict = verify_timestamp(token, value, trust=trust, at=at)
    return verdict, stamp_time(verdict) if verdict.ok else None
