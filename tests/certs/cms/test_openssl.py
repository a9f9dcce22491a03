"""RSA and ECDSA both ways with the system's `openssl cms`; SM2 messages at least printed by it."""

from __future__ import annotations

import base64
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from certs.cms import read_signed, sign
from tests.certs.cms.mutation import altered
from tests.certs.cms.worlds import CONTENT, NOW, codes, notes, world

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine")
SIGNING: dict[str, tuple[str, ...]] = {
    "attached": ("-nodetach",),
    "detached": (),
    "no attributes": ("-nodetach", "-noattr"),
    "no attributes, detached": ("-noattr",),
    "by key": ("-nodetach", "-keyid"),
    "streamed": ("-nodetach", "-stream"),
    "streamed, no attributes": ("-nodetach", "-stream", "-noattr"),
    "named certificate": ("-nodetach", "-cades"),
    "sha384": ("-nodetach", "-md", "sha384"),
}


def _run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([OPENSSL or "", *arguments], capture_output=True, timeout=60, check=False)


def _pem(path: Path, label: str, *ders: bytes) -> str:
    body = "".join(
        f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n" for der in ders
    )
    path.write_text(body)
    return str(path)


def _files(place: Path, algorithm: str) -> dict[str, str]:
    at = world(algorithm)
    (place / "content").write_bytes(CONTENT)
    return {
        "key": _pem(place / "key.pem", "PRIVATE KEY", at.first.private),
        "signer": _pem(place / "signer.pem", "CERTIFICATE", at.first.certificate),
        "chain": _pem(place / "chain.pem", "CERTIFICATE", *at.first.chain),
        "root": _pem(place / "root.pem", "CERTIFICATE", at.root.key.certificate),
        "content": str(place / "content"),
    }


def _verifying(message: Path, files: dict[str, str]) -> list[str]:
    when = str(int(NOW.timestamp()))
    return ["cms", "-verify", "-binary", "-inform", "DER", "-in", str(message), "-CAfile", files["root"],
            "-attime", when]  # fmt: skip


def _signed(place: Path, algorithm: str, *options: str, form: str = "DER") -> bytes:
    files = _files(place, algorithm)
    done = _run(
        "cms", "-sign", "-binary", "-in", files["content"], "-signer", files["signer"],
        "-inkey", files["key"], "-certfile", files["chain"], "-outform", form, *options,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("way", SIGNING)
@pytest.mark.parametrize("algorithm", ["rsa-sha256", "ecdsa-sha256"])
def test_theirs_is_judged_by_us(tmp_path: Path, algorithm: str, way: str) -> None:
    at = world(algorithm)
    message = _signed(tmp_path, algorithm, *SIGNING[way])
    verdict = at.judge(message, content=CONTENT)
    assert verdict.ok, verdict.sentence("en")
    # BER is what this program writes when it streams
    assert notes(verdict) == ({"indefinite-length"} if message[1] == 0x80 else set())
    assert (message[1] == 0x80) == ("streamed" in way)
    assert (read_signed(message).content is None) == ("-nodetach" not in SIGNING[way])
    wrong = at.judge(message, content=CONTENT + b"\n")
    assert wrong.state == "invalid" and codes(wrong) <= {"digest", "signature"}


def test_pss_and_pem_and_base64_are_judged(tmp_path: Path) -> None:
    at = world("rsa-sha256")
    options = ("-nodetach", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:20")
    pem = _signed(tmp_path, "rsa-sha256", *options, form="PEM")
    assert pem.startswith(b"-----BEGIN CMS-----")
    assert at.judge(pem).ok
    bare = b"".join(pem.splitlines()[1:-1])
    assert at.judge(bare).ok and at.judge(base64.b64decode(bare)).ok
    assert read_signed(pem).signers[0].algorithm.oid == "1.2.840.113549.1.1.10"
    assert codes(at.judge(b"-----BEGIN CMS-----\n!!!\n-----END CMS-----\n")) == {"malformed"}


def test_two_signers_of_theirs(tmp_path: Path) -> None:
    at = world("rsa-sha256")
    files = _files(tmp_path, "rsa-sha256")
    second = (_pem(tmp_path / "2.pem", "CERTIFICATE", at.second.certificate),
              _pem(tmp_path / "2.key", "PRIVATE KEY", at.second.private))  # fmt: skip
    once = tmp_path / "once.der"
    once.write_bytes(_signed(tmp_path, "rsa-sha256", "-nodetach"))
    done = _run("cms", "-resign", "-inform", "DER", "-outform", "DER", "-in", str(once), "-signer", second[0],
                "-inkey", second[1], "-certfile", files["chain"])  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    verdict = at.judge(done.stdout)
    assert verdict.ok and "signer.2" in verdict.facts


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("by_key", [False, True])
@pytest.mark.parametrize("algorithm", ["rsa-sha256", "ecdsa-sha256"])
def test_ours_is_verified_by_them(
    tmp_path: Path, algorithm: str, by_key: bool, bare: bool, detached: bool
) -> None:
    at = world(algorithm)
    files = _files(tmp_path, algorithm)
    message = sign(CONTENT, [at.first, at.second], arc="rsa", by_key=by_key, bare=bare, detached=detached)
    (tmp_path / "message.der").write_bytes(message)
    asked = _verifying(tmp_path / "message.der", files)
    done = _run(*asked, *(("-content", files["content"]) if detached else ()))
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == CONTENT
    (tmp_path / "content").write_bytes(b"other")
    altered = message if detached else message.replace(CONTENT, CONTENT[:-1] + b"?")
    (tmp_path / "message.der").write_bytes(altered)
    assert _run(*asked, *(("-content", files["content"]) if detached else ())).returncode != 0


def test_they_can_print_our_sm2_message(tmp_path: Path) -> None:
    at = world("sm2-sm3")
    (tmp_path / "m.der").write_bytes(sign(CONTENT, at.first, arc="rsa", time=NOW))
    done = _run("cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", str(tmp_path / "m.der"))
    assert done.returncode == 0
    for expected in (b"SM2-with-SM3", b"signingTime", b"id-smime-aa-signingCertificateV2"):
        assert expected in done.stdout


def test_altered_messages_that_both_believe_say_the_same(tmp_path: Path) -> None:
    """A second opinion over mutants: where both say valid, both have read the same content."""
    at, source, both = world("rsa-sha256"), random.Random(5652), 0
    files = _files(tmp_path, "rsa-sha256")
    kinds = [
        sign(CONTENT, at.first, arc="rsa", time=NOW),
        sign(CONTENT, [at.first, at.second], arc="rsa", bare=True),
    ]
    for _ in range(80):
        message = altered(source.choice(kinds), source.choice(kinds), source)
        verdict = at.judge(message)
        if not verdict.ok:
            continue
        (tmp_path / "m.der").write_bytes(message)
        done = _run(*_verifying(tmp_path / "m.der", files))
        if done.returncode == 0:
            both += 1
            assert done.stdout == read_signed(message).content == CONTENT
    assert both
