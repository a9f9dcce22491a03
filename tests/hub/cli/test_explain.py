"""`message explain`: each usual mistake is named when it was made, and none when nothing is wrong."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest

from certs.algorithms.digest import mac
from hub import standard
from hub.cli.explain import MISTAKES, explain
from hub.cli.main import main
from hub.keyring import make_demo_keys
from hub.message import Key, sign, signing_bytes

KEY = Key("T01-1", "T01", "hmac-sm3", bytes(range(7, 39)))


def unsigned() -> dict[str, Any]:
    made: dict[str, Any] = standard.load().sample("eng-tender-notice", 3)
    made["head"]["from"] = "T01"
    made["head"]["sign"] = {"alg": KEY.alg, "keyId": KEY.key_id}
    return made


def with_value(value: str) -> dict[str, Any]:
    made = unsigned()
    made["head"]["sign"]["value"] = value
    return made


def names(envelope: dict[str, Any], raw: bytes = b"{}") -> set[str]:
    found = explain(envelope, raw, KEY)
    assert not found.fits
    return {name for name, _ in found.reasons}


def test_a_right_signature_fits() -> None:
    assert explain(sign(unsigned(), KEY), b"", KEY).fits


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_every_mistake_in_the_bytes_is_named(mistake: Any) -> None:
    raw = json.dumps(unsigned(), ensure_ascii=False, indent=1).encode()
    data = mistake.bytes_of(unsigned(), raw)
    assert data is not None
    value = base64.b64encode(mac(data, KEY.secret, KEY.alg)).decode()
    assert mistake.name in names(with_value(value), raw)


def test_mistakes_in_the_value_are_named() -> None:
    data = signing_bytes(unsigned())
    right = mac(data, KEY.secret, KEY.alg)
    assert "hex" in names(with_value(right.hex()))
    assert "hex-upper" in names(with_value(right.hex().upper()))
    other = base64.b64encode(mac(data, KEY.secret, "hmac-sha256")).decode()
    assert names(with_value(other)) == {"hmac-sha256"}
    undecoded = base64.b64encode(mac(data, base64.b64encode(KEY.secret), KEY.alg)).decode()
    assert names(with_value(undecoded)) == {"secret-not-decoded"}
    assert "not-base64" in names(with_value("%%%%"))


def test_two_mistakes_at_once() -> None:
    data = json.dumps(unsigned(), ensure_ascii=False, separators=(",", ":")).encode()
    assert "member-order+hex" in names(with_value(mac(data, KEY.secret, KEY.alg).hex()))


def test_a_strangers_signature_is_explained_by_nothing() -> None:
    stranger = Key("T01-1", "T01", "hmac-sm3", b"another secret of thirty-two byt")
    assert names(sign(unsigned(), stranger)) == set()


class TestVerb:
    @pytest.fixture(autouse=True)
    def keys(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        make_demo_keys(tmp_path / "keys", ["T01", "T02"], random.Random(1))
        monkeypatch.setenv("HUTONG_KEYS", str(tmp_path / "keys"))
        return tmp_path

    def explain(
        self, path: Path, value: Any, capsys: pytest.CaptureFixture[str], *flags: str
    ) -> tuple[int, Any]:
        file = path / "m.json"
        file.write_bytes(
            value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
        )
        code = main(["message", "explain", str(file), "--json", *flags])
        return code, json.loads(capsys.readouterr().out)

    def test_canonical_bytes_digest_and_structure(
        self, keys: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from hub.keyring import read_keys

        own = read_keys(keys / "keys")[0]
        signed = sign(unsigned(), own)
        code, report = self.explain(keys, signed, capsys, "--as", "T01")
        assert code == 0
        assert report["ok"]
        assert report["signature"]["fits"]
        assert report["canonical"].encode() == signing_bytes(signed)
        assert report["digest"].startswith("sm3:")
        code, report = self.explain(keys, signed, capsys, "--as", "T02")
        assert code == 1
        assert {note["name"] for note in report["signature"]["mistakes"]} >= {"key-id", "sender"}

    def test_structure_is_told_without_a_key(self, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, report = self.explain(keys, {"head": {}, "body": {}}, capsys)
        assert code == 1
        assert any(finding["at"] == "/head/msgId" for finding in report["findings"])

    def test_bytes_that_are_no_message(self, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for raw in (b"{", "名".encode("gbk"), b"[]", b"1"):
            code, report = self.explain(keys, raw, capsys, "--as", "T01")
            assert code == 1
            assert report["canonical"] is None
            assert report["findings"]

    def test_nothing_is_loaded_that_windows_lacks(self) -> None:
        """The verbs that run everywhere load neither the server nor anything of Unix."""
        import subprocess
        import sys

        probe = (
            "import sys, hub.cli.send, hub.cli.message, hub.terminal;"
            "bad = {'uvloop', 'aiohttp', 'resource', 'fcntl', 'pwd'} & set(sys.modules);"
            "sys.exit(repr(bad) if bad else 0)"
        )
        done = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
