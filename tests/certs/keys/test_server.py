"""Keys on a signing server: a real HTTP server on this machine, honest and not."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certs.algorithms.sm2_keys import pem
from certs.keys.opening import OpenedKey, open_key
from certs.keys.port import KeyFailureError
from certs.testpki.make import make
from tests.certs.keys.contract import SECRET, KeyContract, Opened, pair, stranger
from tests.certs.keys.signing_server import SigningServer

ENV = {"P": SECRET, "WRONG": "wrong-secret"}


class Served:
    """A server and how to open its key."""

    def __init__(self, folder: Path, algorithm: str, tls: ssl.SSLContext | None = None) -> None:
        self.server = SigningServer(pair(algorithm), SECRET, tls)
        self.certificate = folder / "centre.crt"
        self.certificate.write_text(
            "".join(pem("CERTIFICATE", one) for one in (pair(algorithm).certificate, *pair(algorithm).chain))
        )

    def opened(self, source: str = "env:P", more: str = "", realm: str = "sandbox") -> OpenedKey:
        line = (
            f"{self.server.address}/api?key=centre&certificate={self.certificate}&pin-source={source}{more}"
        )
        return open_key(line, realm=realm, env=ENV)


class ServerContract(KeyContract):
    algorithm = ""

    @pytest.fixture
    def served(self, tmp_path: Path) -> Iterator[Served]:
        served = Served(tmp_path, self.algorithm)
        yield served
        served.server.close()

    @pytest.fixture
    def opened(self, served: Served) -> Iterator[Opened]:
        key = served.opened()
        yield Opened(
            key,
            lambda: served.opened("env:WRONG").sign(b"never"),
            lambda: served.server.faults.extend(["503"] * 9),
            None if self.algorithm == "ecdsa-sha256" else key,
        )
        key.close()


class TestSm2Server(ServerContract):
    algorithm = "sm2-sm3"


class TestRsaServer(ServerContract):
    algorithm = "rsa-sha256"


class TestEcdsaServer(ServerContract):
    algorithm = "ecdsa-sha256"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(tmp_path, "sm2-sm3")
    yield one
    one.server.close()


def test_what_goes_over_the_wire(served: Served) -> None:
    served.opened().sign(b"hutong")
    (path, headers, body), = served.server.seen  # fmt: skip
    assert path == "/api/SOF_SignData"
    assert body == {"keyAlias": "centre", "inData": "aHV0b25n", "method": "0x00020201"}
    assert headers["Authorization"] == f"Bearer {SECRET}"


def test_one_connection_serves_many_signatures(served: Served) -> None:
    key = served.opened()
    for _ in range(5):
        key.sign(b"hutong")
    assert len(served.server.seen) == 5
    assert len({headers["peer"] for _, headers, _ in served.server.seen}) == 1


@pytest.mark.parametrize("fault", ["503", "502", "504", "cut", "short"])
def test_what_passes_is_asked_again(served: Served, fault: str) -> None:
    served.server.faults += [fault, fault]
    assert served.opened().sign(b"hutong")
    assert len(served.server.seen) == 3


@pytest.mark.parametrize(
    ("fault", "said"),
    [("500", "500"), ("404", "404"), ("401", "401"), ("redirect", "302"), ("html", "无法解析"),
     ("code", "已过期"), ("wrong", "不成立")],
)  # fmt: skip
def test_what_does_not_pass_is_asked_once(served: Served, fault: str, said: str) -> None:
    served.server.faults.append(fault)
    with pytest.raises(KeyFailureError, match=said) as caught:
        served.opened().sign(b"hutong")
    assert len(served.server.seen) == 1
    assert SECRET not in str(caught.value)  # a server may repeat what it was sent


@pytest.mark.parametrize("fault", ["slow", "drip"])
def test_a_slow_server_is_left_and_not_asked_again(served: Served, fault: str) -> None:
    served.server.faults.append(fault)
    with pytest.raises(KeyFailureError, match="时限"):
        served.opened(more="&timeout=1").sign(b"hutong")
    assert len(served.server.seen) == 1


def test_a_server_that_is_not_there(served: Served) -> None:
    key = served.opened()
    served.server.close()
    with pytest.raises(KeyFailureError, match="连不上"):
        key.sign(b"hutong")


def test_a_signature_by_another_key_is_never_given_out(served: Served) -> None:
    served.server.key = stranger("sm2-sm3")
    with pytest.raises(KeyFailureError, match="不成立"):
        served.opened().sign(b"hutong")


def test_tls_with_the_ca_that_is_named_and_no_other(tmp_path: Path) -> None:
    pki = make(tmp_path / "pki", now=datetime.now(UTC), servers=["server"])
    other = make(tmp_path / "other", now=datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.certificate("server"), pki.key("server"))
    one = Served(tmp_path, "sm2-sm3", context)
    try:
        assert one.opened(more=f"&ca={pki.ca}", realm="production").sign(b"hutong")
        for more in (f"&ca={other.ca}", ""):
            with pytest.raises(KeyFailureError, match="TLS"):
                one.opened(more=more, realm="production").sign(b"hutong")
        with pytest.raises(KeyFailureError, match="ca="):
            one.opened(more="&ca=/nowhere.pem")
    finally:
        one.server.close()


def test_production_wants_tls(served: Served) -> None:
    with pytest.raises(KeyFailureError, match="https"):
        served.opened(realm="production")


def test_a_profile_of_ones_own(served: Served, tmp_path: Path) -> None:
    profile = tmp_path / "maker.toml"
    profile.write_text('[paths]\nsign = "/v2/SOF_SignData"\n[good]\ncodes = ["0"]\n')
    served.opened(more=f"&profile={profile}").sign(b"hutong")
    assert served.server.seen[0][0] == "/api/v2/SOF_SignData"
    profile.write_text('[good]\ncodes = ["1"]\n')
    with pytest.raises(KeyFailureError, match="错误码 '0'"):
        served.opened(more=f"&profile={profile}").sign(b"hutong")
    for text in ("[pahts]\n", "paths = 1\n", "not toml"):
        profile.write_text(text)
        with pytest.raises(KeyFailureError, match="profile"):
            served.opened(more=f"&profile={profile}")


def test_raw_signatures(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    class Raw:
        def sign(self, message: bytes) -> bytes:
            return b"".join(
                one.to_bytes(32, "big") for one in decode_dss_signature(pair("sm2-sm3").sign(message))
            )

    profile = tmp_path / "maker.toml"
    profile.write_text('[signature]\nform = "raw"\n')
    monkeypatch.setattr(served.server, "key", Raw())
    assert served.opened(more=f"&profile={profile}").sign(b"hutong")
    with pytest.raises(KeyFailureError, match="不成立"):
        served.opened().sign(b"hutong")
