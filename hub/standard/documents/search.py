"""The index that the search page reads: Chinese as pairs of characters, the rest as words.

It is written as a script that assigns one JSON value, because pages opened from a folder may not fetch files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from hub.standard.documents import places
from hub.standard.exchange import CHAPTERS
from hub.standard.standard import Standard

_CHINESE = re.compile("[㐀-鿿]+")
_WORD = re.compile("[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be found; `more` is searched but not shown."""

    path: str
    kind: str
    zh: str
    en: str
    more: str = ""


def entries(standard: Standard) -> Iterator[Entry]:
    """Stages, fields, services, code lists, codes, formats, clauses, answer codes."""
    for stage in standard.stages:
        yield Entry(places.stage(stage.id), "stage", stage.zh, f"{stage.id} {stage.en}", stage.category_zh)
        for field in stage.fields:
            told = f"{field.name} · {stage.id}"
            yield Entry(places.stage(stage.id, field.name), "field", field.zh, told, stage.zh)
    for service in standard.services.values():
        place = places.service(service.name)
        yield Entry(place, "service", service.zh, f"{service.name} {service.en}")
        for part, fields in (("request", service.request), ("reply", service.reply)):
            for row in fields:
                told = f"{row.name} · {service.name}"
                yield Entry(f"{place}#{part}-{row.name}", "field", row.zh, told, service.zh)
    for codes in standard.code_lists.values():
        yield Entry(
            places.code_list(codes.id), "code list", codes.zh, codes.id, " ".join(codes.codes.values())
        )
    for form in standard.formats.values():
        yield Entry(places.form(form.id), "format", form.zh, f"{form.id} {form.en}")
    for rule in standard.exchange.rules.values():
        yield Entry(places.rule(rule.id), "rule", rule.zh, f"{rule.id} {rule.en}", CHAPTERS[rule.chapter][0])
    for code in standard.exchange.codes.values():
        yield Entry(places.finding(code.code), "finding", code.zh, f"{code.code} {code.en}", code.remedy_zh)
    for text in standard.rules.values():
        yield Entry(
            places.finding(text.id),
            "finding",
            text.zh,
            f"{text.id} {text.en}",
            f"{text.clause} {text.advice_zh}",
        )
    for path, zh, en in PAGES:
        yield Entry(path, "page", zh, en)


PAGES = (
    ("index.html", "首页:五个技术部分与数据标准", "start page: five technical parts and the data standard"),
    ("receipts.html", "回执状态图", "receipt states diagram"),
    ("flow.html", "招标流程图", "tender flow diagram"),
    ("disclosure.html", "谁可以知道何时知道 公开 封存 屏蔽 上链", "who may know what when: disclosure"),
    ("crosswalk.html", "与国家数据集对照", "crosswalk to national datasets"),
    ("notices.html", "公告公示模板", "notice templates"),
    ("official.html", "缺少的正式文本", "missing official texts"),
    ("changes.html", "变更记录", "change log"),
    ("downloads.html", "下载 Postman Apifox OpenAPI WSDL XSD DDL", "downloads"),
    ("control.html", "第三方系统控制接口", "control interface of third-party systems"),
)


def words(text: str) -> set[str]:
    """What a text is found by; the script of the search page must cut in the same way."""
    found = set(_WORD.findall(text.lower()))
    for run in _CHINESE.findall(text):
        found |= {run[place : place + 2] for place in range(len(run) - 1)} or {run}
    return found


def index(standard: Standard) -> bytes:
    """`HUTONG_SEARCH = {"docs": [[path, kind, zh, en]], "words": {word: [numbers]}}`."""
    docs, found = [], dict[str, list[int]]()
    for number, entry in enumerate(entries(standard)):
        docs.append([entry.path, entry.kind, entry.zh, entry.en])
        for word in words(f"{entry.zh} {entry.en} {entry.more}"):
            found.setdefault(word, []).append(number)
    value = {"docs": docs, "words": dict(sorted(found.items()))}
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f"window.HUTONG_SEARCH={text};\n".encode()
