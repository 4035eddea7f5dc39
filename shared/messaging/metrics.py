"""What a queue of messages shows to Prometheus: how attempts end, what waits, what is held."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter

from shared.metrics import GaugeQuery

OUTCOMES = ("sent", "later", "unsure", "dead", "dropped")

MESSAGING_GAUGES: tuple[GaugeQuery, ...] = (
    GaugeQuery(
        "tanggap_messages_oldest_seconds",
        "Age of the oldest message that waits to be sent.",
        """SELECT coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(created_at)), 0)
        FROM outgoing_message WHERE state IN ('queued', 'sending')""",
    ),
    GaugeQuery(
        "tanggap_messages_held",
        "Messages that wait for a person: perhaps sent (unsure), or failed for good (dead).",
        """SELECT s.state, count(m.message_id) FROM (VALUES ('unsure'), ('dead')) s (state)
        LEFT JOIN outgoing_message m ON m.state = s.state AND m.state IN ('unsure', 'dead')
        GROUP BY s.state""",
        ("state",),
    ),
)


class MessagingMetrics:
    """Counters of this process; they are summed over instances."""

    def __init__(self, service: str, registry: CollectorRegistry) -> None:
        """Register the counter."""
        self._service = service
        self._attempts = Counter(
            "tanggap_messages_attempts",
            "Attempts to send a message, by how they ended.",
            ["service", "channel", "outcome"],
            registry=registry,
        )

    def expect_channels(self, channels: Iterable[str]) -> None:
        """Let every channel that sends be seen from the first scrape, with zero."""
        for channel in channels:
            for outcome in OUTCOMES:
                self._attempts.labels(self._service, channel, outcome)

    def count(self, channel: str, outcome: str, number: int = 1) -> None:
        """Count attempts that ended in the same way."""
        self._attempts.labels(self._service, channel, outcome).inc(number)
