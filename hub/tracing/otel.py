"""Spans to an OpenTelemetry collector, by its own SDK, which is an extra (`hutong[otel]`) and loaded late."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hub.errors import SettingsError
from hub.tracing.spans import CLIENT, SERVER, Span


class OtelExporter:
    """Hands finished spans to a processor of the SDK, which sends them in batches beside the loop."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        trace = import_module("opentelemetry.trace")
        sdk = import_module("opentelemetry.sdk.trace")
        resources = import_module("opentelemetry.sdk.resources")
        util = import_module("opentelemetry.sdk.util.instrumentation")
        self._trace, self._readable = trace, sdk.ReadableSpan
        self._resource = resources.Resource.create({"service.name": "hutong-hub"})
        self._scope = util.InstrumentationScope("hutong")
        kinds = trace.SpanKind
        self._kinds = {SERVER: kinds.SERVER, CLIENT: kinds.CLIENT}

    def export(self, spans: list[Span]) -> None:
        for span in spans:
            self._processor.on_end(self._made(span))

    def close(self) -> None:
        self._processor.shutdown()

    def _made(self, span: Span) -> Any:
        trace = self._trace
        flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)

        def context(number: str, *, remote: bool) -> Any:
            return trace.SpanContext(int(span.trace, 16), int(number, 16), remote, flags)

        status = trace.Status(trace.StatusCode.ERROR if span.failed else trace.StatusCode.UNSET)
        return self._readable(
            name=span.name,
            context=context(span.span, remote=False),
            parent=context(span.parent, remote=span.kind == SERVER) if span.parent else None,
            resource=self._resource,
            attributes=dict(span.attributes),
            kind=self._kinds.get(span.kind, trace.SpanKind.INTERNAL),
            status=status,
            start_time=span.start,
            end_time=span.end,
            instrumentation_scope=self._scope,
        )


def open_exporter(endpoint: str) -> OtelExporter | None:
    """To the collector at `endpoint` (OTLP over HTTP); None where none is named."""
    if not endpoint:
        return None
    try:
        export = import_module("opentelemetry.sdk.trace.export")
        otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError as error:
        text = f"trace_endpoint 需要 / needs: pip install hutong[otel] ({error.name})"
        raise SettingsError(text, code="settings.missing-part") from error
    return OtelExporter(export.BatchSpanProcessor(otlp.OTLPSpanExporter(endpoint=endpoint)))
