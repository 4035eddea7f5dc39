"""Prometheus: one registry per service, and gauges that are read from its database.

Histograms and counters are the process's own and are summed over instances; gauges come from the
database, so every replica shows the same (dashboards take `max without (instance)`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import monotonic

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import text

from shared.clock import Clock
from shared.database import Database

log = structlog.get_logger(__name__)

HTTP_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


@dataclass(frozen=True, slots=True)
class GaugeQuery:
    """A gauge whose samples are rows: the labels' columns in order, then the value.

    `sql` may use `:now`.
    """

    name: str
    description: str
    sql: str
    labels: tuple[str, ...] = ()


DELIVERY_GAUGES: tuple[GaugeQuery, ...] = (
    GaugeQuery(
        "tanggap_outbox_unpublished",
        "Events that wait in the outbox.",
        "SELECT count(*) FROM outbox WHERE published_at IS NULL",
    ),
    GaugeQuery(
        "tanggap_outbox_oldest_seconds",
        "Age of the oldest event that waits in the outbox.",
        """SELECT coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(time)), 0)
        FROM outbox WHERE published_at IS NULL""",
    ),
    GaugeQuery(
        "tanggap_inbox_parked",
        "Events that wait for an earlier one of their complaint.",
        "SELECT count(*) FROM parked",
    ),
    GaugeQuery(
        "tanggap_inbox_dead",
        "Events that failed for good and wait for a person (`tanggap replay`).",
        "SELECT count(*) FROM dead_letter",
    ),
)


class DatabaseGauges(Collector):
    """Gauges of one service, read at most every few seconds however often they are scraped."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        service: str,
        queries: Sequence[GaugeQuery],
        max_age_seconds: float,
    ) -> None:
        """The label `service` is added to every sample."""
        self._database = database
        self._clock = clock
        self._service = service
        self._queries = queries
        self._max_age = max_age_seconds
        self._read_at: float | None = None
        self._families: list[GaugeMetricFamily] = []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return what was read last."""
        return self._families

    async def refresh(self) -> None:
        """Read again if the last reading is too old; a database that is away leaves no samples."""
        if self._read_at is not None and monotonic() - self._read_at < self._max_age:
            return
        now = self._clock.now()
        families = []
        try:
            async with self._database.transaction() as connection:
                for query in self._queries:
                    rows = (await connection.execute(text(query.sql), {"now": now})).all()
                    families.append(self._family(query, rows))
            self._read_at = monotonic()
        except Exception as error:  # noqa: BLE001 - a scrape must not fail with the database
            log.warning("gauges_not_read", error=repr(error)[:200])
            families = []
        self._families = families

    def _family(self, query: GaugeQuery, rows: Sequence[Sequence[object]]) -> GaugeMetricFamily:
        family = GaugeMetricFamily(query.name, query.description, labels=["service", *query.labels])
        for *labels, value in rows:
            family.add_metric(
                [self._service, *("" if label is None else str(label) for label in labels)],
                float(str(value)),
            )
        return family


class LiveGauges(Collector):
    """Gauges that a function of this process answers at each scrape."""

    def __init__(self, service: str, read: Callable[[], dict[tuple[str, str], float]]) -> None:
        """`read` maps (name, description) to the present value."""
        self._service = service
        self._read = read

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Ask for the present values."""
        for (name, description), value in self._read().items():
            family = GaugeMetricFamily(name, description, labels=["service"])
            family.add_metric([self._service], value)
            yield family


class ServiceMetrics:
    """The registry of one service, and the metrics that all services have."""

    def __init__(self, service: str) -> None:
        """Register requests, inbox, outbox and the process."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._service = service
        self.http_seconds = Histogram(
            "tanggap_http_request_seconds",
            "Time to answer an HTTP request.",
            ["service", "method", "route"],
            buckets=HTTP_BUCKETS,
            registry=self.registry,
        )
        self.http_requests = Counter(
            "tanggap_http_requests",
            "HTTP requests answered.",
            ["service", "method", "route", "status"],
            registry=self.registry,
        )
        self._inbox = Counter(
            "tanggap_inbox_events",
            "Events taken in, by what became of them.",
            ["service", "outcome"],
            registry=self.registry,
        )
        self._published = Counter(
            "tanggap_outbox_published",
            "Events published and marked.",
            ["service"],
            registry=self.registry,
        )
        for outcome in ("handled", "stale", "parked", "dead"):
            self._inbox.labels(service, outcome)
        self._published.labels(service)

    def observe_inbox(self, outcome: str, count: int) -> None:
        """Count events of the inbox."""
        if count:
            self._inbox.labels(self._service, outcome).inc(count)

    def observe_published(self, count: int) -> None:
        """Count events of the relay."""
        self._published.labels(self._service).inc(count)

    def exposition(self) -> tuple[bytes, str]:
        """Return the text that Prometheus scrapes, and its media type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
