"""A caller's own WSDL over HTTP, as zeep reads it, and nobody else's business."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import zeep

from adapters.asmx_parasxml import DIALECT as ASMX
from adapters.soap11_wsse import DIALECT as WSSE
from adapters.static_token_rest import DIALECT as REST
from hub import catalogue
from hub.catalogue.papers import Papers
from hub.dialects import Found

FOUND = Found({"soap11-wsse": WSSE, "asmx-parasxml": ASMX, "static-token-rest": REST}, {})
SYSTEM = {name: catalogue.load().by_dialect[name][0].id for name in FOUND.loaded}
WSDLS = ["soap11-wsse", "asmx-parasxml"]


@pytest.fixture
async def world(make_world: Any) -> Any:
    made = await make_world(found=FOUND)
    listed(made, "127.0.0.1")
    return made


def listed(world: Any, allow: str) -> None:
    text = "".join(f'[systems.{system}]\nallow_from = ["{allow}"]\n' for system in SYSTEM.values())
    (world.data / "peers.toml").write_text(text, "utf-8")


def at(world: Any, dialect: str) -> str:
    service = Papers.load(dialect).facts["paths"].get("service", "/rest/gcxm/push")
    return f"{world.url}/in/{SYSTEM[dialect]}{service}"


async def status(world: Any, url: str) -> int:
    async with world.http.get(url) as reply:
        return int(reply.status)


@pytest.mark.parametrize("dialect", WSDLS)
@pytest.mark.parametrize("query", ["wsdl", "WSDL", "wsdl="])
async def test_zeep_loads_it_and_would_call_us(world: Any, dialect: str, query: str) -> None:
    address = at(world, dialect)
    client = await asyncio.to_thread(zeep.Client, f"{address}?{query}")
    services = list(client.wsdl.services.values())
    ports = [port for service in services for port in service.ports.values()]
    assert {port.binding_options["address"] for port in ports} == {address}
    operations = {name for port in ports for name in port.binding._operations}
    wanted = set(Papers.load(dialect).facts["operations"].values())
    assert wanted <= operations


async def test_a_call_made_from_the_contract_comes_in_and_is_answered_in_the_dialect(world: Any) -> None:
    client = await asyncio.to_thread(zeep.Client, f"{at(world, 'asmx-parasxml')}?wsdl")
    said = await asyncio.to_thread(client.service.SaveXMDJ, "no-such-token", "<x/>")
    assert "Code" in said
    assert "ReturnInfo" in said


@pytest.mark.parametrize("dialect", WSDLS)
async def test_no_address_of_the_papers_is_left(world: Any, dialect: str) -> None:
    for query in ("wsdl", "xsd=exchange.xsd"):
        async with world.http.get(f"{at(world, dialect)}?{query}") as reply:
            text = await reply.text()
        assert "10.20." not in text
        assert "//localhost" not in text


async def test_what_is_not_there_is_404(world: Any) -> None:
    wsse = at(world, "soap11-wsse")
    assert await status(world, f"{wsse}?wsdl") == await status(world, f"{wsse}?xsd=exchange.xsd") == 200
    for query in ("xsd=other.xsd", "xsd=../dialect.toml", "xsd=dialect.toml", "xsd=exchange.wsdl", "xsd="):
        assert await status(world, f"{wsse}?{query}") == 404, query
    assert await status(world, f"{wsse}/more?wsdl") == 404
    assert await status(world, f"{world.url}/in/{SYSTEM['soap11-wsse']}?wsdl") == 404
    assert await status(world, f"{at(world, 'asmx-parasxml')}?xsd=exchange.xsd") == 404
    assert await status(world, f"{at(world, 'static-token-rest')}?wsdl") == 404
    assert await status(world, wsse.replace(SYSTEM["soap11-wsse"], "Q99") + "?wsdl") == 404


async def test_only_listed_addresses_see_it(world: Any) -> None:
    address = f"{at(world, 'soap11-wsse')}?wsdl"
    listed(world, "10.9.8.0/24")
    assert await status(world, address) == 404
