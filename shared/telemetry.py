"""OpenTelemetry: one trace follows a complaint over HTTP, outbox, wire and inbox."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("tanggap")


def export_traces(service: str, endpoint: str) -> TracerProvider:
    """Send this process's spans to an OTLP/HTTP endpoint from now on."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)
    return provider


def current_traceparent() -> str | None:
    """Return the W3C traceparent of the present span, or None outside any trace."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def current_trace_id() -> str | None:
    """Return the present trace id as 32 hexadecimal digits, or None outside any trace."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


@contextmanager
def span(
    name: str, *, traceparent: str | None = None, kind: SpanKind = SpanKind.INTERNAL
) -> Iterator[trace.Span]:
    """Work under a span; with a traceparent, as a child of the span that it names."""
    parent = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    started = _tracer.start_span(name, context=parent, kind=kind)
    if not started.get_span_context().is_valid:
        # Nothing is exported and nobody upstream traces: making it the present span, which costs
        # as much as a small handler, would change nothing.
        yield started
        return
    with trace.use_span(started, end_on_exit=True):
        yield started
