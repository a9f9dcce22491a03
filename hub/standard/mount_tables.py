"""How the standard's own files look in a database: a table per file, versions side by side, views of one.

Nothing about a column is decided here but its name, its Chinese comment and whether it counts: the files are
the standard, and a file or column that is added to them appears in the database without an edit here.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hub.standard.bindings.table_engine import Engine
from hub.standard.tables import COLUMNS

WORDS = Path(__file__).parent / "bindings" / "table_words.csv"
RELEASES, COMMENTS = "STD_RELEASE", "STD_COMMENT"
COUNTS = frozenset({"seq", "length", "digits", "decimals", "fields", "entries"})
TITLES = {
    "stages.csv": "环节", "fields.csv": "字段", "code_lists.csv": "代码集", "codes.csv": "代码",
    "formats.csv": "格式", "rules.csv": "检查规则", "conditions.csv": "条件必填",
    "field_policy.csv": "字段公开与保密", "stage_policy.csv": "环节公开与保密", "services.csv": "服务报文",
    "service_fields.csv": "服务报文字段", "service_errors.csv": "服务报文错误码",
    "control.csv": "第三方系统控制命令", "exchange_rules.csv": "交换规则", "exchange_codes.csv": "应答代码",
    "receipt_states.csv": "回执状态", "receipt_transitions.csv": "回执状态转换",
}  # fmt: skip
OWN = {"RELEASE": "标准版本", "ROW_NO": "在数据文件中的行号"}


@dataclass(frozen=True, slots=True)
class Word:
    """What a CSV column is called in the database."""

    name: str
    zh: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One file of the standard as a table."""

    file: str
    name: str
    columns: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(word(column).name for column in self.columns)


@cache
def _words() -> Mapping[str, Word]:
    with WORDS.open(encoding="utf-8", newline="") as file:
        return {row["column"]: Word(row["name"], row["zh"]) for row in csv.DictReader(file)}


def word(column: str) -> Word:
    """The name and comment of a column; one that nobody has named yet is called C_ and its own name."""
    return _words().get(column, Word(f"C_{column.upper()}", column))


def shown() -> tuple[Shown, ...]:
    """All tables, in the order of the loader."""
    return tuple(
        Shown(file, f"STD_{file.removesuffix('.csv').upper()}", names) for file, names in COLUMNS.items()
    )


def create(table: Shown) -> str:
    """The table; rows of several releases stand beside each other."""
    rows = ["RELEASE VARCHAR(40) NOT NULL", "ROW_NO INTEGER NOT NULL"]
    rows += [f"{name} {kind(column)}" for column, name in zip(table.columns, table.names, strict=True)]
    rows.append("PRIMARY KEY (RELEASE, ROW_NO)")
    body = ",\n  ".join(rows)
    return f"CREATE TABLE IF NOT EXISTS {table.name} (\n  {body}\n)"


def kind(column: str) -> str:
    """The SQL type of a CSV column: text, or a count."""
    return "INTEGER" if column in COUNTS else "TEXT"


def releases() -> str:
    return (
        f"CREATE TABLE IF NOT EXISTS {RELEASES} (RELEASE VARCHAR(40) NOT NULL PRIMARY KEY, "
        "DIGEST VARCHAR(80) NOT NULL, MOUNTED_AT VARCHAR(14) NOT NULL, IS_CURRENT INTEGER NOT NULL, "
        "ROW_COUNT INTEGER NOT NULL)"
    )


def comments(engine: Engine) -> list[str]:
    """Chinese comments on every table and column."""
    rows = [(RELEASES, "", "统一接口标准:已挂载的版本")]
    rows += [(RELEASES, name, zh) for name, zh in (
        ("RELEASE", "标准版本"), ("DIGEST", "数据文件摘要 SM3"), ("MOUNTED_AT", "挂载时间 YYYYMMDDHHMMSS"),
        ("IS_CURRENT", "是否当前版本"), ("ROW_COUNT", "行数"),
    )]  # fmt: skip
    for table in shown():
        rows.append((table.name, "", f"统一接口标准:{TITLES.get(table.file, table.file)}"))
        rows += [(table.name, name, zh) for name, zh in OWN.items()]
        rows += [(table.name, word(column).name, word(column).zh) for column in table.columns]
    return engine.comments(rows, COMMENTS)


def views() -> dict[str, str]:
    """What readers look at: the current release, joined so that nobody needs to know the keys."""
    current = {table.name: f"{table.name.replace('STD_', 'STD_V_')}" for table in shown()}
    found = {
        view: f"SELECT T.* FROM {name} T JOIN {RELEASES} R ON R.RELEASE = T.RELEASE AND R.IS_CURRENT = 1"  # noqa: S608
        for name, view in current.items()
    }
    found["STD_V_FIELD_DETAIL"] = (
        "SELECT S.ID AS STAGE, S.ZH AS STAGE_ZH, F.SEQ_NO, F.NAME, F.ZH, F.TYPE, F.LENGTH, F.DIGITS, "
        "F.DECIMALS, "
        "F.IS_REQUIRED, F.CODE_LIST, L.ZH AS CODE_LIST_ZH, F.FORMAT, M.PATTERN, P.OPENNESS, P.SEALED_UNTIL, "
        "P.PERSONAL, P.MASK, P.ON_CHAIN, F.SOURCE, F.SEEN "
        "FROM STD_V_FIELDS F JOIN STD_V_STAGES S ON S.ID = F.STAGE "
        "LEFT JOIN STD_V_CODE_LISTS L ON L.ID = F.CODE_LIST LEFT JOIN STD_V_FORMATS M ON M.ID = F.FORMAT "
        "LEFT JOIN STD_V_FIELD_POLICY P ON P.STAGE = F.STAGE AND P.FIELD = F.NAME"
    )
    found["STD_V_CODE_DETAIL"] = (
        "SELECT L.ID AS CODE_LIST, L.ZH AS CODE_LIST_ZH, C.CODE, C.ZH, C.EN, C.PROVENANCE "
        "FROM STD_V_CODES C JOIN STD_V_CODE_LISTS L ON L.ID = C.CODE_LIST"
    )
    found["STD_V_PROVENANCE"] = "SELECT SOURCE, COUNT(*) AS FIELD_COUNT FROM STD_V_FIELDS GROUP BY SOURCE"
    return found
