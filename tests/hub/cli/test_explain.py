"""`message explain`: what the clinic finds, printed and as one document. The clinic itself: `test_clinic`."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest

from certs.algorithms import sm2
from certs.algorithms.digest import mac
from hub import standard
from hub.cli.main import main
from hub.client import client_key
from hub.errors import SettingsError
from hub.keyring import make_demo_keys, read_keys, write_key
from hub.message import Key, sign, signing_bytes


def unsigned() -> dict[str, Any]:
    made: dict[str, Any] = standard.load().sample("eng-tender-notice", 3)
    made["head"]["from"] = "T01"
    return made


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
        assert {row["id"] for row in report["signature"]["mistakes"]} >= {"key-id", "sender"}

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

    def test_the_sender_needs_not_be_named(self, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
        own = read_keys(keys / "keys")[0]
        signed = sign(unsigned(), own)
        signed["head"]["nonce"] = "n-changed"
        code, report = self.explain(keys, signed, capsys)
        assert code == 1
        assert report["signature"] is not None
        assert not report["signature"]["fits"]
        signed["head"]["from"] = "Z99"
        assert self.explain(keys, signed, capsys)[1]["signature"] is None

    def test_an_sm2_signature_with_the_wrong_identity(
        self, keys: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        private = b"\x21" * 32
        key = Key("T01-2", "T01", "sm2-sm3", public=sm2.public_of(private), private=private)
        write_key(keys / "keys", Key("T01-2", "T01", "sm2-sm3", public=key.public))
        signed = sign(unsigned(), key)
        assert self.explain(keys, signed, capsys)[0] == 0
        wrong = sm2.sign(signing_bytes(signed), private, b"")
        signed["head"]["sign"]["value"] = base64.b64encode(wrong).decode()
        code, report = self.explain(keys, signed, capsys)
        assert code == 1
        told = report["signature"]
        assert [row["id"] for row in told["mistakes"]] == ["empty-id"]
        assert told["z"] == sm2.z_value(key.public).hex()
        assert told["e"] != told["eSigned"]
        file = keys / "m.json"
        assert main(["message", "explain", str(file)]) == 1
        words = capsys.readouterr().out
        assert all(part in words for part in ("[empty-id]", "改法", told["e"], told["eSigned"]))

    def test_a_public_half_explains_but_does_not_sign(self, keys: Path) -> None:
        """The hub's own directory may hold a member's newer public key beside its older secret."""
        public = sm2.public_of(b"\x21" * 32)
        write_key(keys / "keys", Key("T01-2", "T01", "sm2-sm3", public=public))
        assert client_key("T01", {}, keys / "keys").key_id == "T01-1"
        write_key(keys / "keys", Key("T09-1", "T09", "sm2-sm3", public=public))
        with pytest.raises(SettingsError, match="公钥"):
            client_key("T09", {}, keys / "keys")

    def test_mistakes_that_come_together_are_told_so(
        self, keys: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        own = read_keys(keys / "keys")[0]
        made = unsigned()
        made["head"]["sign"] = {"alg": own.alg, "keyId": own.key_id}
        data = json.dumps(made).encode()
        made["head"]["sign"]["value"] = mac(data, own.secret, own.alg).hex()
        file = keys / "m.json"
        file.write_text(json.dumps(made), "utf-8")
        assert main(["message", "explain", str(file), "--as", "T01"]) == 1
        assert "member-order + white-space + ascii-escapes + hex" in capsys.readouterr().out

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
