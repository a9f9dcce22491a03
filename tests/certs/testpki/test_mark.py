"""Production refuses what a sandbox made: certificates by their mark, folders by their realm."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certs.algorithms.sm2_keys import public_of, read_private
from certs.model.certificate import read_certificate
from certs.seal import read_seal
from certs.testpki import ProductionError, World, make, refuse
from certs.testpki.files import INDEX
from certs.testpki.issue import Authority, name

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WORLD = World.open(now=NOW)


def test_everything_in_the_world_is_refused_with_the_same_reason() -> None:
    for ca in WORLD.vendors.values():
        keys = [ca.signer("builder"), ca.encrypter("zhang"), ca.tsa(), ca.ocsp().key]
        for raw in [*ca.anchors, *ca.intermediates, *(key.certificate for key in keys)]:
            reason = refuse(raw)
            assert reason is not None
            assert reason.code == "sandbox"
            assert (
                read_certificate(raw).extensions.oids.count("2.25.63556420250654782114311783445656514501")
                == 1
            )


def test_issued_by_hand_or_for_tls_is_known_by_name(tmp_path: Path) -> None:
    root = Authority.root("沙箱", "ecdsa-sha256", now=NOW)
    disguised = root.issue(name(("C", "CN"), ("CN", "某真公司")))
    pem = make(tmp_path, now=NOW).certificate("server").read_bytes()
    server = x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
    for raw in (root.key.certificate, disguised.certificate, server):
        reason = refuse(raw)
        assert reason is not None
        assert reason.code == "sandbox"


def test_others_are_not_refused_and_hostile_bytes_are_an_answer() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Some CA")])
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
        .serial_number(5).not_valid_before(NOW).not_valid_after(NOW + timedelta(1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    assert refuse(made.public_bytes(serialization.Encoding.DER)) is None
    reason = refuse(b"0\x80")
    assert reason is not None
    assert reason.code == "malformed"


def test_written_and_read_back(tmp_path: Path) -> None:
    index = WORLD.write(tmp_path / "pki", holders=["builder"], defects=False)
    folder = tmp_path / "pki"
    assert json.loads((folder / INDEX).read_text("utf-8")) == index
    assert set(index["vendors"]) == set(WORLD.vendors)
    mine = index["vendors"]["C04"]["holders"]["builder"]["keys"]["sm2-sm3"]["sign"]
    key = read_private((folder / mine["key"]).read_bytes())
    assert public_of(key) == WORLD.vendors["C04"].signer("builder").public
    assert (folder / mine["key"]).stat().st_mode & 0o077 == 0 or not hasattr(__import__("os"), "getuid")
    assert read_seal((folder / index["seals"]["builder-seal"]["file"]).read_bytes()).version == 4
    rsa = index["vendors"]["C02"]["hierarchies"]["rsa-sha256"]
    pems = (folder / rsa["tsa"]["certificate"]).read_bytes()
    assert len(x509.load_pem_x509_certificates(pems)) == 4
    loaded = serialization.load_pem_private_key((folder / rsa["tsa"]["key"]).read_bytes(), None)
    assert loaded.public_key() == x509.load_pem_x509_certificates(pems)[0].public_key()
    assert len(rsa["cas"]) == len(rsa["crls"]) == 3
    again = WORLD.write(folder, holders=["builder"], defects=False)
    assert again == index


def test_defects_are_written_with_what_they_are_judged_by(tmp_path: Path) -> None:
    small = World.open(now=NOW)
    index = small.write(tmp_path / "pki", holders=[])
    row = index["defects"]["ocsp-nonce"]
    assert row["expected"] == ["ocsp-nonce"]
    assert set(row["bad"]) >= {"certificate", "answer", "issuer", "nonce"}
    paths = [one for row in index["defects"].values() for one in row["bad"].values() if isinstance(one, str)]
    written = [tmp_path / "pki" / one for one in paths if one.endswith(".der")]
    assert len(written) > 90
    assert all(one.is_file() for one in written)


@pytest.mark.parametrize("where", ["pki", ".", "deep/er/pki"])
def test_a_production_directory_is_refused_at_any_depth(tmp_path: Path, where: str) -> None:
    (tmp_path / "hub.toml").write_text('realm = "production"\n', encoding="utf-8")
    with pytest.raises(ProductionError, match="production"):
        WORLD.write(tmp_path / where)
    assert [one.name for one in tmp_path.iterdir()] == ["hub.toml"]


def test_a_folder_that_holds_production_an_unreadable_one_or_something_else(tmp_path: Path) -> None:
    (tmp_path / "above" / "data").mkdir(parents=True)
    (tmp_path / "above" / "data" / "hub.toml").write_text('realm = "production"\n', encoding="utf-8")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "hub.toml").write_text("realm = ", encoding="utf-8")
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "thesis.txt").write_text("mine", encoding="utf-8")
    for place in ("above", "odd", "else"):
        with pytest.raises(ProductionError):
            WORLD.write(tmp_path / place)
    with pytest.raises(ProductionError):
        WORLD.write(tmp_path / "new", realm="production")
    assert not (tmp_path / "new").exists()


def test_a_sandbox_directory_is_not_refused(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('realm = "sandbox"\n', encoding="utf-8")
    WORLD.write(tmp_path / "pki", holders=[], defects=False)
    assert (tmp_path / "pki" / INDEX).is_file()


def test_asking_for_the_mark_loads_no_sandbox() -> None:
    code = "import sys; from certs.testpki import refuse; print('certs.testpki.world' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
