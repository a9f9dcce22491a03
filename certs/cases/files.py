"""Cases on disk, one folder each, so that a system in any language can be run against them.

`case.json` is the question and names the files beside it, `expected.json` the answer; `cases.csv` at the
top is the whole table. Whoever reads a folder back gets the case that was written.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from certs.cases.build import build_all
from certs.cases.table import CASES, Case, text
from certs.testpki.mark import refuse_folder
from certs.testpki.world import World

QUESTION, EXPECTED, TABLE = "case.json", "expected.json", "cases.csv"


def write_cases(world: World, folder: Path, *, realm: str = "sandbox") -> list[Path]:
    """The folders that were written. Raises ProductionError for a folder of production, FileExistsError for
    one with something else in it."""
    refuse_folder(folder, realm=realm)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / TABLE).is_file():
        raise FileExistsError(17, "目录非空", str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TABLE).write_text(text(), encoding="utf-8", newline="\n")
    return [_write(case, folder / case.row.id) for case in build_all(world)]


def _write(case: Case, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    row = case.row
    for name, raw in case.files.items():
        place = folder / name
        if name.endswith(".key"):
            place.touch(mode=0o600)
        place.write_bytes(raw)
    about = {"id": row.id, "chapter": row.chapter, "object": row.object, "defect": row.defect,
             "state": row.state, "clause": row.clause, "zh": row.zh, "en": row.en}  # fmt: skip
    _json(folder / QUESTION, {**about, "asked": dict(case.asked), "files": sorted(case.files)})
    _json(folder / EXPECTED, row.expected)
    return folder


def _json(place: Path, value: Any) -> None:
    place.write_text(
        json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8", newline="\n"
    )


def read_case(folder: Path) -> Case:
    """A case as it lies on disk; what is expected comes from the table."""
    question = json.loads((folder / QUESTION).read_text("utf-8"))
    files = {name: (folder / name).read_bytes() for name in question["files"]}
    return Case(CASES[question["id"]], files, question["asked"])
