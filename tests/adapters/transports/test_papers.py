"""What the papers write down as requests is what the carriers take, and their own tables answer it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from carrying import ask, place

from adapters.transports.files import read_files
from adapters.transports.rows import read_rows
from adapters.transports.steps import _read as read_steps
from hub.catalogue.papers import ROOT, Papers
from tests.rows import each

READERS = {"ROWS": read_rows, "FILES": lambda body: read_files(body, 1 << 26), "STEPS": read_steps}


def golden() -> list[tuple[str, dict[str, Any]]]:
    """Name and request of every transcript that a carrier is asked in."""
    names = sorted(path.parent.name for path in ROOT.glob("*/dialect.toml"))
    found = []
    for name in names:
        for line in Papers.load(name).golden():
            if (line.get("request") or {}).get("method") in READERS:
                found.append((f"{name}-{line['file']}-{line['id']}", line["request"]))
    return found


@each("name, request_", golden(), ids=[name for name, _ in golden()])
def test_a_request_of_the_papers_is_of_the_form(name: str, request_: dict[str, Any]) -> None:
    READERS[request_["method"]](request_["body"].encode())


async def test_rows_of_the_papers_go_into_tables_of_the_papers(tmp_path: Path) -> None:
    papers, done = Papers.load("front-db"), 0
    for ddl in sorted(papers.root.glob("*.sqlite.sql")):
        with closing(sqlite3.connect(tmp_path / f"{ddl.name}.db")) as made:
            made.executescript(ddl.read_text("utf-8"))
    for line in papers.golden():
        asked = line.get("request") or {}
        if asked.get("method") != "ROWS" or not json.loads(asked["body"]).get("put"):
            continue
        flavour = papers.facts["systems"][line["system"]]["flavour"]
        there = place(f"sqlite:///{tmp_path}/{flavour}.sqlite.sql.db")
        status, told = await ask("ROWS", there, asked["body"].encode())
        assert status == 200 and told["look"][0], (line["id"], told)
        done += 1
    assert done > 10
