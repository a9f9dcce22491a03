"""The verbs as users run them: real processes, real signals, exit codes."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub import standard
from hub.client import HubClient, UnreachableError, client_key
from hub.errors import SenderError
from hub.keyring import make_demo_keys
from hub.onboarding.sample import sample_application

HUTONG = [sys.executable, "-m", "hub.cli.main"]
pytestmark = pytest.mark.e2e


@dataclass
class Served:
    process: subprocess.Popen[str]
    url: str
    data: Path

    def run(self, *words: str, text: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        env = {**os.environ, "HUTONG_URL": self.url, "HUTONG_DATA": str(self.data), "PYTHONIOENCODING": "gbk"}
        return subprocess.run(
            [*HUTONG, *words], input=text, env=env, capture_output=True, timeout=60, check=False
        )

    def client(self, owner: str) -> HubClient:
        return HubClient(self.url, client_key(owner, {"HUTONG_DATA": str(self.data)}))


def serve(data: Path, *flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*HUTONG, "serve", "--data", str(data), "--port", "0", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("served")
    make_demo_keys(data / "keys", ["T01", "P01", "D01", "centre"], random.Random(1))
    process = serve(data)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        yield Served(process, ready["url"], data)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()


def sample(stage: str, seed: int) -> bytes:
    return json.dumps(standard.load().sample(stage, seed), ensure_ascii=False).encode()


def test_send_then_look_then_send_again(served: Served) -> None:
    done = served.run("send", "-", "--as", "P01", "--json", text=sample("eng-project", 1))
    assert done.returncode == 0, done.stderr.decode()
    receipt = json.loads(done.stdout)
    hub_id = receipt["hubId"]
    again = served.run("send", "-", "--as", "P01", "--json", text=sample("eng-project", 1))
    assert json.loads(again.stdout)["receipt"] == receipt["receipt"]
    trace = json.loads(served.run("message", hub_id, "--as", "P01", "--json").stdout)
    assert trace["hubId"] == hub_id
    text = served.run("message", trace["msgId"], "--as", "P01").stdout.decode("utf-8")
    assert hub_id in text
    assert served.run("message", hub_id, "--as", "D01").returncode == 1
    assert served.client("D01").trace(hub_id) is None
    assert served.client("P01").find("P01", trace["msgId"]) == served.client("P01").trace(hub_id)


def test_a_refusal_prints_every_finding_in_chinese(served: Served) -> None:
    envelope = standard.load().sample("eng-project", 2)
    envelope["body"]["fields"] = {"PROJECT_NAME": "", "NO_SUCH": "x"}
    done = served.run("send", "-", "--as", "P01", text=json.dumps(envelope).encode())
    assert done.returncode == 1
    words = done.stderr.decode("utf-8")
    assert "NO_SUCH" in words
    assert "建议" in words
    document = json.loads(
        served.run("send", "-", "--as", "P01", "--json", text=json.dumps(envelope).encode()).stdout
    )
    assert words.count("位置") == len(document["findings"])


def test_what_cannot_be_signed_is_told_before_it_is_sent(served: Served) -> None:
    done = served.run("send", "-", "--as", "P01", text=b'{"head": {"a": 1.5}}')
    assert done.returncode == 1
    assert "json.float" in done.stderr.decode("utf-8")
    done = served.run("send", "-", "--as", "Q77", text=sample("eng-project", 1))
    assert done.returncode == 3
    assert "Q77" in done.stderr.decode("utf-8")


def test_the_desk_from_the_command_line(served: Served) -> None:
    applied = served.run("onboard", "apply", "--as", "T01", "--sample", "--json")
    assert applied.returncode == 0, applied.stderr.decode()
    refused = served.run("onboard", "approve", "T01")
    assert refused.returncode == 1
    assert "onboard.report" in refused.stderr.decode("utf-8")
    shown = served.run("onboard", "show", "T01")
    assert "已申请" in shown.stdout.decode("utf-8")
    login = json.loads(served.run("onboard", "login", "--json").stdout)
    assert login["url"].startswith(served.url)
    assert served.run("onboard", "terminate", "T01", "--cause", "测试结束").returncode == 0
    public = served.run("onboard", "show", "--public", "--json")
    assert [row["state"] for row in json.loads(public.stdout)["directory"]] == ["terminated"]


def test_the_outbox_and_the_client(served: Served) -> None:
    assert served.run("outbox", "list").returncode == 0
    assert json.loads(served.run("outbox", "dead", "--json").stdout) == {"deliveries": []}
    assert served.run("outbox", "list", "--as", "P01").returncode == 1
    assert served.run("outbox", "replay").returncode == 1
    with pytest.raises(SenderError) as refused:
        served.client("P01").outbox()
    assert refused.value.code == "auth.forbidden"
    with pytest.raises(SenderError) as refused:
        served.client("D01").onboard_apply({"system": "D01"})
    assert any(finding.at == "/operator/name" for finding in refused.value.findings)
    assert "全省一张网" in served.client("centre").page("/")


HOSTILE = {
    "20 MB": ("/v1/messages", b"x" * 20 * 2**20),
    "lists": ("/v1/messages", b'{"a":[' + b"[]," * 1_300_000 + b"[]]}"),
    "doubled": ("/v1/messages", b"{" + b'"a":1,' * 90_000 + b'"b":1}'),
    "floats": ("/v1/messages", b'{"a":[' + b"1.5," * 90_000 + b"1]}"),
    "tags": ("/soap", b"<a>" + b"<b/>" * 1_000_000 + b"</a>"),
    "attributes": ("/soap", b"<a " + b" ".join(b"a%d=''" % n for n in range(300_000)) + b"/>"),
    "entities": (
        "/soap",
        b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 100_000 + b'">]><a>' + b"&b;" * 1000 + b"</a>",
    ),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory through /proc")
def test_hostile_bodies_cost_neither_memory_nor_service(served: Served) -> None:
    def post(path: str, body: bytes) -> int:
        media = "text/xml" if path == "/soap" else "application/json"
        connection = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=60)
        try:
            connection.request("POST", path, body, {"Content-Type": media})
            return connection.getresponse().status
        finally:
            connection.close()

    def peak() -> int:
        lines = Path(f"/proc/{served.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024

    before = peak()
    for _ in range(3):
        for name, (path, body) in HOSTILE.items():
            assert post(path, body) in {400, 413, 422, 500}, name  # SOAP 1.1 faults travel under 500
    assert peak() - before < 96 * 2**20
    done = served.run("send", "-", "--as", "P01", text=sample("eng-project", 77))
    assert done.returncode == 0, done.stderr.decode()


def test_nobody_there_is_exit_code_3(tmp_path: Path) -> None:
    make_demo_keys(tmp_path / "keys", ["P01"], random.Random(1))
    with pytest.raises(UnreachableError):
        HubClient("http://127.0.0.1:9", None).look("/healthz")
    env = {**os.environ, "HUTONG_URL": "http://127.0.0.1:9", "HUTONG_DATA": str(tmp_path)}
    done = subprocess.run(
        [*HUTONG, "send", "-", "--as", "P01"],
        input=sample("eng-project", 1),
        env=env,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 3


@pytest.mark.parametrize(
    ("flags", "word"), [(["--realm", "production"], "T01-1"), (["--config", "/nowhere.toml"], "nowhere")]
)
def test_serve_refuses_what_must_not_start(tmp_path: Path, flags: list[str], word: str) -> None:
    make_demo_keys(tmp_path / "keys", ["T01"], random.Random(1))
    process = serve(tmp_path, *flags)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert out == ""
    assert word in err


def test_two_hubs_cannot_have_one_port(served: Served, tmp_path: Path) -> None:
    port = served.url.rsplit(":", 1)[1]
    process = serve(tmp_path, "--port", port)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert port in err


def test_doctor_finds_this_installation_sound(tmp_path: Path) -> None:
    done = subprocess.run(
        [*HUTONG, "doctor", "--data", str(tmp_path), "--json"], capture_output=True, check=False
    )
    checks: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if checks["ok"] else 1)
    assert {"python", "sqlite", "sm3", "tables", "dialects", "data", "disk"} <= {
        row["name"] for row in checks["checks"]
    }


def children_of(pid: int) -> list[int]:
    """Children by /proc, whatever session they are in."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(folder.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at children through /proc")
def test_up_supervises_and_drains(tmp_path: Path) -> None:
    up = subprocess.Popen(
        [*HUTONG, "up", "--port", "0", "--data", str(tmp_path), "--systems", "D09,T01"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert up.stdout is not None
        first = up.stdout.readline()
        url = first.rsplit(" ", 1)[1].strip()
        client = HubClient(url, client_key("P01", {"HUTONG_DATA": str(tmp_path)}))
        assert client.look("/readyz").ok
        before = children_of(up.pid)
        assert len(before) == 2
        for pid in before:
            if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        assert _comes_back(client)
        up.send_signal(signal.SIGTERM)
        assert up.wait(120) == 0
        assert not _alive(children_of(up.pid))
    finally:
        up.kill()
        _, err = up.communicate()
    assert "重新启动" in err
    with pytest.raises(UnreachableError):
        client.look("/healthz")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at children through /proc")
def test_nothing_of_up_stays_behind_when_it_is_killed(tmp_path: Path) -> None:
    up = subprocess.Popen(
        [*HUTONG, "up", "--port", "0", "--data", str(tmp_path), "--systems", "D09"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    assert up.stdout is not None
    assert "http://127.0.0.1:" in up.stdout.readline()
    children = children_of(up.pid)
    assert len(children) == 2
    up.kill()
    up.wait(60)
    until = time.monotonic() + 60
    while _alive(children) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _alive(children)
    up.communicate()


def _comes_back(client: HubClient) -> bool:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        time.sleep(0.3)
        try:
            if client.look("/readyz").ok:
                return True
        except UnreachableError:
            continue
    return False


def _alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_a_sample_application_is_complete() -> None:
    assert {"operator", "contact", "scope", "load", "disclosure"} <= set(sample_application("T01"))
