"""One trace follows a request through outbox, wire and inbox into the consumer's work."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.contracts.event import Event
from shared.contracts.intake import ComplaintWithdrawn
from shared.contracts.topics import TOPICS
from shared.correlation import current_correlation
from shared.database import Database
from shared.settings import CoreSettings, ServiceSettings
from shared.transport.in_process import InProcessTransport
from tests.service.shared.small_service import build
from tests.support.delivery import empty_delivery_database
from tests.support.servers import Databases
from tests.support.waiting import until


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    """Collect the spans of this process; a provider can be set only once."""
    collected = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(collected))
    return collected


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Iterator[InMemorySpanExporter]:
    exporter.clear()
    yield exporter
    exporter.clear()


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.name == name]


def ancestors(spans: InMemorySpanExporter, span: ReadableSpan) -> list[int]:
    """Return the ids above a span, nearest first; FastAPI has spans of its own in between."""
    by_id = {each.context.span_id: each for each in spans.get_finished_spans() if each.context}
    found = []
    present: ReadableSpan | None = span
    while present is not None and present.parent is not None:
        found.append(present.parent.span_id)
        present = by_id.get(present.parent.span_id)
    return found


async def test_one_trace_from_the_request_to_the_consumer(
    machinery_url: str, databases: Databases, tmp_path: Path, spans: InMemorySpanExporter
) -> None:
    await (await empty_delivery_database(machinery_url)).close()
    seen: list[tuple[str | None, str]] = []

    async def handle(_unit: Any, event: Event) -> None:
        story = current_correlation()
        seen.append((story.causation_id, story.correlation_id))

    bus = Database(await databases.empty())
    transport = InProcessTransport(bus, {topic.name: topic.partitions for topic in TOPICS})
    core = CoreSettings(home=tmp_path, relay_poll_seconds=0.02)
    settings = ServiceSettings(database_url=machinery_url, core=core)
    async with build(settings, transport, handlers={ComplaintWithdrawn: handle}) as small:
        caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        response = await small.client.post(
            "/sla/v1/things",
            json={"name": "a"},
            headers={"traceparent": caller, "X-Request-Id": "permintaan-9"},
        )
        assert response.status_code == 201
        await until(lambda: seen)
        await until(lambda: named(spans, "ComplaintWithdrawn process"))
        health = small.service.subscription
        assert health is not None
        await until(lambda: health.health().lag == 0)
    await bus.close()
    (request,) = named(spans, "POST sla")
    (process,) = named(spans, "ComplaintWithdrawn process")
    assert request.context is not None
    assert process.context is not None
    assert f"{request.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert process.context.trace_id == request.context.trace_id
    assert request.context.span_id in ancestors(spans, process)
    ((causation, correlation),) = seen
    assert correlation == "permintaan-9"
    assert causation is not None


async def test_problem_names_the_trace(
    machinery_url: str, tmp_path: Path, spans: InMemorySpanExporter
) -> None:
    settings = ServiceSettings(database_url=machinery_url, core=CoreSettings(home=tmp_path))
    async with build(settings) as small:
        answer = await small.client.get("/sla/v1/nothing")
    (request,) = named(spans, "GET sla")
    assert request.context is not None
    assert answer.json()["trace_id"] == f"{request.context.trace_id:032x}"
