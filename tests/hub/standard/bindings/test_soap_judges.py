"""The WSDL in the hands of others: zeep, npm soap and wsimport read it and carry messages through."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from hub.message import Key, sign
from hub.standard import Standard
from hub.standard.bindings import soap_xsd
from hub.standard.bindings.soap_decode import soap_decode
from hub.standard.bindings.soap_encode import message_element, operation, soap_encode
from hub.standard.bindings.soap_names import NS, SOAP11
from hub.standard.bindings.soap_wsdl import wsdl
from hub.standard.bindings.soap_xsd import operations

# Short runs of a JVM: no optimising compiler.
QUICK = os.environ | {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dfile.encoding=UTF-8"}
# The JDK's Xerces counts UTF-16 units, not characters as XML Schema asks, unless told otherwise.
CODE_POINTS = "-Dcom.sun.org.apache.xerces.internal.impl.dv.xs.useCodePointCountForStringLength=true"
JARS = (
    "jaxb-api", "jaxb-runtime", "jaxb-core", "jaxb-impl", "javax.activation", "jaxws-api", "jws-api", "txw2",
    "istack-commons-runtime", "javax.xml.soap-api",
)  # fmt: skip
JAVA = Path(__file__).parents[3] / "java"
KEY = Key("T01-k1", "T01", "hmac-sm3", b"k" * 32)
ODD = "𠀀𪛖]]>&<\"' 000120\n第二行"


@pytest.fixture(scope="module")
def contract(standard: Standard, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wsdl") / "hutong.wsdl"
    path.write_bytes(wsdl(standard))
    return path


@pytest.fixture(scope="module")
def messages(standard: Standard, asked: Callable[..., Any]) -> list[dict[str, Any]]:
    """A record of every stage with odd text in it, and a request of every service."""
    found = []
    for stage in standard.stages:
        envelope = standard.sample(stage.id, 9)
        for field in stage.fields:
            if field.type in ("string", "text") and not (field.fixed or field.format or field.code_list):
                envelope["body"]["fields"][field.name] = ODD[: field.length]
        found.append(sign(filled(envelope), KEY))
    found += [sign(filled(asked(name, full=True)), KEY) for name in standard.services]
    return found


def filled(envelope: dict[str, Any]) -> dict[str, Any]:
    """Without empty containers: toolkits write those as nothing, so their users leave them out, then sign."""
    body = envelope["body"]
    return {**envelope, "body": {name: one for name, one in body.items() if one or name == "fields"}}


def test_zeep_carries_every_message(
    standard: Standard, contract: Path, messages: list[dict[str, Any]]
) -> None:
    zeep = pytest.importorskip("zeep")
    client = zeep.Client(str(contract))
    ports = client.wsdl.services["HutongStandard"].ports
    assert {len(port.binding.all()) for port in ports.values()} == {len(operations(standard))}
    for envelope in messages:
        head = envelope["head"]
        name, _, _ = operation(standard, head["msgType"], head.get("stage"))
        element = message_element(standard, envelope)
        assert isinstance(element, etree._Element)
        kind = client.get_element(f"{{{NS}}}{name}")
        understood = kind.parse(element, client.wsdl.types)
        again = etree.Element("again")
        kind.render(again, understood)
        assert soap_decode(standard, wrapped(again[0])) == envelope, name


def wrapped(element: etree._Element) -> bytes:
    root = etree.Element(f"{{{SOAP11.namespace}}}Envelope")
    etree.SubElement(root, f"{{{SOAP11.namespace}}}Body").append(element)
    out = io.BytesIO()
    etree.ElementTree(root).write(out, encoding="utf-8")
    return out.getvalue()


def test_node_soap_carries_every_message(
    standard: Standard, contract: Path, messages: list[dict[str, Any]], node: Callable[..., Any]
) -> None:
    raws = [soap_encode(standard, one) for one in messages]
    given = [raw.decode("utf-8") for raw in raws if isinstance(raw, bytes)]
    told = node("soap_judge.cjs", given, str(contract))
    assert told["operations"] == [len(operations(standard))] * 2
    for envelope, again in zip(messages, told["again"], strict=True):
        assert soap_decode(standard, again.encode("utf-8")) == envelope


def test_wsimport_makes_classes_of_all(
    standard: Standard, contract: Path, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    place = str(tmp_path)
    command = [tool("wsimport"), "-Xnocompile", "-keep", "-s", place, "-d", place, str(contract)]
    done = subprocess.run(command, capture_output=True, text=True, env=QUICK, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[:1500]
    assert "[ERROR]" not in done.stdout + done.stderr
    port = next(tmp_path.rglob("Standard.java")).read_text("utf-8")
    assert port.count("@WebMethod") == len(operations(standard))
    assert port.count("@RequestWrapper") == len(operations(standard)), "wrapped, as published"


def test_java_classes_carry_messages(
    standard: Standard, messages: list[dict[str, Any]], tmp_path: Path, tool: Callable[[str], str]
) -> None:
    """Classes of a smaller contract, made by wsimport, filled by JAXB under Xerces, and written again."""
    chosen = messages[:51:10] + messages[51::15]
    elements = [message_element(standard, one) for one in chosen]
    roots = [one for one in elements if isinstance(one, etree._Element)]
    names = {etree.QName(root).localname for root in roots}
    contract, schema, place = tmp_path / "part.wsdl", tmp_path / "part.xsd", tmp_path / "classes"
    contract.write_bytes(wsdl(standard, only=names))
    schema.write_bytes(etree.tostring(soap_xsd.schema(standard, names)))
    place.mkdir()
    for number, root in enumerate(roots):
        (tmp_path / f"{number}.xml").write_bytes(etree.tostring(root, encoding="utf-8"))
    jars = os.pathsep.join(str(jar) for jar in jar_paths())

    def java(*command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, env=QUICK, timeout=120, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[:1500]

    java(
        tool("wsimport"),
        "-Xnocompile",
        "-keep",
        "-p",
        "typed",
        "-s",
        str(place),
        "-d",
        str(place),
        str(contract),
    )
    sources = [str(path) for path in (place / "typed").glob("*.java")] + [str(JAVA / "JaxbJudge.java")]
    java(
        tool("javac"), "-nowarn", "-encoding", "UTF-8", "-proc:none", "-cp", jars, "-d", str(place), *sources
    )
    java(
        tool("java"),
        CODE_POINTS,
        "-cp",
        f"{place}{os.pathsep}{jars}",
        "JaxbJudge",
        "typed",
        str(schema),
        str(tmp_path),
    )
    for number, envelope in enumerate(chosen):
        again = etree.fromstring((tmp_path / f"{number}.xml.again").read_bytes())
        assert soap_decode(standard, wrapped(again)) == envelope


def jar_paths() -> list[Path]:
    found = [Path("/usr/share/java") / f"{name}.jar" for name in JARS]
    absent = [path for path in found if not path.is_file()]
    if absent:
        pytest.skip(f"jars are missing: {absent}") if not os.environ.get("CI") else pytest.fail(str(absent))
    return found
