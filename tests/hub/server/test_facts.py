"""What anybody may know, and that nothing sealed is in it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from hub import standard

PUBLIC = (
    "/",
    "/v1/status",
    "/metrics",
    "/directory",
    "/vendor",
    "/centre",
    "/v1/systems",
    "/console/live.json",
    "/readyz",
    "/healthz",
)


async def test_systems_standard_and_life_signs(world: Any) -> None:
    status, text = await world.get("/v1/systems")
    rows = json.loads(text)["systems"]
    assert status == 200
    assert len(rows) == json.loads(text)["count"] == 135
    states = {row["id"]: row["state"] for row in rows}
    assert states["D01"] == "online"
    assert {states[f"T0{n}"] for n in range(1, 6)} == {"none"}
    stats = json.loads((await world.get("/v1/standard"))[1])
    assert (stats["stages"], stats["fields"]) == (51, 880)
    stage = json.loads((await world.get("/v1/standard/eng-tender-notice"))[1])
    assert stage["id"] == "eng-tender-notice"
    assert "by_name" not in stage
    assert (await world.get("/v1/standard/nothing"))[0] == 404
    assert json.loads((await world.get("/healthz"))[1])["alive"] is True
    assert json.loads((await world.get("/readyz"))[1])["ready"] is True


async def test_draining_is_not_ready(world: Any) -> None:
    world.running.ctx.edge.draining = True
    status, text = await world.get("/readyz")
    assert (status, json.loads(text)["code"]) == (503, "hub.draining")


async def test_no_such_path_and_wrong_method_are_problems(world: Any) -> None:
    status, text = await world.get("/v1/nothing")
    assert (status, json.loads(text)["code"]) == (404, "not-found")
    async with world.http.delete(world.url + "/v1/messages") as reply:
        assert reply.status == 405
        assert "POST" in reply.headers["Allow"]
        assert (await reply.json(content_type=None))["code"] == "method"


def shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


async def test_openapi_describes_the_table_and_types_every_message(world: Any) -> None:
    from openapi_spec_validator import validate

    from hub.server.table import ROUTES

    document = json.loads((await world.get("/openapi.json"))[1])
    validate(document)
    described = {(method.upper(), shape(path)) for path, row in document["paths"].items() for method in row}
    services = {("POST", f"/v1/services/{name}") for name in standard.load().services}
    table = {(r.method, shape(r.path)) for r in ROUTES if not r.page and r.method != "*"}
    assert described == (table - {("POST", "/v1/services/{}")}) | services
    for path, row in document["paths"].items():
        for operation in row.values():
            names = {p["name"] for p in operation.get("parameters", ()) if p.get("in") == "path"}
            assert names == set(re.findall(r"\{([^}]*)\}", path))


async def test_every_described_get_answers_as_described(world: Any) -> None:
    document = json.loads((await world.get("/openapi.json"))[1])
    for path, row in document["paths"].items():
        if "get" in row:
            asked = (
                path.replace("{stage}", "eng-tender-notice")
                .replace("{hub_id}", "x")
                .replace("{hubId}", "x")
                .replace("{system}", "x")
            )
            status, _ = await world.get(asked + ("?wsdl" if path == "/soap" else ""))
            assert str(status) in row["get"]["responses"], path


async def test_metrics_are_prometheus_text(world: Any) -> None:
    await world.post(b"x" * 10, Content_Type="text/plain")
    status, text = await world.get("/metrics")
    assert status == 200
    assert 'hutong_edge_refused_total{code="body.media-type"} 1' in text
    for code in ("bid.time-unproved", "ca.platform-keys", "provider.away"):
        world.running.ctx.edge.note(503, code)
    assert (await world.get("/metrics"))[1].count("edge_refused_total{") == 1, "of no room that keeps silent"
    for line in text.splitlines():
        assert line.startswith("# TYPE ") or float(line.rsplit(" ", 1)[1]) >= 0
    types = [line for line in text.splitlines() if line.startswith("#")]
    assert len(types) == len(set(types))


@pytest.mark.parametrize("stage", ["eng-bidder-list", "eng-bid-margin", "eng-bid-fingerprint"])
async def test_sealed_traffic_changes_no_page_and_no_metric(world: Any, stage: str) -> None:
    """What the public sees before and after a bidder's sealed message is the same, byte for byte."""
    world.clock  # noqa: B018 - the sender's time is real: the record stays sealed until an opening

    async def seen() -> dict[str, str]:
        texts = {path: (await world.get(path))[1] for path in PUBLIC}
        texts["/console/live.json"] = json.dumps({**json.loads(texts["/console/live.json"]), "time": ""})
        lines = texts["/metrics"].splitlines()
        texts["/metrics"] = "\n".join(line for line in lines if not line.startswith("process_"))
        return texts

    before = await seen()
    sent = world.signed(stage=stage)
    status, body, _ = await world.post(sent)
    assert status == 202, body
    assert await seen() == before
    hub_id = body["hubId"]
    assert await world.asked("centre", "GET", f"/v1/messages/{hub_id}") == await world.asked(
        "centre", "GET", "/v1/messages/01900000-0000-7000-8000-000000000000"
    )
    assert (await world.asked("P01", "GET", f"/v1/messages/{hub_id}"))[0] == 200
    listed = await world.asked("centre", "GET", "/v1/outbox")
    assert hub_id not in json.dumps(listed[1])


async def test_the_outbox_is_the_centres(world: Any) -> None:
    status, body = await world.asked("P01", "GET", "/v1/outbox")
    assert (status, body["code"]) == (403, "auth.forbidden")
    status, body = await world.asked("centre", "GET", "/v1/outbox")
    assert status == 200
    assert isinstance(body["deliveries"], list)
    assert (await world.asked("centre", "POST", "/v1/outbox/retry", {"ids": []}))[0] == 422
    assert (await world.asked("centre", "POST", "/v1/outbox/retry", {"ids": [10**9]}))[1] == {"retried": 0}
    assert (await world.asked("centre", "POST", "/v1/outbox/replay", {"recever": "D01"}))[0] == 422
    assert (await world.asked("centre", "POST", "/v1/outbox/replay", {"receiver": "D01"}))[1] == {
        "replayed": 0
    }
