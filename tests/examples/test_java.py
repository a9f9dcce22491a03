"""The Java example against the real hub: both sign, each checks the other, canonical bytes are equal.

Compiled for Java 8 with one crypto jar. Where there is no JDK the tests are skipped by name; in CI they
must run.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from certs.algorithms import sm2
from certs.algorithms.digest import digest
from hub import standard
from hub.keyring import make_demo_keys, read_key, write_key
from hub.message import Key, canonical, content_digest, sign, sign_request, signing_bytes, verify, wall

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "examples/java/src").rglob("*.java"))
JAR = next(
    (p for p in (Path("/usr/share/java/bcprov.jar"), ROOT / "examples/java/bcprov.jar") if p.exists()), None
)
PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
MISSING = shutil.which("javac") is None or JAR is None
if MISSING and os.environ.get("CI") == "true":
    pytest.fail("CI has no JDK or no bcprov.jar: apt-get install default-jdk-headless libbcprov-java")
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(MISSING, reason="a JDK and bcprov.jar (libbcprov-java)")]


@dataclass(frozen=True)
class Java:
    classes: Path

    def command(self, *words: str | Path) -> list[str]:
        # A default charset that is not UTF-8, and little memory: what an old server gives.
        quick = ["-XX:TieredStopAtLevel=1", "-Xmx128m", "-Dfile.encoding=GBK"]
        return ["java", *quick, "-cp", f"{self.classes}:{JAR}", "uis.Main", *map(str, words)]

    def run(self, *words: str | Path, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(self.command(*words), input=text, capture_output=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def java(tmp_path_factory: pytest.TempPathFactory) -> Java:
    out = tmp_path_factory.mktemp("classes")
    words = ["javac", "--release", "8", "-Xlint:all,-options,-path", "-Werror", "-encoding", "UTF-8"]
    done = subprocess.run(
        [*words, "-cp", str(JAR), "-d", str(out), *map(str, SOURCES)],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return Java(out)


@dataclass(frozen=True)
class World:
    """A hub, and beside it a vendor's folder: the same hmac key, and the private half of an SM2 key."""

    url: str
    vendor: Path
    keys: dict[str, Key]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data, vendor = tmp_path_factory.mktemp("hub"), tmp_path_factory.mktemp("vendor")
    make_demo_keys(data / "keys", ["P01", "D01", "centre"], random.Random(1))
    pair = Key("P01-0", "P01", "sm2-sm3", public=sm2.public_of(PRIVATE), private=PRIVATE)
    write_key(data / "keys", replace(pair, private=b""))
    write_key(vendor, pair)
    shutil.copy(data / "keys/P01-1.json", vendor)
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.cli.main", "serve", "--data", str(data), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        yield World(ready["url"], vendor, {"hmac": read_key(vendor / "P01-1.json")[0], "sm2": pair})
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()


FILES = {"hmac": "P01-1.json", "sm2": "P01-0.json"}


def message(path: Path, seed: int) -> Path:
    file = path / "message.json"
    made = standard.load().sample("eng-project", seed)
    made["head"]["from"] = "P01"
    file.write_text(json.dumps(made, ensure_ascii=False, indent=1), "utf-8")
    return file


def vendor_pair(path: Path) -> Path:
    write_key(path, Key("P01-0", "P01", "sm2-sm3", public=sm2.public_of(PRIVATE), private=PRIVATE))
    return path / "P01-0.json"


class TestSending:
    @pytest.mark.parametrize("kind", FILES)
    def test_accepted_then_the_first_receipt_again(
        self, java: Java, world: World, tmp_path: Path, kind: str
    ) -> None:
        file = message(tmp_path, 11 if kind == "hmac" else 12)
        first = java.run("send", world.url, world.vendor / FILES[kind], file)
        assert first.returncode == 0, first.stdout.decode() + first.stderr.decode()
        assert first.stdout.startswith(b"HTTP 202 0000")
        again = java.run("send", world.url, world.vendor / FILES[kind], file)
        assert again.stdout.startswith(b"HTTP 200 0000")
        assert again.stdout.split()[3:] == first.stdout.split()[3:]

    @pytest.mark.parametrize("kind", FILES)
    def test_tampered_is_refused_with_the_clinics_answer(
        self, java: Java, world: World, tmp_path: Path, kind: str
    ) -> None:
        key_file = world.vendor / FILES[kind]
        signed = json.loads(java.run("sign", key_file, message(tmp_path, 13)).stdout)
        signed["body"]["fields"]["PROJECT_NAME"] += "(改)"
        changed = tmp_path / "changed.json"
        changed.write_text(json.dumps(signed), "utf-8")
        done = java.run("post", world.url, key_file, changed)
        assert done.returncode == 1
        words = done.stdout.decode()
        assert words.startswith("HTTP 401 auth.signature")
        assert "枢纽规范化: " + signing_bytes(signed).decode() in words
        assert "枢纽摘要: sm3:" + digest(signing_bytes(signed)).hex() in words

    def test_a_usual_mistake_is_named(self, java: Java, world: World, tmp_path: Path) -> None:
        signed = json.loads(java.run("sign", world.vendor / FILES["sm2"], message(tmp_path, 14)).stdout)
        value = sm2.sign(signing_bytes(signed), PRIVATE, b"")
        signed["head"]["sign"]["value"] = base64.b64encode(value).decode()
        file = tmp_path / "changed.json"
        file.write_text(json.dumps(signed), "utf-8")
        assert "[empty-id]" in java.run("post", world.url, world.vendor / FILES["sm2"], file).stdout.decode()

    def test_findings_are_told(self, java: Java, world: World, tmp_path: Path) -> None:
        file = message(tmp_path, 15)
        made = json.loads(file.read_text("utf-8"))
        made["body"]["fields"]["NO_SUCH_FIELD"] = "x"
        file.write_text(json.dumps(made), "utf-8")
        done = java.run("send", world.url, world.vendor / FILES["hmac"], file)
        assert done.returncode == 1
        assert b"HTTP 422" in done.stdout
        assert b"NO_SUCH_FIELD" in done.stdout


class TestSignatures:
    @pytest.mark.parametrize("alg", ["hmac-sm3", "hmac-sha256", "sm2-sm3"])
    def test_each_side_believes_the_other_and_nobody_else(self, java: Java, tmp_path: Path, alg: str) -> None:
        (made,) = make_demo_keys(tmp_path, ["P01"], random.Random(5), alg=alg)
        ours = replace(made, ident="甘肃@ggzy".encode()) if alg == "sm2-sm3" else made
        write_key(tmp_path, ours)
        key_file, file = tmp_path / "P01-1.json", message(tmp_path, 3)
        theirs = json.loads(java.run("sign", key_file, file).stdout)
        assert verify(theirs, {"P01-1": replace(ours, private=b"")}.get) == []
        file.write_bytes(canonical(sign(theirs, ours)))
        assert java.run("verify", key_file, file).returncode == 0
        theirs["head"]["nonce"] = "n-changed"
        file.write_bytes(canonical(theirs))
        assert java.run("verify", key_file, file).returncode == 1


def members(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=6)
    return st.dictionaries(names, inner, max_size=4)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | TEXTS
    | st.sampled_from(["\u2028", "𠮷", "\x7f\x1f/\\"]),
    lambda inner: st.lists(inner, max_size=3) | members(inner),
    max_leaves=10,
)
ENVELOPES = st.builds(
    lambda head, block, body: {"head": {**head, "sign": {**block, "value": "AAAA"}}, "body": body},
    members(VALUES),
    members(TEXTS),
    members(VALUES),
)


class TestCanonicalBytes:
    def test_a_thousand_random_envelopes(self, java: Java) -> None:
        lines: list[bytes] = []
        wanted: list[bytes] = []
        chance = random.Random(7)

        @settings(
            max_examples=1000, database=None, derandomize=True, deadline=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(ENVELOPES)
        def collect(envelope: dict[str, Any]) -> None:
            text = json.dumps(envelope, ensure_ascii=chance.random() < 0.5, separators=(", ", ": "))
            lines.append(text.encode())
            wanted.append(signing_bytes(envelope))

        collect()
        assert len(lines) >= 1000
        done = java.run("canonical", text=b"\n".join(lines) + b"\n")
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.split(b"\n")[:-1] == wanted

    @pytest.mark.parametrize(
        "text",
        [
            '{"a":1.5}', '{"a":1e3}', '{"a":9007199254740993}', '{"a":1,"a":2}', '{"名":1}',
            '{"a":"\\u0000"}', '{"a":"\\ud840"}', '{"a":01}', '{"a":1}x', '{"a":"\t"}', "{'a':1}",
            '{"a":' + "[" * 16 + "]" * 16 + "}",
            '{"a":NaN}', '{"a":+1}', "[1,]", '{"a":"\\u12"}',
        ],
    )  # fmt: skip
    def test_what_the_hub_refuses_java_refuses(self, java: Java, tmp_path: Path, text: str) -> None:
        from hub.message import parse

        assert parse(text.encode()).findings
        file = tmp_path / "m.json"
        file.write_text(text, "utf-8")
        done = java.run("verify", vendor_pair(tmp_path), file)
        assert done.returncode == 1
        assert b"Malformed" in done.stderr


@dataclass(frozen=True)
class Listening:
    url: str
    hub: Key

    def post(
        self, path: str, body: bytes, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        asked = urllib.request.Request(
            self.url + path, body or None, headers or {}, method="POST" if body else "GET"
        )
        try:
            with urllib.request.urlopen(asked, timeout=60) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def control(
        self, document: dict[str, Any] | None = None, *, key: Key | None = None
    ) -> tuple[int, dict[str, Any]]:
        body = b"" if document is None else json.dumps(document).encode()
        proof = f"sm3:{digest(body).hex()}" if body else ""
        method, nonce = ("POST" if body else "GET"), random.randbytes(8).hex()
        now = datetime.now(UTC)
        path = "/uis/v1/control"
        return self.post(
            path, body, sign_request(method, path, key or self.hub, now=now, nonce=nonce, body_digest=proof)
        )


@pytest.fixture(scope="module", params=["hmac-sm3", "sm2-sm3"])
def listening(
    request: pytest.FixtureRequest, java: Java, world: World, tmp_path_factory: Any
) -> Iterator[Listening]:
    """The Java side waits for the hub's messages and knows a secret of its, or only its public half."""
    path = tmp_path_factory.mktemp("java")
    (hub,) = make_demo_keys(path / "hub", ["centre"], random.Random(9), alg=request.param)
    write_key(path, replace(hub, private=b""))
    words = ["receive", "0", path / "centre-1.json", "P01", world.vendor / FILES["hmac"], message(path, 40)]
    process = subprocess.Popen(java.command(*words), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Listening(json.loads(process.stdout.readline())["url"], hub)
    finally:
        process.kill()
        process.communicate()


def from_hub(**head: Any) -> dict[str, Any]:
    made = standard.load().sample("eng-tender-notice", 4)
    made["head"] |= {
        "from": "centre", "to": "P01", "msgId": random.randbytes(6).hex(), "nonce": random.randbytes(8).hex(),
        "time": wall(datetime.now(UTC)), **head,
    }  # fmt: skip
    return made


class TestReceiving:
    def send(self, to: Listening, made: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return to.post("/uis/v1/messages", json.dumps(made, ensure_ascii=False).encode())

    def test_a_receipt_and_the_same_again(self, listening: Listening) -> None:
        made = from_hub()
        status, told = self.send(listening, sign(made, listening.hub))
        assert (status, told["code"]) == (202, "0000")
        receipt = told["receipt"]
        assert receipt["digest"] == "sm3:" + content_digest(made).hex()
        assert receipt["msgId"] == made["head"]["msgId"]
        made["head"]["nonce"] = random.randbytes(8).hex()  # a retry is signed anew
        assert self.send(listening, sign(made, listening.hub)) == (200, told)
        made["body"]["key"] += "-2"
        status, told = self.send(listening, sign(made, listening.hub))
        assert (status, told["code"]) == (409, "idempotency.conflict")

    def test_refusals(self, listening: Listening) -> None:
        good = sign(from_hub(), listening.hub)
        changed = json.loads(json.dumps(good))
        changed["body"]["fields"]["NOTICE_NAME"] = "改"
        stranger = Key("centre-1", "centre", "hmac-sm3", b"x" * 32)
        old = wall(datetime.now(UTC) - timedelta(minutes=6))
        nonce = from_hub()
        assert self.send(listening, sign(nonce, listening.hub))[0] == 202
        used = from_hub(nonce=nonce["head"]["nonce"])
        for made, expected in (
            (changed, (401, "auth.signature")),
            (sign(from_hub(), stranger), (401, "auth.signature")),
            (sign(from_hub(**{"from": "D01"}), listening.hub), (401, "auth.signature")),
            (sign(from_hub(time=old), listening.hub), (401, "auth.time-window")),
            (sign(used, listening.hub), (401, "auth.nonce")),
            (sign(from_hub(to="T09"), listening.hub), (422, "head.to")),
            ({"head": {}}, (422, "envelope.required")),
            (from_hub(), (401, "auth.signature")),
        ):
            status, told = self.send(listening, made)
            assert (status, told["code"]) == expected
        assert listening.post("/uis/v1/messages", b'{"a": 1.5}')[0] == 400
        assert listening.post("/uis/v1/messages", b"x" * (2 << 20))[0] == 413

    def test_control(self, listening: Listening, world: World) -> None:
        status, described = listening.control()
        assert status == 200
        assert described["system"] == "P01"
        assert listening.control(key=Key("centre-1", "centre", "hmac-sm3", b"x" * 32))[0] == 401
        assert listening.control({"command": "no-such"})[0] == 404
        assert listening.control({"command": "connect", "arguments": {}})[0] == 422
        assert listening.control({"command": "connect", "arguments": {"hub": world.url}})[0] == 200
        _, told = listening.control({"command": "publish-notice", "arguments": {"seed": 40}})
        for _ in range(2000):
            _, state = listening.control({"command": "sent", "arguments": {"msgId": told["msgId"]}})
            if state.get("done"):
                break
            time.sleep(0.05)
        assert state["status"] == 202, state
        assert listening.control({"command": "reset"})[0] == 200
        assert listening.control({"command": "sent", "arguments": {"msgId": told["msgId"]}})[1] == {
            "known": False
        }
