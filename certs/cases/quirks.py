"""Chapter `quirk`: what real files and kits write (reference 1.6), to be accepted with a note or refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from certs.cases import seals
from certs.cases.envelopes import ciphered, styled
from certs.cases.operations import token
from certs.cases.signers import crooked, reissued
from certs.cases.stage import CONTENT, DEEP, LISTED, Stage, flipped
from certs.cases.table import Case, Row
from certs.cms import sign
from certs.envelope import Style
from certs.keys.held import HeldKey
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.testpki.issue import Alter, Blank, extension
from certs.trustlist.publishing import listed

Build = Callable[[Stage, Row], Case]
_SM4, _SM2_WITH_SM3 = "1.2.156.10197.1.104", "1.2.156.10197.1.501"


def _certificate(vendor: str, holder: str = "builder", *, strict: bool = False) -> Build:
    """A certificate as this vendor writes it, under a list that tolerates its ways or (strict) none."""

    def build(stage: Stage, row: Row) -> Case:
        raw = stage.vendor(vendor).signer(holder).certificate
        strictly = stage.signed(stage.content(quirks=[])) if strict else None
        return stage.case(row, {"certificate.der": raw}, trust_list=strictly)

    return build


def _altered(alter: Alter, *tolerated: str) -> Build:
    """A certificate with this in it; `tolerated` is put on the list instead of what usually is."""

    def build(stage: Stage, row: Row) -> Case:
        raw = reissued(stage.bench, row.id, alter).certificate
        own = stage.signed(stage.content(quirks=list(tolerated))) if tolerated else None
        return stage.case(row, {"certificate.der": raw}, trust_list=own)

    return build


def _signed(how: str, *, strict: bool = False, bare: bool = False) -> Build:
    """A message (or a bare value) signed in a way of its own."""

    def build(stage: Stage, row: Row) -> Case:
        key: HeldKey = crooked(stage.bench.signer("builder"), how)
        strictly = stage.signed(stage.content(quirks=[])) if strict else None
        if bare:
            value, raw = key.sign(CONTENT), key.certificate
            files = {"content.bin": CONTENT, "signature.bin": value, "certificate.der": raw}
        else:
            files = {"message.p7": sign(CONTENT, key, time=stage.world.now)}
        return stage.case(row, files, trust_list=strictly)

    return build


def _arc(algorithm: str) -> Build:
    """A message under the identifiers of RFC 5652, whatever the key."""

    def build(stage: Stage, row: Row) -> Case:
        key = stage.bench.signer("builder", algorithm)
        return stage.case(row, {"message.p7": sign(CONTENT, key, arc="rsa", time=stage.world.now)})

    return build


def _null_parameters(blank: Blank) -> Blank:
    return replace(blank, algorithm=w.algorithm(_SM2_WITH_SM3, w.NULL))


def _odd_names(blank: Blank) -> Blank:
    """An alternative name that is no GeneralNames: text where the sequence belongs."""
    return replace(blank, extensions=(*blank.extensions, extension("2.5.29.17", w.utf8("沙箱"))))


def _bare_extension(blank: Blank) -> Blank:
    """A private extension with text where DER belongs."""
    more = extension("1.2.156.10260.99.29.1", "沙箱裸文本".encode())
    return replace(blank, extensions=(*blank.extensions, more))


def _deep(stage: Stage, row: Row) -> Case:
    """Three tiers, all SM2 under the default identity."""
    raw = stage.deep.signer("builder").certificate
    return stage.case(row, {"certificate.der": raw}, vendors=(*LISTED, DEEP))


def _middle_of_other_identity(stage: Stage, row: Row) -> Case:
    """The CA in the middle is signed under another identity: what is below it hangs in the air."""
    top, middle, _ = stage.deep.tiers()
    blanks: list[Blank] = []

    def kept(blank: Blank) -> Blank:
        serial = read_certificate(middle.key.certificate).serial
        blanks.append(replace(blank, serial=serial))
        return blanks[-1]

    top.sub(middle.common, key=middle.key, subject=middle.subject, alter=kept)
    forged = blanks[-1].signed(crooked(top.key, "empty-id"))
    content = stage.content((*LISTED, DEEP))
    for ca in content["cas"]:
        if ca["id"] == DEEP:
            ca["intermediates"] = [listed(forged), *ca["intermediates"][1:]]
    crls = [raw for one in (*LISTED, DEEP) for raw in stage.vendor(one).crls()]
    files = {"certificate.der": stage.deep.signer("builder").certificate}
    return stage.case(row, files, trust_list=stage.signed(content), crls=crls)


def _sm2_list(stage: Stage, row: Row) -> Case:
    """The list of revocations is itself signed with SM2, and altered: nobody knows what it says."""
    vendor = stage.bench
    good = vendor.crl("sm2-sm3")
    serial = w.integer(read_certificate(vendor.signer("frozen").certificate).serial)
    other = w.integer(read_certificate(vendor.signer("supplier").certificate).serial)
    forged = flipped(good, serial, other)
    crls = [forged if raw == good else raw for raw in stage.usual_crls]
    return stage.case(row, {"certificate.der": vendor.signer("builder").certificate}, crls=crls)


def _sm2_stamp(stage: Stage, row: Row) -> Case:
    """A stamp by SM2 in the envelope of GB/T 35275, which `openssl ts` 3.0 cannot make."""
    made = token(stage, stage.bench.tsa("sm2-sm3"), CONTENT, "sm2")
    return stage.case(row, {"token.tst": made, "content.bin": CONTENT})


def _seal(stage: Stage, row: Row) -> Case:
    return seals.sealed(stage, row)


BUILD: dict[str, Build] = {
    "raw-in-message": _signed("raw"),
    "raw-in-data": _signed("raw", bare=True),
    "raw-not-tolerated": _signed("raw", strict=True),
    "raw-in-data-not-tolerated": _signed("raw", strict=True, bare=True),
    "raw": _seal,
    "unique-identifier-as-text": _certificate("C01"),
    "unique-identifier-not-tolerated": _certificate("C01", strict=True),
    "odd-alternative-name": _altered(_odd_names, "unreadable-extension"),
    "odd-alternative-name-not-tolerated": _altered(_odd_names),
    "generalized-time": _certificate("C02"),
    "generalized-time-not-tolerated": _certificate("C02", strict=True),
    "bare-text-extension": _altered(_bare_extension),
    "bare-text-vendor": _certificate("C05"),
    "sm4-block-means-ecb": ciphered(lambda iv: w.algorithm(_SM4), ecb=True),
    "sm4-block-means-cbc": ciphered(lambda iv: w.algorithm(_SM4, w.octets(iv)), ecb=False),
    "without-z": _signed("without-z"),
    "without-z-in-data": _signed("without-z", bare=True),
    "empty-id": _signed("empty-id", bare=True),
    "key-transport-301.2": styled(Style(sm2_name="1.2.156.10197.1.301.2")),
    "recipient-by-key": styled(Style(by_key=True)),
    "ciphertext-c1c2c3-no04": styled(Style(by_key=True, sm2_form="c1c2c3-no04")),
    "ciphertext-c1c3c2": styled(Style(sm2_form="c1c3c2")),
    "ciphertext-c1c3c2-no04": styled(Style(sm2_form="c1c3c2-no04")),
    "sm2-in-the-other-arc": _arc("sm2-sm3"),
    "rsa-in-its-arc": _arc("rsa-sha256"),
    "sm2-stamp": _sm2_stamp,
    "null-parameters": _altered(_null_parameters),
    "three-tiers": _deep,
    "three-tiers-other-id": _middle_of_other_identity,
    "sm2-list-altered": _sm2_list,
}
