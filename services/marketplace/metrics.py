"""What marketplace shows to Prometheus beside what every service shows."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter

from shared.metrics import GaugeQuery

GAUGES: Final = (
    GaugeQuery(
        "marketplace_traders",
        "Traders, by their state.",
        "SELECT state, count(*) FROM trader WHERE state <> 'erased' GROUP BY state",
        ("state",),
    ),
    GaugeQuery(
        "marketplace_products_listed",
        "Products that the public is shown.",
        "SELECT count(*) FROM listing",
    ),
    GaugeQuery(
        "marketplace_moderation_waiting",
        "Products, and changes of products, that wait for a curator.",
        "SELECT count(*) FROM product_revision WHERE state = 'pending'",
    ),
    GaugeQuery(
        "marketplace_moderation_oldest_seconds",
        "Age of what has waited longest for a curator.",
        """SELECT coalesce(max(extract(epoch FROM CAST(:now AS timestamptz) - submitted_at)), 0)
        FROM product_revision WHERE state = 'pending'""",
    ),
)


class MarketplaceMetrics:
    """Counters of this process; they are summed over instances."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register everything."""
        self.registered = Counter(
            "marketplace_traders_registered", "Traders who registered.", registry=registry
        )
        self.codes = Counter(
            "marketplace_codes",
            "One-time codes: sent, and how tries of them ended.",
            ["outcome"],
            registry=registry,
        )
        for outcome in ("sent", "right", "wrong", "over"):
            self.codes.labels(outcome)
        self.decisions = Counter(
            "marketplace_moderation_decisions",
            "Decisions of curators about products.",
            ["decision"],
            registry=registry,
        )
        for decision in ("approved", "rejected"):
            self.decisions.labels(decision)
        self.photos_refused = Counter(
            "marketplace_photos_refused",
            "Photos that were not taken, by what was wrong with them.",
            ["reason"],
            registry=registry,
        )
