"""Chapter `sof`: every operation of the SOF set against every defect of the key, the value or the content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from certs.cases.envelopes import MINE, opened_by, sealed_for
from certs.cases.signers import PERIODS, WAYS, crooked, reissued, signer
from certs.cases.stage import CONTENT, OTHER_CONTENT, Stage, drawn, flipped
from certs.cases.table import Case, Row
from certs.cms import sign
from certs.keys.held import HeldKey
from certs.testpki.issue import Authority, name, unaltered
from certs.testpki.mark import MARK_TEXT, mark
from certs.testpki.vendor import VendorCa
from certs.timestamp import read_response, request, respond
from certs.xml import sign_xml

_STAMPING = "1.3.6.1.5.5.7.3.8"
_XML = '<投标函 xmlns="urn:hutong:case"><总价 币种="CNY">9876543.21</总价></投标函>'.encode()
_POLICY = "1.2.156.10260.99.1"


def certificate(stage: Stage, row: Row) -> Case:
    """ValidateCert: the certificate itself is wrong, or what is known about it."""
    key = signer(stage.bench, stage.stranger, row.defect)
    raw, crls = key.certificate, None
    if row.defect == "wrong-id":
        raw = reissued(stage.bench, "wrong-id", unaltered, by="wrong-id").certificate
    elif row.defect == "altered":
        raw = flipped(raw, "精诚".encode(), "精城".encode())
    elif row.defect == "no-list":
        crls = ()
    elif row.defect == "admission-ended":
        ended = (stage.world.now.replace(microsecond=0)).isoformat(timespec="seconds")
        removed = stage.signed(stage.content(until=ended, grandfathering={"rule": "none", "reason": "沙箱"}))
        return stage.case(row, {"certificate.der": raw}, trust_list=removed)
    return stage.case(row, {"certificate.der": raw}, crls=crls)


def bare(stage: Stage, row: Row) -> Case:
    """VerifySignedData, VerifySignedFile: content, value, certificate."""
    key = signer(stage.bench, stage.stranger, row.defect)
    content = CONTENT * 4000 if row.operation == "VerifySignedFile" else CONTENT
    seen = flipped(content, CONTENT, OTHER_CONTENT) if row.defect == "altered" else content
    files = {"content.bin": seen, "signature.bin": key.sign(content), "certificate.der": key.certificate}
    return stage.case(row, files)


def message(stage: Stage, row: Row) -> Case:
    """VerifySignedMessage: the content is inside."""
    made = sign(CONTENT, signer(stage.bench, stage.stranger, row.defect), time=stage.world.now)
    if row.defect == "altered":
        made = flipped(made, CONTENT, OTHER_CONTENT)
    return stage.case(row, {"message.p7": made})


def detached(stage: Stage, row: Row) -> Case:
    """VerifySignedMessageDetach: the content is beside it."""
    key = signer(stage.bench, stage.stranger, row.defect)
    made = sign(CONTENT, key, time=stage.world.now, detached=True)
    seen = OTHER_CONTENT if row.defect == "altered" else CONTENT
    return stage.case(row, {"message.p7": made, "content.bin": seen})


def xml(stage: Stage, row: Row) -> Case:
    made = sign_xml(_XML, signer(stage.bench, stage.stranger, row.defect))
    if row.defect == "altered":
        made = flipped(made, b"9876543.21", b"1876543.21")
    return stage.case(row, {"document.xml": made})


def stamp(stage: Stage, row: Row) -> Case:
    """VerifyTimeStamp: the authority is wrong, its value, or what the stamp is about."""
    vendor = stage.stranger if row.defect == "unknown-ca" else stage.bench
    key = authority(stage, vendor, row.defect)
    crls = stage.hold(key.certificate, stage.bench) if row.defect == "frozen" else None
    seen = OTHER_CONTENT if row.defect == "altered" else CONTENT
    return stage.case(row, {"token.tst": token(stage, key, CONTENT), "content.bin": seen}, crls=crls)


def authority(stage: Stage, vendor: VendorCa, defect: str) -> HeldKey:
    """A time-stamping key with this defect."""
    if defect == "wrong-usage":
        return vendor.signer("builder")
    if defect not in PERIODS:
        return crooked(vendor.tsa(), defect) if defect in WAYS else vendor.tsa()
    label = f"case/tsa/{defect}"
    serial = int.from_bytes(drawn(stage, f"{label}/serial", 15), "big") | 1 << 119
    issuer: Authority = vendor.issuing()
    return issuer.issue(
        name(("C", "CN"), ("OU", MARK_TEXT), ("CN", "沙箱时间戳")), usage=("digitalSignature",),
        extended=(_STAMPING,), key=stage.world.source.key(label, vendor.algorithms[0]), extensions=[mark()],
        serial=serial, alter=PERIODS[defect],
    )  # fmt: skip


def token(stage: Stage, key: HeldKey, data: bytes, arc: Literal["rsa", "sm2"] = "rsa") -> bytes:
    answer = respond(request(data, "sm3"), key, at=stage.world.now, serial=20261122, policy=_POLICY, arc=arc)
    made = read_response(answer).token
    if made is None:
        raise ValueError("no stamp was granted")
    return made


def envelope(stage: Stage, row: Row) -> Case:
    """DecryptData: whoever made the envelope is wrong, or it was changed on its way."""
    key = signer(stage.bench, stage.stranger, row.defect)
    made = sealed_for(stage, [MINE], key)
    if row.defect == "altered":
        at = made.index(drawn(stage, "envelope/1", 16)) + 20  # behind the IV: the ciphertext
        made = made[:at] + bytes((made[at] ^ 1,)) + made[at + 1 :]
    return opened_by(stage, row, made, [MINE])


BUILD: dict[str, Callable[[Stage, Row], Case]] = {
    "ValidateCert": certificate,
    "VerifySignedData": bare,
    "VerifySignedFile": bare,
    "VerifySignedMessage": message,
    "VerifySignedMessageDetach": detached,
    "VerifySignedDataXML": xml,
    "VerifyTimeStamp": stamp,
    "DecryptData": envelope,
}
