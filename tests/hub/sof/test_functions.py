"""Every function of the papers done or refused; what it tells is checked by somebody else's reading."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from certs.algorithms import sm2_encryption
from certs.algorithms.sm2_ciphertext import FORMS
from certs.algorithms.sm2_keys import pem, private_der
from certs.envelope import seal_envelope
from certs.timestamp import read_request
from hub.catalogue.gateways import Gateway
from hub.sof.table import FUNCTIONS
from tests.hub.catalogue.plain_sm2 import holds
from tests.hub.sof.conftest import Server, serve, shut

PAPERS = Gateway.load()
_BEIJING = timezone(timedelta(hours=8))
_DER = Encoding.DER
TEXT = "开标一览表".encode()
DOCUMENT = "<投标函><总价>9876543.21</总价></投标函>".encode()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def out(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def point(certificate: bytes) -> bytes:
    mark = bytes.fromhex("2a811ccf5501822d034200")
    at = certificate.index(mark) + len(mark)
    return certificate[at : at + 65]


def test_every_function_of_the_papers_is_there_and_none_besides() -> None:
    assert list(FUNCTIONS) == list(PAPERS.functions)


def test_what_cannot_be_asked_is_told_in_the_same_form(server: Server) -> None:
    leaf = b64(server.world.vendors["C01"].signer("builder").certificate)
    asked = [
        ([1], 0x0B000201), (None, 0x0B000201), ({"exec_name": 5}, 0x0B000201),
        ({"exec_name": "SOF_VerifySigndData", "exec_args": []}, 0x0B000002),
        ({"exec_name": "SOF_ValidateCert"}, 0x0B000403),
        ({"exec_name": "SOF_ValidateCert", "exec_args": [leaf, leaf]}, 0x0B000201),
        ({"exec_name": "SOF_ValidateCert", "exec_args": {"certificate": leaf}}, 0x0B000201),
        ({"exec_name": "SOF_ValidateCert", "exec_args": ["中文"]}, 0x0B000405),
        ({"exec_name": "SOF_ValidateCert", "exec_args": [b64(b"none")]}, 0x0B000405),
        ({"exec_name": "SOF_ValidateCert", "exec_args": [leaf], "more": 1}, 0x0B000201),
        ({"exec_name": "SOF_ValidateCert", "exec_args": [leaf], "options": {"at": "x"}}, 0x0B000201),
        ({"exec_name": "SOF_ValidateCert", "exec_args": [leaf], "options": {"kind": "raw"}}, 0x0B000201),
        ({"exec_name": "SOF_ValidateCert", "exec_args": {"base64EncodeCert": leaf, "BASE64ENCODECERT": leaf}},
         0x0B000201),
        ({"exec_name": "SOF_SignData", "exec_args": [{"digest": "sm3:00", "name": "a", "data": "AA=="}]},
         0x0B000201),
        ({"exec_name": "SOF_SignData", "exec_args": ["开标"]}, 0x0B000201),
        ({"exec_name": "SOF_SignData", "exec_args": [{"digest": "sm3:00", "name": "a"}]}, 0x0B000201),
        ({"exec_name": "SOF_GenRandom", "exec_args": [True]}, 0x0B000201),
        ({"exec_name": "SOF_GenRandom", "exec_args": [4097]}, 0x0B000200),
        ({"exec_name": "SOF_GetCertInfo", "exec_args": [leaf, "0x99"]}, 0x0B000419),
        ({"exec_name": "SOF_GetCertTrustList", "exec_args": ["C99"]}, 0x0B000420),
        ({"exec_name": "SOF_GetInstance", "exec_args": ["D01"]}, 0x0B000421),
        ({"exec_name": "SOF_InitCertAppPolicy", "exec_args": ["lax"]}, 0x0B000419),
        ({"exec_name": "SOF_SetSignMethod", "exec_args": ["0x00010002"]}, 0x0B000007),
        ({"exec_name": "SOF_SetEncryptMethod", "exec_args": [0x401]}, 0x0B000007),
        ({"exec_name": "SOF_SetCertTrustList", "exec_args": ["C01", b64(TEXT)]}, 0x0B000002),
        ({"exec_name": "SOF_DelCertTrustList", "exec_args": ["C01"]}, 0x0B000002),
        ({"exec_name": "SOF_PriKeyDecrypt", "exec_args": [b64(TEXT)]}, 0x0B000002),
        ({"exec_name": "SOF_GetServerCertificate", "exec_args": [3]}, 0x0B000419),
        ({"exec_name": "SOF_GetInfoFromSignedMessage", "exec_args": [b64(TEXT), 1]}, 0x0B000417),
        ({"exec_name": "SOF_GetXMLSignatureInfo", "exec_args": [b64(TEXT), 1]}, 0x0B000418),
        ({"exec_name": "SOF_SignDataXML", "exec_args": [b64(TEXT)]}, 0x0B000418),
        ({"exec_name": "SOF_GetTimeStampInfo", "exec_args": [b64(TEXT), 1]}, 0x0B000417),
        ({"exec_name": "SOF_CreateTimeStampResponse", "exec_args": [b64(TEXT)]}, 0x0B000201),
    ]  # fmt: skip
    for question, code in asked:
        said = server.put(question)
        assert said["code"] == code and said["data"] is None, (question, said)
        assert said["msg"].startswith(PAPERS.errors[code].zh) and said["finding"]["advice"]
        assert server.good("SOF_GetLastError") == code
    assert "SOF_VerifySignedData" in server.put(asked[3][0])["finding"]["advice"]


def test_set_up(server: Server) -> None:
    assert server.good("SOF_GetVersion") == "GB/T 43694-2024"
    assert server.good("SOF_GetInstance", "T01") == server.good("SOF_GetInstance", "") == "T01"
    assert len(out(server.good("SOF_GenRandom", 32))) == 32
    assert server.good("SOF_GenRandom", 32) != server.good("SOF_GenRandom", 32)
    assert server.good("SOF_GetSignMethod") == 0x00020201 and server.good("SOF_GetEncryptMethod") == 0x402
    assert server.good("SOF_SetSignMethod", 0x00020201) == server.good("SOF_SetEncryptMethod", "0x402") == 0
    assert server.good("SOF_InitCertAppPolicy", "default") == 0


def test_trust_lists_are_the_centres_as_pkcs7(server: Server) -> None:
    names = server.good("SOF_GetCertTrustListAltNames").split("@")
    assert names == ["C01", "C02", "C03", "C04", "C05"]
    held = pkcs7.load_der_pkcs7_certificates(out(server.good("SOF_GetCertTrustList", "C02")))
    vendor = server.world.vendors["C02"]
    read = {one.public_bytes(_DER) for one in held}
    assert read == {*vendor.anchors, *vendor.intermediates}


def test_items_of_a_certificate_as_another_reader_has_them(server: Server) -> None:
    for vendor in ("C01", "C02", "C03", "C04", "C05"):
        raw = server.world.vendors[vendor].signer("builder").certificate
        other, leaf = x509.load_der_x509_certificate(raw), b64(raw)

        def told(number: int, leaf: str = leaf) -> str:
            found: str = server.good("SOF_GetCertInfo", leaf, number)
            return found

        names = {0x21: other.issuer, 0x31: other.subject}
        for number, name in names.items():
            for kind, oid in enumerate((NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)):
                stated = name.get_attributes_for_oid(oid)
                assert told(number + kind) == (stated[-1].value if stated else "")
        assert int(told(2), 16) == other.serial_number and told(1) == "3" and told(0) == leaf
        assert told(4) == other.signature_algorithm_oid.dotted_string
        assert told(0x35) == f"{other.not_valid_before_utc.astimezone(_BEIJING):%Y-%m-%d %H:%M:%S}"
        assert told(6) == f"{told(0x35)} - {told(0x36)}"
        key = other.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        assert told(0x12) == key.hex().upper() and out(told(8)) in raw and out(told(9)) in raw
        usage = other.extensions.get_extension_for_class(x509.KeyUsage).value
        assert ("nonRepudiation" in told(0x13)) is usage.content_commitment
        assert told(0x1A).startswith(f"http://{vendor.lower()}.")
        assert all(told(number) is not None for number in PAPERS.info["standard"])
    code = server.world.vendors["C02"].signer("builder").certificate
    assert server.good("SOF_GetCertInfoByOid", b64(code), "1.2.86.11.7.1.5") == "91620000MA71A0013W"
    assert server.good("SOF_GetCertInfoByOid", b64(code), "2.5.4.3") == "沙箱精诚建设有限公司"
    assert server.good("SOF_GetCertInfoByOid", b64(code), "1.2.3") == ""
    bare = server.world.vendors["C05"].signer("builder").certificate
    assert server.good("SOF_GetCertInfoByOid", b64(bare), "1.2.5.29.1") == "91620000MA71A0013W"


def test_what_is_signed_here_holds_there_and_here(server: Server) -> None:
    leaf = server.good("SOF_GetServerCertificate", 1)
    for name in ("SOF_SignData", "SOF_SignFile"):
        value = server.good(name, b64(TEXT))
        assert holds(TEXT, out(value), point(out(leaf)))
        check = name.replace("Sign", "VerifySigned")
        assert server.good(check, leaf, b64(TEXT), value) is True
        assert server.good(check, leaf, b64(TEXT + b"."), value) is False
        assert server.good("SOF_GetLastError") == 0x0B000410
    message = server.good("SOF_SignMessage", b64(TEXT))
    assert server.good("SOF_VerifySignedMessage", message) is True
    parts = [server.good("SOF_GetInfoFromSignedMessage", message, one) for one in (1, 2, 3)]
    assert out(parts[0]) == TEXT and parts[1] == leaf and out(parts[2]) in out(message)
    apart = server.good("SOF_SignMessageDetach", b64(TEXT))
    assert TEXT not in out(apart) and server.good("SOF_GetInfoFromSignedMessage", apart, 1) == ""
    assert server.good("SOF_VerifySignedMessageDetach", b64(TEXT), apart) is True
    assert server.good("SOF_VerifySignedMessageDetach", b64(TEXT + b"."), apart) is False
    signed = server.good("SOF_SignDataXML", b64(DOCUMENT))
    assert server.good("SOF_VerifySignedDataXML", signed) is True
    changed = b64(out(signed).replace(b"9876543.21", b"1876543.21"))
    assert server.good("SOF_VerifySignedDataXML", changed) is False
    inside = [out(server.good("SOF_GetXMLSignatureInfo", signed, one)) for one in range(1, 7)]
    assert inside[0] == DOCUMENT and b64(inside[3]) == leaf and inside[4].endswith(b"sm3")


def test_envelopes_go_to_certificates_and_open_for_one_application_alone(server: Server) -> None:
    mine = server.good("SOF_GetServerCertificate", 2)
    sealed = server.good("SOF_EncryptData", mine, b64(TEXT))
    assert out(server.good("SOF_DecryptData", sealed)) == TEXT
    assert out(server.good("SOF_DecryptFile", server.good("SOF_EncryptFile", mine, b64(TEXT)))) == TEXT
    assert server.good("SOF_GetServerCertificate", 2, by="D01") != mine
    foreign = server.ask("SOF_DecryptData", sealed, by="D01")
    assert (foreign["code"], foreign["data"]) == (0x0B000429, None)
    assert [one["code"] for one in foreign["reasons"]] == ["no-recipient"]
    for vendor, why in (("C01", 0), ("C02", 0), ("C05", 0)):
        key = server.world.vendors[vendor].encrypter("builder")
        assert server.ask("SOF_EncryptData", b64(key.certificate), b64(TEXT))["code"] == why
    frozen = server.world.vendors["C01"].encrypter("frozen").certificate
    assert server.ask("SOF_EncryptData", b64(frozen), b64(TEXT))["code"] == 0x0B000502
    signing = server.good("SOF_GetServerCertificate", 1)
    assert server.ask("SOF_EncryptData", signing, b64(TEXT))["code"] == 0x0B000009


def test_an_envelope_is_opened_only_under_a_signature_that_holds(server: Server) -> None:
    mine = out(server.good("SOF_GetServerCertificate", 2))
    vendors = server.world.vendors
    for vendor, holder, code in (
        ("C03", "builder", 0),
        ("C03", "frozen", 0x0B000502),
        ("C01", "revoked", 0x0B000408),
    ):
        made = seal_envelope(TEXT, [mine], vendors[vendor].signer(holder), trust=None, at=server.now)
        said = server.ask("SOF_DecryptData", b64(made))
        assert said["code"] == code and (said["data"] is None) is bool(code), said
    made = seal_envelope(TEXT, [mine], vendors["C03"].signer("builder"), trust=None, at=server.now)
    for at in (300, len(made) - 5):
        broken = made[:at] + bytes((made[at] ^ 1,)) + made[at + 1 :]
        assert server.ask("SOF_DecryptData", b64(broken))["data"] is None
    assert server.ask("SOF_DecryptData", b64(TEXT))["code"] == 0x0B000417


def test_nothing_of_a_bid_is_opened_here_whoever_it_is_sealed_to_besides(server: Server) -> None:
    mine, bids = out(server.good("SOF_GetServerCertificate", 2)), server.platform.open().bids.certificate
    key = server.world.vendors["C03"].signer("builder")
    for model, recipients, code in (
        ("any-of", [mine], 0),
        ("any-of", [bids], 0x0B000312),
        ("any-of", [mine, bids], 0x0B000312),
        ("all-of", [mine, bids], 0x0B000312),
    ):
        made = seal_envelope(TEXT, recipients, key, trust=None, at=server.now, model=model)
        said = server.ask("SOF_DecryptData", b64(made))
        assert said["code"] == code and (said["data"] is None) is bool(code), (model, said)


def test_keys_of_a_table_are_those_of_their_application(tmp_path: Path) -> None:
    """`<data>/sof/keys.toml`: read again when it changes; who is not in it signs nothing here."""
    data = tmp_path / "hub"
    place = data / "sof"
    place.mkdir(parents=True)
    held = serve(data)
    try:
        first = held.good("SOF_GetServerCertificate", 1)
        table = place / "keys.toml"
        for name, vendor in (("signing", "C03"), ("encryption", "C03")):
            made = held.world.vendors[vendor]
            key = made.signer("supplier") if name == "signing" else made.encrypter("supplier")
            written = pem("PRIVATE KEY", private_der(key.private)) + pem("CERTIFICATE", key.certificate)
            (place / f"{name}.pem").write_text(written)
            (place / f"{name}.pem").chmod(0o600)
        table.write_text(
            f'[T01]\nsigning = "file:{place}/signing.pem"\nencryption = "file:{place}/encryption.pem"\n'
            f'[D01]\nsigning = "file:{place}/absent.pem"\nencryption = "file:{place}/encryption.pem"\n'
        )
        second = held.good("SOF_GetServerCertificate", 1)
        assert out(second) == held.world.vendors["C03"].signer("supplier").certificate != out(first)
        assert held.good("SOF_VerifySignedData", second, b64(TEXT), held.good("SOF_SignData", b64(TEXT)))
        for other in ("D01", "T03"):
            said = held.ask("SOF_SignData", b64(TEXT), by=other)
            assert said["code"] == 0x0B000309 and f"[{other}]" in said["msg"], said
        table.unlink()
        assert held.good("SOF_GetServerCertificate", 1) == first, "a sandbox's stay the same"
    finally:
        shut(held)


def test_bare_encryption_is_for_the_one_who_has_the_key(server: Server) -> None:
    key = server.world.vendors["C01"].encrypter("builder")
    value = out(server.good("SOF_PubKeyEncrypt", b64(key.certificate), b64(TEXT)))
    assert sm2_encryption.recognise(key.private, value) == (TEXT, FORMS[0])
    assert server.ask("SOF_PubKeyEncrypt", b64(key.certificate), "")["code"] == 0x0B000200
    rsa = server.world.vendors["C02"].encrypter("builder")
    assert (
        rsa.decrypt(out(server.good("SOF_PubKeyEncrypt", b64(rsa.certificate), b64(TEXT))), "rsa-oaep-sha256")
        == TEXT
    )
    assert server.ask("SOF_PubKeyEncrypt", b64(rsa.certificate), b64(bytes(4000)))["code"] == 0x0B000415


def test_time_stamps(server: Server) -> None:
    asked = server.good("SOF_CreateTimeStampRequest", b64(TEXT))
    answer = server.good("SOF_CreateTimeStampResponse", asked)
    assert server.good("SOF_VerifyTimeStamp", b64(TEXT), answer) is True
    assert server.good("SOF_VerifyTimeStamp", b64(TEXT + b"."), answer) is False
    told = [server.good("SOF_GetTimeStampInfo", answer, number) for number in range(1, 8)]
    imprint = read_request(out(asked)).imprint
    assert imprint is not None and told[5] == imprint.value.hex().upper() and told[4] == "1.2.156.10197.1.401"
    assert told[0].startswith(f"{server.now.astimezone(_BEIJING):%Y-%m-%d %H:%M}")
    named = x509.load_der_x509_certificate(out(told[1])).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert f"CN={named[0].value}" in told[6]
    weak = out(asked).replace(bytes.fromhex("2a811ccf55018311"), b"", 1)
    assert server.ask("SOF_CreateTimeStampResponse", b64(weak))["code"] != 0


def test_applications_at_once_keep_their_own_last_error(server: Server) -> None:
    async def both() -> tuple[dict[str, object], dict[str, object]]:
        await asyncio.gather(
            server.sof.answer("T01", {"exec_name": "SOF_GenRandom", "exec_args": [0]}),
            server.sof.answer("D01", {"exec_name": "SOF_GetVersion"}),
        )
        last = {"exec_name": "SOF_GetLastError"}
        return await server.sof.answer("T01", last), await server.sof.answer("D01", last)

    mine, theirs = server.loop.run_until_complete(both())
    assert (mine["data"], theirs["data"]) == (0x0B000200, 0)
    assert server.good("SOF_GetLastError") == 0x0B000200, "asking does not clear it"
    server.good("SOF_GetVersion")
    assert server.good("SOF_GetLastError") == 0


@pytest.mark.parametrize("spelling", ["SOF_validateCert", "sof_validatecert"])
def test_older_spellings_and_arguments_by_name(server: Server, spelling: str) -> None:
    leaf = b64(server.world.vendors["C05"].signer("builder").certificate)
    for name in ("base64EncodeCert", "Base64EncodeCert"):
        assert server.put({"exec_name": spelling, "exec_args": {name: leaf}})["data"] == 1
