"""What each page shows: path, template, and a function that gathers its values when the page is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from hub.standard.documents import drawing, notices, outside, rows
from hub.standard.documents.examples import Examples, pretty, shown_xml
from hub.standard.exchange import CHAPTERS
from hub.standard.model import Service, ServiceField, Stage
from hub.standard.standard import Standard

Values = Mapping[str, Any]
Page = tuple[str, str, Callable[[], Values]]
_FILLED = re.compile(r"\{[a-z_]+\}")
SEALING = ("openness", "personal", "sealed_until", "secret", "on_chain", "mask")


def pages(standard: Standard, examples: Examples) -> Iterator[Page]:
    """Every page once, without language."""
    common = {"standard": standard, "parts": rows.own("parts.csv")}
    for part in rows.own("parts.csv"):
        yield f"part-{part['id']}.html", "part.html", partial(_part, common, standard, part)
    for stage in standard.stages:
        yield f"stages/{stage.id}.html", "stage.html", partial(_stage, common, standard, examples, stage)
    for service in standard.services.values():
        yield f"services/{service.name}.html", "service.html", partial(_service, common, standard, service)
    for name in standard.code_lists:
        yield f"codes/{name}.html", "code.html", partial(_codes, common, standard, name)
    for path, template, more in _single(standard, examples):
        yield path, template, partial(_with, common, more)


def _with(common: Values, more: Callable[[], Values]) -> Values:
    return {**common, **more()}


def _single(standard: Standard, examples: Examples) -> Iterator[Page]:
    exchange = standard.exchange
    yield "index.html", "index.html", partial(_start, standard)
    yield "data.html", "data.html", lambda: {"provenance": rows.by("code_lists.csv", "id")}
    yield "stages/index.html", "stages.html", dict
    yield "services/index.html", "services.html", dict
    yield "services/types.html", "types.html", lambda: {"users": _users(standard)}
    yield "codes/index.html", "codes.html", partial(_code_index, standard)
    yield (
        "formats.html",
        "formats.html",
        lambda: {"rows": rows.by("formats.csv", "id"), "users": _forms(standard)},
    )
    yield "exchange.html", "exchange.html", lambda: {"chapters": CHAPTERS, "exchange": exchange}
    yield "findings.html", "findings.html", lambda: {"exchange": exchange, "plain": _plain}
    yield "receipts.html", "receipts.html", lambda: {
        "drawing": drawing.receipts(exchange), "wide": drawing.WIDE, "high": drawing.HIGH,
        "exchange": exchange,
    }  # fmt: skip
    yield "flow.html", "flow.html", lambda: {
        "drawing": drawing.tender(standard), "wide": drawing.BOX_WIDE, "high": drawing.BOX_HIGH,
    }  # fmt: skip
    yield "disclosure.html", "disclosure.html", lambda: {"rows": rows.by("stage_policy.csv", "stage")}
    yield "crosswalk.html", "crosswalk.html", lambda: {"rows": rows.by("stages.csv", "id")}
    yield "notices.html", "notices.html", lambda: {"notices": notices.notices(standard, examples)}
    yield "official.html", "official.html", lambda: {"texts": rows.own("official.csv")}
    yield "changes.html", "changes.html", lambda: {"changes": rows.own("changes.csv")}
    yield "control.html", "control.html", dict
    yield "downloads.html", "downloads.html", lambda: {"engines": ("postgresql", "sqlite")}
    yield "search.html", "search.html", dict


def _plain(text: str) -> str:
    """A sentence of a rule without the names of what the finding fills in."""
    return _FILLED.sub("…", text)


def _start(standard: Standard) -> Values:
    return {
        "fields": sum(len(stage.fields) for stage in standard.stages),
        "clause_count": len(standard.exchange.rules),
        "missing": len(rows.own("official.csv")),
    }


def _part(common: Values, standard: Standard, part: rows.Cells) -> Values:
    families, chosen = part["families"].split(";"), part["stages"].split(";")
    return {
        **common,
        "part": part,
        "services": [one for one in standard.services.values() if one.family in families],
        "stages": [one for one in standard.stages if part["stages"] == "*" or one.id in chosen],
        "chapters": [
            (name, *CHAPTERS[name], standard.exchange.chapter(name)) for name in part["chapters"].split(";")
        ],
    }


def _stage(common: Values, standard: Standard, examples: Examples, stage: Stage) -> Values:
    data, manifest, record = examples.package(stage.id)
    carried = [one for one in standard.services.values() if stage.id in one.carries or "*" in one.carries]
    return {
        **common,
        "stage": stage,
        "row": rows.by("stages.csv", "id")[(stage.id,)],
        "policy": rows.by("stage_policy.csv", "stage")[(stage.id,)],
        "field_rows": {field.name: rows.by("field_policy.csv", "stage", "field")[(stage.id, field.name)]
                       for field in stage.fields},
        "columns": SEALING,
        "conditions": [one for one in standard.conditions if one.stage == stage.id],
        "carried": carried,
        "receivers": outside.receivers().get(stage.id, ()),
        "systems": outside.systems(),
        "json": pretty(examples.sample(stage.id)).decode("utf-8"),
        "soap": shown_xml(examples.soap(stage.id)),
        "sql": examples.insert(stage.id),
        "manifest": pretty(manifest).decode("utf-8"),
        "zip_size": len(data),
        "record_path": record,
    }  # fmt: skip


def _service(common: Values, standard: Standard, service: Service) -> Values:
    notes = rows.by("service_fields.csv", "owner", "part", "name")
    return {
        **common,
        "service": service,
        "row": rows.by("services.csv", "name")[(service.name,)],
        "systems": outside.systems(),
        "notes": {key[1:]: row for key, row in notes.items() if key[0] == service.name},
        "errors": {one.code: one for one in service.errors},
    }


def _codes(common: Values, standard: Standard, name: str) -> Values:
    used = [(stage, field) for stage in standard.stages for field in stage.fields if field.code_list == name]
    return {
        **common,
        "codes": standard.code_lists[name],
        "row": rows.by("code_lists.csv", "id")[(name,)],
        "rows": rows.by("codes.csv", "list", "code"),
        "used": used,
    }


def _code_index(standard: Standard) -> Values:
    used: dict[str, int] = {}
    for stage in standard.stages:
        for field in stage.fields:
            if field.code_list:
                used[field.code_list] = used.get(field.code_list, 0) + 1
    return {"used": used}


def _forms(standard: Standard) -> dict[str, list[tuple[Stage, str]]]:
    found: dict[str, list[tuple[Stage, str]]] = {}
    for stage in standard.stages:
        for field in stage.fields:
            if field.format:
                found.setdefault(field.format, []).append((stage, field.name))
    return found


def _users(standard: Standard) -> dict[str, list[str]]:
    """Which services and types name a common type."""
    found: dict[str, list[str]] = {}

    def look(owner: str, fields: tuple[ServiceField, ...]) -> None:
        for row in fields:
            for name in (row.ref, row.item):
                if name in standard.types and owner not in found.setdefault(str(name), []):
                    found[str(name)].append(owner)

    for service in standard.services.values():
        look(service.name, (*service.request, *service.reply))
    return found
