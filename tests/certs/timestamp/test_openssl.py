"""Both ways with `openssl ts`: it verifies and prints ours, we judge its; SM2 it can only print."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

import certs
from certs.testpki.issue import Authority
from certs.timestamp import Accuracy, request, respond
from certs.trust import Revocation, Trust
from tests.certs.timestamp.world import DATA, NOW, POLICY, STAMPS, world

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command here")
SETTINGS = f"""
[tsa]
dir = .
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = {POLICY}
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = {{ess}}
"""


def openssl(cwd: Path, *arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], cwd=cwd, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return (done.stdout + done.stderr).decode()


def pem(raw: bytes, kind: str = "CERTIFICATE") -> bytes:
    import base64

    lines = base64.encodebytes(raw)
    return f"-----BEGIN {kind}-----\n".encode() + lines + f"-----END {kind}-----\n".encode()


@pytest.mark.parametrize("kind", ["rsa-sha256", "ecdsa-sha256"])
def test_openssl_verifies_ours(kind: str, tmp_path: Path) -> None:
    w = world(kind)
    asked = request(DATA, "sha256", nonce=0xFEDC, policy=POLICY)
    answer = respond(
        asked, w.tsa, at=NOW, serial=4711, policy=POLICY, accuracy=Accuracy(1, 500, 7), ordering=True
    )
    (tmp_path / "q").write_bytes(asked)
    (tmp_path / "r").write_bytes(answer)
    (tmp_path / "root.pem").write_bytes(pem(w.root.key.certificate))
    at = str(int(NOW.timestamp()))
    said = openssl(
        tmp_path, "ts", "-verify", "-in", "r", "-queryfile", "q", "-CAfile", "root.pem", "-attime", at
    )
    assert "Verification: OK" in said
    text = openssl(tmp_path, "ts", "-reply", "-in", "r", "-text")
    assert "Granted" in text and "0x01F4" in text and "Ordering: yes" in text and "0xFEDC" in text
    (tmp_path / "data").write_bytes(DATA)
    assert "Nonce: 0xFEDC" in openssl(tmp_path, "ts", "-query", "-in", "q", "-text")
    openssl(tmp_path, "ts", "-verify", "-in", "r", "-data", "data", "-CAfile", "root.pem", "-attime", at)


def test_openssl_prints_sm2(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(world("sm2-sm3").stamped())
    text = openssl(tmp_path, "ts", "-reply", "-in", "r", "-text")
    assert "Status: Granted" in text and "Hash Algorithm: sm3" in text and "0x1267" in text
    assert "Nov 22 04:00:00 2026 GMT" in text


@pytest.mark.parametrize("ess", ["sha1", "sha256"])
@pytest.mark.parametrize("chosen", ["sha256", "sha512"])
@pytest.mark.parametrize("kind", ["rsa-sha256", "ecdsa-sha256"])
def test_we_judge_openssls(kind: str, ess: str, chosen: str, tmp_path: Path) -> None:
    # The command knows no other time than this machine's, so the world here stands at it.
    now = datetime.now(UTC).replace(microsecond=0)
    root = Authority.root("时间戳根 CA", kind, now=now)
    tsa = root.issue("时间戳机构", extended=STAMPS)
    key = load_der_private_key(tsa.private, None)
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "tsa.pem").write_bytes(pem(tsa.certificate))
    (tmp_path / "root.pem").write_bytes(pem(root.key.certificate))
    (tmp_path / "serial").write_text("1A2B\n")
    (tmp_path / "ts.cnf").write_text(SETTINGS.format(ess=ess))
    asked = request(DATA, "sha256", nonce=99)
    if chosen == "sha512":
        (tmp_path / "data").write_bytes(DATA)
        openssl(tmp_path, "ts", "-query", "-data", "data", "-sha512", "-cert", "-out", "q")
        asked = (tmp_path / "q").read_bytes()
    (tmp_path / "q").write_bytes(asked)
    openssl(
        tmp_path, "ts", "-reply", "-config", "ts.cnf", "-section", "tsa", "-queryfile", "q",
        "-signer", "tsa.pem", "-inkey", "key.pem", "-chain", "root.pem", "-out", "r",
    )  # fmt: skip
    answer = (tmp_path / "r").read_bytes()
    trust = Trust((root.key.certificate,), Revocation.REQUIRED, crls=(root.crl(),))
    at = now + timedelta(minutes=5)
    verdict = certs.verify_timestamp(answer, DATA, trust=trust, at=at, request=asked)
    assert verdict.ok, verdict.reasons
    assert verdict.facts["accuracy"] == "1.5001 s" and verdict.facts["serial"] == "1a2c"
    assert "时间戳机构" in verdict.facts["tsa"]
    assert not certs.verify_timestamp(answer, DATA + b" ", trust=trust, at=at).ok
