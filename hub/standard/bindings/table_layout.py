"""Which tables the table mount has, with their columns: worked out from the standard, engine not yet chosen.

One table per stage, named as the stage, with the fields named as in the standard. In front of them
stands what the national form and the envelope need, the same for every stage; identifiers are not
quoted, so that `PROJECT_CODE` and `project_code` are one column in both engines.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hub.standard.book import Book
from hub.standard.model import Field, Stage
from hub.standard.tables import StandardDataError

HERE = Path(__file__).parent
IDENTIFIER = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
ATTACHMENTS, WATERMARK, COMMENTS = "EXCHANGE_ATTACHMENT", "EXCHANGE_WATERMARK", "EXCHANGE_COMMENT"
NEW, TAKEN, FAILED = 0, 1, 2
# A JSON integer is exact up to 2^53: more digits are written as strings and need wider columns.
EXACT_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Column:
    """`kind` is text, date, datetime, decimal, integer or wide (integers beyond 2^53).

    `size` counts code points or digits.
    """

    name: str
    kind: str
    zh: str
    size: int | None = None
    decimals: int = 0
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """The number and name that a stage has in the national form (DATA_NO, DATA_EN)."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class DataTable:
    """The table of one stage; `fields` are its own columns, in the order of the standard."""

    stage: Stage
    dataset: Dataset
    name: str
    fields: tuple[Column, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        return (*ENVELOPE, *self.fields)


@dataclass(frozen=True, slots=True)
class Layout:
    """All data tables, parents before children as the standard orders them."""

    version: str
    tables: tuple[DataTable, ...]
    of_stage: Mapping[str, DataTable]


# What the bindings add, in the order of the columns. National names where the national form has one
# (reference: envelope_fields); of these DATA_TYPE, CA_KEY and DATA_TIMESTAMP carry the envelope itself.
NATIONAL = (
    Column("DATA_KEY", "text", "数据唯一标识:系统编号4位+数据集编号3或4位+日期8位+顺序号,共22位", 22),
    Column("DATA_NO", "text", "数据集编号", 4),
    Column("DATA_EN", "text", "数据集英文名", 60),
    Column("DATA_CN", "text", "数据集中文名", 100),
    Column("ROUTE_WAY", "text", "路由方式", 2),
    Column("PLATFORM_CODE", "text", "交易系统标识码", 18),
    Column("PUB_SERVICE_PLAT_CODE", "text", "公共服务系统标识码", 18),
    Column("TRADE_PLAT", "text", "电子招标投标交易平台标识码", 11),
    Column("PUB_SERVICE_PLAT", "text", "电子招标投标公共服务平台标识码", 11),
)
NATIVE = (
    Column("VER", "text", "信封版本", 8, needed=True),
    Column("REALM", "text", "环境:sandbox 或 production", 10, needed=True),
    Column("SENDER", "text", "发送方系统编号", 10, needed=True),
    Column("RECEIVER", "text", "接收方系统编号,空为由枢纽路由", 10),
    Column("MSG_ID", "text", "报文编号,同一发送方内唯一", 64, needed=True),
    Column("MSG_TYPE", "text", "报文类型,如 record.put", needed=True),
    Column("CORR_ID", "text", "关联报文编号", 64),
    Column("DATA_TIMESTAMP", "datetime", "数据时间戳 YYYYMMDDHHMMSS(东八区),即报文时间", needed=True),
    Column("NONCE", "text", "随机数,每次发送不同", 64, needed=True),
    Column("SIGN_ALG", "text", "签名算法", 20),
    Column("CA_KEY", "text", "数字证书或密钥标识,即签名块的 keyId", 200),
    Column("SIGN_VALUE", "text", "签名值 Base64,覆盖规范化 JSON", 1400),
    Column("DATA_TYPE", "text", "操作类型:1 新增,2 变更,3 删除(保留本行作为墓碑)", 1, needed=True),
    Column("REC_KEY", "text", "发送方记录主键", 64, needed=True),
    Column("VERSION", "integer", "记录版本,自 1 递增", 16, needed=True),
    Column("EXT", "text", "扩展字段,JSON 对象;空值表示没有 ext"),
    Column("ATTACH_COUNT", "integer", "附件个数;空值表示没有 files", 9),
    Column("FORM_MARK", "text", "列表达不了的写法,JSON:null 为值是 null 的字段,kept 为原样保留的值"),
)
SYNC = (
    Column("SYNC_FLAG", "integer", "同步标志:0 待取,1 已取,2 失败", 1, needed=True),
    Column("SYNC_TIME", "datetime", "同步时间 YYYYMMDDHHMMSS"),
    Column("ERR_MSG", "text", "失败原因,每行一条检查结果"),
)
ENVELOPE = (*NATIONAL, *NATIVE, *SYNC)
ATTACHMENT = (
    Column("SENDER", "text", "发送方系统编号", 10, needed=True),
    Column("MSG_ID", "text", "报文编号", 64, needed=True),
    Column("POS", "integer", "附件次序,自 0 起", 9, needed=True),
    Column("FILE_NAME", "text", "文件名", 200, needed=True),
    Column("DIGEST", "text", "摘要,如 sm3:64 位十六进制", 80, needed=True),
    Column("FILE_SIZE", "integer", "字节数", 16, needed=True),
    Column("MEDIA", "text", "媒体类型", needed=True),
    Column("FILE_ROLE", "text", "附件角色", 40, needed=True),
    Column("LOCATION", "text", "文件在前置机上的相对路径(不属于报文)", 500),
)


def layout(standard: Book, directory: Path = HERE) -> Layout:
    """The tables of a standard; StandardDataError when a name cannot be a column or stands twice."""
    datasets, problems = _datasets(directory), []
    tables = []
    for stage in standard.stages:
        # A stage that a newer standard adds has no number yet; it can be mounted all the same.
        dataset = datasets.get(stage.id, Dataset("", stage.id.upper().replace("-", "_")))
        table = DataTable(
            stage, dataset, table_name(stage.id), tuple(_column(field) for field in stage.fields)
        )
        names = [column.name for column in table.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        strange = [name for name in (table.name, *names) if IDENTIFIER.fullmatch(name) is None]
        problems += [
            f"fields.csv: {stage.id}: {name} is a column of the table mount already" for name in twice
        ]
        problems += [
            f"fields.csv: {stage.id}: {name!r} cannot be the name of a table or column" for name in strange
        ]
        tables.append(table)
    if problems:
        raise StandardDataError(problems)
    return Layout(standard.version, tuple(tables), {table.stage.id: table for table in tables})


def table_name(stage_id: str) -> str:
    """eng-tender-notice is ENG_TENDER_NOTICE."""
    return stage_id.upper().replace("-", "_")


def _column(field: Field) -> Column:
    kind, size, decimals = field.type, field.length, 0
    if kind in ("string", "text", "code"):
        kind = "text"
    elif kind == "integer" and (size is None or size > EXACT_DIGITS):
        kind = "wide"
    elif field.precision is not None:
        size, decimals = field.precision
    return Column(field.name, kind, field.zh, size, decimals)


@cache
def _datasets(directory: Path) -> dict[str, Dataset]:
    with (directory / "table_datasets.csv").open(encoding="utf-8", newline="") as file:
        return {row["stage"]: Dataset(row["data_no"], row["data_en"]) for row in csv.DictReader(file)}
