"""What promotion shows to Prometheus: slots by how they ended, what waits for staff, clicks."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter

from shared.metrics import GaugeQuery

_PLATFORMS: Final = ("instagram", "facebook", "x", "telegram")
_OUTCOMES: Final = ("published", "unsure", "held", "failed", "missed", "cancelled")

PROMOTION_GAUGES: Final = (
    GaugeQuery(
        "marketplace_slots_waiting",
        "Slots that wait for staff: to be approved, posted by hand, or decided on.",
        """SELECT s.state, count(p.slot_id)
        FROM (VALUES ('proposed'), ('ready'), ('held')) AS s (state)
        LEFT JOIN promotion_slot p ON p.state = s.state GROUP BY s.state""",
        ("state",),
    ),
    GaugeQuery(
        "marketplace_slot_oldest_due_seconds",
        "For how long the approved slot that is due longest has waited to go out.",
        """SELECT coalesce(
            max(extract(epoch FROM CAST(:now AS timestamptz) - slot_at)), 0)
        FROM promotion_slot WHERE state = 'approved' AND slot_at <= CAST(:now AS timestamptz)""",
    ),
    GaugeQuery(
        "marketplace_publishing_stopped",
        "Accounts at which nothing goes out; all of them count as one.",
        "SELECT count(*) FROM publishing_stop",
    ),
)


class PromotionMetrics:
    """Counters of this process; they are summed over instances."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register everything."""
        self._slots = Counter(
            "marketplace_slots",
            "Promotion slots, by platform and by how publishing went.",
            ["platform", "outcome"],
            registry=registry,
        )
        for platform in _PLATFORMS:
            for outcome in _OUTCOMES:
                self._slots.labels(platform, outcome)
        self.clicks = Counter(
            "marketplace_clicks",
            "Short links that were followed, by people and by robots.",
            ["kind"],
            registry=registry,
        )
        for kind in ("person", "robot"):
            self.clicks.labels(kind)

    def count(self, platform: str, outcome: str) -> None:
        """Count one slot."""
        self._slots.labels(platform, outcome).inc()
