"""Envelopes for RSA holders both ways with `openssl cms`: signed, enveloped, authenticated."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from certs.algorithms.sm2 import pem
from certs.envelope import Opened, Style, open_envelope, seal_envelope
from certs.keys.held import HeldKey
from certs.testpki.issue import ENCIPHER
from tests.certs.cms.worlds import NOW, codes
from tests.certs.envelope.worlds import CONTENT, world

W = world()
HOLDER = W.holders[1]
SECOND = W.rsa.issue("第二持有人", usage=ENCIPHER)
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="an openssl command")


class Place:
    """A directory with the keys as openssl wants them."""

    def __init__(self, at: Path) -> None:
        self.at = at
        for name, key in (("holder", HOLDER), ("second", SECOND), ("signer", W.rsa_signer)):
            (at / f"{name}.pem").write_text(pem("CERTIFICATE", key.certificate))
            (at / f"{name}.key").write_text(pem("PRIVATE KEY", key.private))
        (at / "root.pem").write_text(pem("CERTIFICATE", W.rsa.key.certificate))

    def run(self, *arguments: str, data: bytes) -> bytes:
        (self.at / "in").write_bytes(data)
        command = ["openssl", "cms", *arguments, "-in", "in", "-out", "out", "-binary"]
        done = subprocess.run(command, cwd=self.at, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return (self.at / "out").read_bytes()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-256-cbc", "aes-128-gcm", "aes-256-gcm", "sm4-cbc"])
@pytest.mark.parametrize("padding", ["rsa-oaep-sha256", "rsa-pkcs1v15"])
@pytest.mark.parametrize("by_key", [True, False])
def test_openssl_verifies_and_opens_what_we_seal(
    place: Place, cipher: str, padding: str, by_key: bool
) -> None:
    style = Style(by_key=by_key, rsa="rsa-pkcs1v15" if padding == "rsa-pkcs1v15" else "rsa-oaep-sha256")
    recipients = [HOLDER.certificate, SECOND.certificate]
    made = seal_envelope(
        CONTENT, recipients, W.rsa_signer, trust=W.trust, at=NOW, cipher=cipher, arc="rsa", style=style
    )
    verify = ("-verify", "-inform", "DER", "-CAfile", "root.pem", "-attime", str(int(NOW.timestamp())))
    inner = place.run(*verify, "-purpose", "any", data=made)
    for name in ("holder", "second"):
        decrypt = ("-decrypt", "-inform", "DER", "-inkey", f"{name}.key", "-recip", f"{name}.pem")
        assert place.run(*decrypt, data=inner) == CONTENT


@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-256-cbc", "aes-128-gcm", "aes-256-gcm", "sm4-cbc"])
@pytest.mark.parametrize("oaep", [(), ("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256")])
@pytest.mark.parametrize("more", [(), ("-keyid",), ("-stream", "-indef")])
def test_we_open_what_openssl_seals(
    place: Place, cipher: str, oaep: tuple[str, ...], more: tuple[str, ...]
) -> None:
    found = _opened(place, cipher, oaep, more)
    assert found.content == CONTENT, found.verdict.sentence("en")


def test_a_padding_that_keys_do_not_have_is_named(place: Place) -> None:
    found = _opened(
        place, "aes-128-cbc", ("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha1"), ()
    )
    assert (found.content, codes(found.verdict)) == (None, {"algorithm-unknown"})


def test_an_unsigned_envelope_of_openssl_is_refused(place: Place) -> None:
    inner = place.run("-encrypt", "-outform", "DER", "-aes256", "-recip", "holder.pem", data=CONTENT)
    found = open_envelope(inner, [HOLDER], trust=W.trust, at=NOW)
    assert (found.content, codes(found.verdict)) == (None, {"unsigned"})


def _opened(place: Place, cipher: str, oaep: tuple[str, ...], more: tuple[str, ...]) -> Opened:
    encrypt = ("-encrypt", "-outform", "DER", f"-{cipher}", "-recip", "holder.pem", *oaep, *more)
    inner = place.run(*encrypt, data=CONTENT)
    sign = ("-sign", "-nodetach", "-outform", "DER", "-signer", "signer.pem", "-inkey", "signer.key")
    return open_envelope(place.run(*sign, data=inner), [HOLDER], trust=W.trust, at=NOW)


def test_the_other_holder_is_told_apart(place: Place) -> None:
    made = seal_envelope(CONTENT, [HOLDER.certificate], W.rsa_signer, trust=W.trust, at=NOW, arc="rsa")
    other: HeldKey = SECOND
    assert codes(open_envelope(made, [other], trust=W.trust, at=NOW).verdict) == {"no-recipient"}
