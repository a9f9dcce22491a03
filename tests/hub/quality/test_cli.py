"""`hutong quality` as a person uses it: a file, the story, a hub."""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.errors import HubError
from hub.keyring import make_demo_keys
from hub.quality import QualityRecord, cli
from hub.quality.reader import line


def run(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    cli.configure(parser)
    return cli.run(parser.parse_args([str(word) for word in words]))


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory, month: tuple[QualityRecord, ...]) -> Path:
    path = tmp_path_factory.mktemp("quality") / "month.ndjson"
    path.write_text("\n".join(line(one) for one in month) + "\nbroken\n", encoding="utf-8")
    return path


def test_a_file_and_the_story_give_one_score(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    week = ("--from", "2026-09-24", "--to", "2026-09-30", "--json")
    assert run(export, *week, "--html", page) == 0
    from_file = json.loads(capsys.readouterr().out)
    assert from_file.pop("faults") == [
        {"line": len(export.read_text().splitlines()), "reason": "JSONDecodeError"}
    ]
    assert "<svg" in page.read_text(encoding="utf-8")
    again = tmp_path / "again.ndjson"
    assert run("--story", *week, "--export", again) == 0
    told = json.loads(capsys.readouterr().out)
    told.pop("faults")
    assert told == from_file
    assert (
        again.read_text(encoding="utf-8").splitlines() == export.read_text(encoding="utf-8").splitlines()[:-1]
    )


def test_exit_codes_and_flags(export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = ("--from", "2026-09-30", "--to", "2026-09-30")
    assert run(export, *day, "--at-least", "80") == 0
    assert run(export, *day, "--at-least", "99") == 1
    assert run(export, *day, "--platform", "T03", "--lang", "en") == 0
    out = capsys.readouterr().out
    assert "T03" in out and "mean" in out and "T04" not in out.rpartition("mean")[2]
    assert run(export, "--platform", "T99") == 1
    assert run(export, "--month", "2026-13") == run(export, "--month", "2026-09", "--to", "2026-09-02") == 2
    assert run(export, "--from", "2026-09-02", "--to", "2026-09-01") == 2
    with pytest.raises(HubError, match="No such file"):
        run(tmp_path / "none")


class _Hub(BaseHTTPRequestHandler):
    """Gives out records a page at a time, as the interface in `fetch` says."""

    rows: ClassVar[list[dict[str, Any]]] = []
    asked: ClassVar[list[dict[str, list[str]]]] = []

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        self.asked.append(query)
        start = int(query.get("cursor", ["0"])[0])
        found = {"records": self.rows[start : start + 400], "next": None}
        if start + 400 < len(self.rows):
            found["next"] = str(start + 400)
        status = 200 if parts.path == "/v1/quality/records" and self.rows else 404
        body = json.dumps(found if status == 200 else {"code": "not-found"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_running_hub_is_asked_page_by_page(
    hub: str,
    export: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    month: tuple[QualityRecord, ...],
) -> None:
    make_demo_keys(tmp_path, ["centre"], Random(1))
    at = ("--url", hub, "--as", "centre", "--keys", tmp_path, "--month", "2026-09", "--json")
    _Hub.rows, _Hub.asked = [], []
    with pytest.raises(HubError, match="质量记录接口"):
        run(*at)
    _Hub.rows, _Hub.asked = [json.loads(line(one)) for one in month[:1000]], []
    assert run(*at) == 0
    from_hub = json.loads(capsys.readouterr().out)
    assert _Hub.asked == [{"to": ["2026-09-30"]}] + [
        {"to": ["2026-09-30"], "cursor": [c]} for c in ("400", "800")
    ]
    part = tmp_path / "part.ndjson"
    part.write_text("\n".join(line(one) for one in month[:1000]), encoding="utf-8")
    assert run(part, "--month", "2026-09", "--json") == 0
    assert json.loads(capsys.readouterr().out) == from_hub
