"""One trace from the caller through the hub to the receiver; nothing of what is sealed leaves in a span."""

from __future__ import annotations

from typing import Any

import pytest
from core_kit import CENTRE, Bench, until

from hub.engine import Reader
from hub.tracing.context import current, parse

sdk = pytest.importorskip("opentelemetry.sdk.trace.export")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{SPAN}-01"


def listening(hub: Any) -> Any:
    from hub.tracing.otel import OtelExporter

    seen = memory.InMemorySpanExporter()
    hub.tracer._exporter = OtelExporter(sdk.SimpleSpanProcessor(seen))
    return seen


def overhear(bench: Bench) -> list[tuple[str, str]]:
    """Which trace each receiver is called in."""
    heard: list[tuple[str, str]] = []
    send = bench.transport.send

    async def listened(system: str, *rest: Any) -> Any:
        context = current.get()
        heard.append((system, context.header if context else ""))
        return await send(system, *rest)

    bench.transport.send = listened  # type: ignore[method-assign]
    return heard


async def asked(bench: Bench, hub: Any, record: Any, header: str = GIVEN) -> Any:
    with hub.tracer.request("hutong.receive", parse(header)):
        return await hub.submit(bench.signed(record))


async def test_the_callers_trace_goes_through_to_the_receiver_and_outlives_a_restart(tmp_path):
    bench = Bench(tmp_path)
    bench.transport.behave["D09"] = lambda said: {"kind": "retry"}
    hub = await bench.open("T01")
    seen, heard = listening(hub), overhear(bench)
    answer = await asked(bench, hub, bench.record("eng-project"))
    await until(lambda: any(system == "D09" for system, _ in heard))
    await hub.drain()
    spans = {span.name: span for span in seen.get_finished_spans()}
    assert set(spans) == {"hutong.receive", "hutong.checks", "hutong.commit", "hutong.deliver"}
    assert {f"{span.context.trace_id:032x}" for span in spans.values()} == {TRACE}
    root = spans["hutong.receive"]
    assert f"{root.parent.span_id:016x}" == SPAN and root.kind.name == "SERVER"
    assert root.attributes["hutong.hub_id"] == answer.data["hubId"]
    for name in ("hutong.checks", "hutong.commit", "hutong.deliver"):
        assert spans[name].parent.span_id == root.context.span_id, name
        assert root.start_time <= spans[name].start_time <= spans[name].end_time
    called = parse(dict(heard)["D09"])
    assert called is not None and called.trace == TRACE
    heard.clear()
    bench.transport.behave.clear()
    bench.clock.on(60)
    hub = await bench.open()
    await until(lambda: hub.trace(CENTRE, answer.data["hubId"])["state"] == "delivered")
    assert {parse(header).trace for system, header in heard if system == "D09"} == {TRACE}
    await hub.drain()


async def test_nothing_of_a_sealed_or_refused_message_is_told(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    for stage in ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice"):
        assert (await bench.send(hub, stage)).data["receiptState"] == "accepted"
    await until(lambda: not hub.outbox(CENTRE, "waiting"))
    seen = listening(hub)
    ids = []
    for stage in ("eng-bidder-list", "eng-bid-margin", "eng-bid-fingerprint"):
        record = bench.record(stage, bidder=0, key=stage, msgId=stage)
        answer = await asked(bench, hub, record)
        assert answer.data["receiptState"] == "accepted"
        ids.append(answer.data["hubId"])
    broken = bench.record("eng-bidder-list", bidder=1, msgId="broken", fields={"BIDDER_ORG_CODE": ""})
    assert (await asked(bench, hub, broken)).status == 422
    assert not seen.get_finished_spans()
    opened = await bench.send(hub, "eng-bid-opening")
    assert opened.data["receiptState"] == "accepted"
    await until(lambda: hub.trace(CENTRE, ids[0])["state"] == "delivered")
    sent = {span.attributes.get("hutong.hub_id") for span in seen.get_finished_spans()}
    assert not sent & set(ids), "the times of what was sealed are not told later either"
    assert hub.trace(Reader("T01"), ids[0]) is not None
    await hub.drain()


async def test_without_an_exporter_and_without_a_header_nothing_is_stored(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    answer = await asked(bench, hub, bench.record("eng-project"), header="nonsense")
    row = hub._parts.index.by_hub_id(answer.data["hubId"])
    assert "trace" not in hub._parts.reading.journal.heads(row.seq - 1, 1)[0].facts
    await hub.drain()


async def test_a_caller_that_does_not_sample_is_passed_on_and_not_measured(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    seen, heard = listening(hub), overhear(bench)
    await asked(bench, hub, bench.record("eng-project"), header=GIVEN[:-2] + "00")
    await until(lambda: any(system == "D09" for system, _ in heard))
    assert parse(dict(heard)["D09"]).header.endswith("-00")
    await hub.drain()
    assert not seen.get_finished_spans()


def test_a_collector_without_the_extra_stops_the_start(monkeypatch):
    import importlib

    from hub.errors import SettingsError
    from hub.tracing import otel

    def missing(name: str) -> Any:
        raise ImportError(name, name=name)

    assert otel.open_exporter("") is None
    monkeypatch.setattr(otel, "import_module", missing)
    with pytest.raises(SettingsError, match=r"hutong\[otel\]"):
        otel.open_exporter("http://127.0.0.1:4318/v1/traces")
    assert importlib.import_module("hub.tracing.otel") is otel
