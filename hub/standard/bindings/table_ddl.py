"""The statements that make the table mount, for one engine; each can be run again without harm."""

from __future__ import annotations

from collections.abc import Iterator

from hub.standard.bindings.table_engine import Engine
from hub.standard.bindings.table_layout import (
    ATTACHMENT,
    ATTACHMENTS,
    FAILED,
    NEW,
    TAKEN,
    WATERMARK,
    Column,
    DataTable,
    Layout,
)
from hub.standard.book import Book
from hub.standard.model import Field

INDEXED = 200
TYPES_ZH = {"string": "字符", "text": "长文本", "code": "代码", "date": "日期 YYYYMMDD",
            "datetime": "时间 YYYYMMDDHHMMSS", "decimal": "小数", "integer": "整数"}  # fmt: skip


def statements(plan: Layout, standard: Book, engine: Engine) -> list[str]:
    """Tables, indices, views and comments, in an order that runs."""
    return [
        *(statement for table in plan.tables for statement in _data_table(table, engine)),
        *_attachments(engine),
        *_view(WATERMARK, _watermark(plan), engine),
        *engine.comments(_comments(plan, standard)),
    ]


def script(plan: Layout, standard: Book, engine: Engine) -> str:
    """The same as one file for a database administrator."""
    title = f"-- 统一接口标准 {plan.version} 库表挂载,{engine.name}({len(plan.tables)} 个环节)\n"
    return title + "".join(f"{statement};\n" for statement in statements(plan, standard, engine))


def addition(table: DataTable, column: Column, engine: Engine) -> str:
    """Give an existing table a column more; views are remade by `statements`."""
    return f"ALTER TABLE {table.name} ADD COLUMN {_column(column, engine)}"


def view_name(table: DataTable) -> str:
    """The view of what holds now: of each record the latest version, tombstones included."""
    return f"V_{table.name}"


def _data_table(table: DataTable, engine: Engine) -> Iterator[str]:
    name = table.name
    rows = [f"SEQ_NO {engine.serial}", *(_column(column, engine) for column in table.columns)]
    rows += [
        f"CHECK (SYNC_FLAG IN ({NEW}, {TAKEN}, {FAILED}))",
        "CHECK (DATA_TYPE IN ('1', '2', '3'))",
        "UNIQUE (SENDER, MSG_ID)",
    ]
    yield _create(name, rows)
    yield f"CREATE INDEX IF NOT EXISTS IX_{name}_SYNC ON {name} (SYNC_FLAG, SEQ_NO)"
    yield f"CREATE INDEX IF NOT EXISTS IX_{name}_REC ON {name} (SENDER, REC_KEY, VERSION)"
    yield f"CREATE INDEX IF NOT EXISTS IX_{name}_DATA ON {name} (DATA_KEY)"
    for column in table.fields:
        # Only the first of the natural key, and only short ones: an index entry of PostgreSQL is bounded.
        if column.name == table.stage.natural_key[0] and (column.size or INDEXED + 1) <= INDEXED:
            yield f"CREATE INDEX IF NOT EXISTS IX_{name}_NAT ON {name} ({column.name})"
    newer = (
        f"SELECT 1 FROM {name} N WHERE N.SENDER = T.SENDER AND N.REC_KEY = T.REC_KEY "  # noqa: S608
        f"AND N.SYNC_FLAG <> {FAILED} AND "
        "(N.VERSION > T.VERSION OR (N.VERSION = T.VERSION AND N.SEQ_NO > T.SEQ_NO))"
    )
    current = f"SELECT T.* FROM {name} T WHERE T.SYNC_FLAG <> {FAILED} AND NOT EXISTS ({newer})"  # noqa: S608
    yield from _view(view_name(table), current, engine)


def _attachments(engine: Engine) -> Iterator[str]:
    rows = [*(_column(column, engine) for column in ATTACHMENT), "PRIMARY KEY (SENDER, MSG_ID, POS)"]
    yield _create(ATTACHMENTS, rows)
    yield f"CREATE INDEX IF NOT EXISTS IX_{ATTACHMENTS}_DIGEST ON {ATTACHMENTS} (DIGEST)"


def _watermark(plan: Layout) -> str:
    """Per stage how far the table reaches, and how far everything has been taken."""
    return "\nUNION ALL ".join(
        f"SELECT {index} AS STAGE_NO, '{table.stage.id}' AS STAGE, '{table.name}' AS TABLE_NAME, "  # noqa: S608
        "COALESCE(MAX(SEQ_NO), 0) AS MAX_SEQ, "
        f"COALESCE(MIN(CASE WHEN SYNC_FLAG = {NEW} THEN SEQ_NO END) - 1, MAX(SEQ_NO), 0) AS TAKEN_SEQ, "
        f"COUNT(CASE WHEN SYNC_FLAG = {NEW} THEN 1 END) AS WAITING, "
        f"COUNT(CASE WHEN SYNC_FLAG = {FAILED} THEN 1 END) AS FAILED FROM {table.name}"
        for index, table in enumerate(plan.tables, 1)
    )


def _column(column: Column, engine: Engine) -> str:
    parts = [column.name, engine.type(column)]
    if column.name == "SYNC_FLAG":
        parts.append(f"DEFAULT {NEW}")
    if column.needed:
        parts.append("NOT NULL")
    if check := engine.check(column):
        parts.append(f"CHECK ({check})")
    return " ".join(parts)


def _create(name: str, rows: list[str]) -> str:
    body = ",\n  ".join(rows)
    return f"CREATE TABLE IF NOT EXISTS {name} (\n  {body}\n)"


def _view(name: str, select: str, engine: Engine) -> Iterator[str]:
    if engine.name == "sqlite":
        yield f"DROP VIEW IF EXISTS {name}"
        yield f"CREATE VIEW {name} AS {select}"
    else:
        yield f"CREATE OR REPLACE VIEW {name} AS {select}"


def _comments(plan: Layout, standard: Book) -> Iterator[tuple[str, str, str]]:
    for table in plan.tables:
        stage = table.stage
        yield (
            table.name,
            "",
            f"{stage.category_zh} / {stage.zh}(环节 {stage.id},数据集 {table.dataset.number})",
        )
        yield table.name, "SEQ_NO", "序号,按写入次序递增"
        for column in table.columns:
            field = stage.by_name.get(column.name)
            yield table.name, column.name, column.zh if field is None else describe(field, standard)
    yield ATTACHMENTS, "", "附件清单:每份报文的附件,按摘要引用"
    for column in ATTACHMENT:
        yield ATTACHMENTS, column.name, column.zh


def describe(field: Field, standard: Book) -> str:
    """A field in one line: name, must or may, type and size, code list or form, where it comes from."""
    size = ""
    if field.precision is not None:
        size = f"{field.precision[0]},{field.precision[1]}"
    elif field.length is not None:
        size = f"{'固定' if field.fixed else '至多'}{field.length}位"
    listed = f"代码集 {standard.code_lists[field.code_list].zh}" if field.code_list else ""
    parts = (
        field.zh, "必填" if field.required else "选填", TYPES_ZH[field.type] + size, listed,
        "多值,分号分隔" if field.multi else "", f"格式 {field.format}" if field.format else "",
        f"来源 {field.source}",
    )  # fmt: skip
    return ";".join(part for part in parts if part)
