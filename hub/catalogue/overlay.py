"""An installation's own rows over the catalogue that is shipped: a system more, another route.

`systems.csv` and `subscriptions.csv` in one folder, with the columns of the shipped tables: a row whose key
is known replaces that row, any other is added. The same loader then judges the whole. `seq` stays empty (the
number is given). What decides who may know a record before its seal lifts is not for an overlay: a shipped
system keeps its kind, and a new one has a kind that the shipped catalogue knows.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from hub.catalogue.model import NOTICE, CatalogueError
from hub.message import Finding, shown

Row = tuple[str, Mapping[str, str]]
KEYS: Mapping[str, tuple[str, ...]] = {"systems.csv": ("id",), "subscriptions.csv": ("stage", "receiver")}
CODE = "catalogue.overlay"


def laid_over(shipped: Iterable[Row], folder: Path, name: str) -> list[Row]:
    """The shipped rows with the folder's rows in their place or behind them; each says where it stands.

    Raises CatalogueError with file, line, what was expected and what to do.
    """
    rows = list(shipped)
    path = folder / name
    if not path.is_file():
        return rows
    columns = tuple(rows[0][1])
    places = {place_of(row, name): at for at, (_, row) in enumerate(rows)}
    kinds = {row["kind"] for _, row in rows} if "kind" in columns else set()
    seen: set[tuple[str, ...]] = set()
    for at, row in _own_rows(path, columns):
        key = place_of(row, name)
        if key in seen:
            raise refused(at, "每行一次 / once", "-".join(key), "同一行写了两次,请删去一行")
        seen.add(key)
        place = places.get(key)
        before = rows[place][1] if place is not None else {}
        numbered = row
        if kinds:
            _same_kind(at, row, before.get("kind"), kinds)
            numbered = {**row, "seq": before.get("seq", str(len(rows) + 1))}
        if place is None:
            rows.append((at, numbered))
        else:
            rows[place] = (at, numbered)
    return rows


def refused(at: str, expected: str, observed: str, advice: str) -> CatalogueError:
    finding = Finding(CODE, at, expected, shown(observed), advice)
    return CatalogueError(f"{at}: {advice}; 应为 / expected {expected}", findings=(finding,))


def place_of(row: Mapping[str, str], name: str) -> tuple[str, ...]:
    """What a table has once; one receiver may subscribe to several messages without a stage."""
    key = tuple(row[part] for part in KEYS[name])
    return (*key, row["message"]) if row.get("stage") == NOTICE else key


def _own_rows(path: Path, columns: tuple[str, ...]) -> Iterable[Row]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise refused(f"{path}:1", "UTF-8 CSV", type(error).__name__, "另存为 UTF-8 编码的 CSV") from error
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    try:
        if tuple(reader.fieldnames or ()) != columns:
            observed = ",".join(reader.fieldnames or ())
            raise refused(f"{path}:1", ",".join(columns), observed, "首行列名须与随包目录一致")
        for row in reader:
            at = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                raise refused(at, f"{len(columns)} 列 / columns", "", "列数不对:含逗号的单元格须加引号")
            if row.get("seq"):
                raise refused(at, "seq 留空 / empty", row["seq"], "序号由平台给出,此列留空")
            yield at, row
    except csv.Error as error:
        raise refused(f"{path}:{reader.line_num}", "CSV", str(error), "检查引号与分隔符") from error


def _same_kind(at: str, row: Mapping[str, str], shipped: str | None, known: set[str]) -> None:
    """Kind decides what a receiver may hold before the gate: policy, not installation."""
    if shipped is not None and row["kind"] != shipped:
        raise refused(at, f"kind = {shipped}", row["kind"], "系统类别决定封存期内可见范围,不得由本地目录更改")
    if row["kind"] not in known:
        raise refused(at, f"kind: {' | '.join(sorted(known))}", row["kind"], "使用随包目录已有的系统类别")
