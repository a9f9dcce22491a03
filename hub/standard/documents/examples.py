"""One record of each stage in all four bindings, and the files a vendor takes away.

The seed is fixed, so that the site is the same however often it is built; persons and codes in it are
nobody's (`hub.standard.sample`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from lxml import etree

from hub.message import CST
from hub.standard.bindings.json_control import control_schema
from hub.standard.bindings.json_schema import Part, json_schema, service_schema
from hub.standard.bindings.openapi import openapi
from hub.standard.bindings.package_names import data_path, package_name
from hub.standard.bindings.package_write import write_package
from hub.standard.bindings.soap_encode import soap_encode
from hub.standard.bindings.soap_wsdl import wsdl
from hub.standard.bindings.soap_xsd import service_xsd, stage_xsd, xsd
from hub.standard.bindings.table_cells import Cell
from hub.standard.bindings.table_codec import encode
from hub.standard.bindings.table_ddl import script, statements
from hub.standard.bindings.table_engine import ENGINES, quoted
from hub.standard.bindings.table_identity import Registration
from hub.standard.bindings.table_layout import WATERMARK, Layout, layout
from hub.standard.bindings.table_statements import inserts
from hub.standard.standard import Standard

Make = Callable[[], bytes]
SEED = 20261122
MADE = datetime(2026, 11, 22, 9, 0, 0, tzinfo=CST)
_REGISTERED = Registration("0001", "P" * 18, "S" * 18, "T" * 11, "U" * 11, "1")


def pretty(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def shown_xml(raw: bytes) -> str:
    """Indented for reading; the download has none, because white space is data."""
    root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))
    etree.indent(root)
    return etree.tostring(root, encoding="unicode")


def _literal(value: Cell) -> str:
    return "NULL" if value is None else str(value) if isinstance(value, int) else quoted(value)


class Examples:
    """What can be made for one standard."""

    def __init__(self, standard: Standard) -> None:
        self.standard, self.plan = standard, layout(standard)

    def sample(self, stage: str) -> dict[str, Any]:
        return self.standard.sample(stage, SEED)

    def soap(self, stage: str) -> bytes:
        found = soap_encode(self.standard, self.sample(stage))
        assert isinstance(found, bytes), found  # noqa: S101 - samples hold no character XML has not
        return found

    def package(self, stage: str) -> tuple[bytes, dict[str, Any], str]:
        """The zip, its manifest, and the path of the record inside."""
        out = io.BytesIO()
        name = package_name("T01", self.standard.stage(stage).category, MADE, 1)
        # Stored, not squeezed: another zlib would give other bytes.
        manifest = write_package(out, name, [self.sample(stage)], self.standard, squeeze=False)
        return out.getvalue(), manifest, data_path(stage)

    def insert(self, stage: str) -> str:
        """The statements that mount the sample, values in place for reading (programs use parameters)."""
        rows = encode(self.plan, self.sample(stage), _REGISTERED, data_key="0001" + "0" * 18)
        if isinstance(rows, tuple):
            raise TypeError(f"the sample of {stage} does not fit its table: {rows}")
        made = []
        for statement in inserts(rows, ENGINES["sqlite"]):
            head = statement.sql.partition(" VALUES ")[0]
            made.append(f"{head}\nVALUES ({', '.join(_literal(value) for value in statement.values)});\n")
        return "".join(made)

    def ddl(self, stage: str, engine: str) -> bytes:
        """The statements of one stage's table; the watermark view, which is of all tables, stays out."""
        table, plan = self.plan.of_stage[stage], self.plan
        alone = Layout(plan.version, (table,), {stage: table})
        title = f"-- {self.standard.stage(stage).zh} {table.name}, {engine}\n"
        told = statements(alone, self.standard, ENGINES[engine])
        return (title + "".join(f"{one};\n" for one in told if WATERMARK not in one)).encode("utf-8")

    def downloads(self) -> Iterator[tuple[str, Make]]:
        """(path, function that makes the bytes) of everything that can be taken away."""
        for stage in self.standard.stages:
            yield from self._of_stage(stage.id)
        for name in self.standard.services:
            yield f"schema/{name}.request.json", partial(self._service, name, "request")
            yield f"schema/{name}.reply.json", partial(self._service, name, "reply")
            yield f"xsd/{name}.xsd", partial(service_xsd, self.standard, name)
        for name in self.standard.control:
            yield f"schema/control.{name}.json", partial(self._control, name)
        yield "openapi.json", lambda: pretty(openapi(self.standard))
        yield "hutong.wsdl", partial(wsdl, self.standard)
        yield "hutong.xsd", partial(xsd, self.standard)
        for engine in ENGINES:
            yield f"ddl-{engine}.sql", partial(self._script, engine)

    def _of_stage(self, name: str) -> Iterator[tuple[str, Make]]:
        yield f"schema/{name}.json", lambda: pretty(json_schema(self.standard, name))
        yield f"xsd/{name}.xsd", partial(stage_xsd, self.standard, name)
        for engine in ENGINES:
            yield f"ddl/{name}-{engine}.sql", partial(self.ddl, name, engine)
        yield f"sample/{name}.json", lambda: pretty(self.sample(name))
        yield f"sample/{name}.xml", partial(self.soap, name)
        yield f"sample/{name}.sql", lambda: self.insert(name).encode("utf-8")
        yield f"sample/{name}.zip", lambda: self.package(name)[0]

    def _service(self, name: str, part: Part) -> bytes:
        return pretty(service_schema(self.standard, name, part))

    def _control(self, name: str) -> bytes:
        return pretty(control_schema(self.standard, name))

    def _script(self, engine: str) -> bytes:
        return script(self.plan, self.standard, ENGINES[engine]).encode("utf-8")
