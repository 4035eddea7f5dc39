"""What routing shows to Prometheus beside what every service shows."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.routing.states import OPEN_STATES, State
from shared.metrics import GaugeQuery

_OPEN = ", ".join(f"'{state}'" for state in OPEN_STATES)

GAUGES = (
    GaugeQuery(
        "routing_cases_open",
        "Cases that are not done, by OPD (none: the triage desk) and state.",
        f"SELECT opd, state, count(*) FROM cases WHERE state IN ({_OPEN}) GROUP BY opd, state",  # noqa: S608 - the table's own names
        ("opd", "state"),
    ),
    GaugeQuery(
        "routing_triage_oldest_seconds",
        "Time since submission of the oldest case that waits at the triage desk.",
        f"""SELECT greatest(
            coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(submitted_at)), 0), 0)
        FROM cases WHERE state = '{State.TRIAGE}'""",  # noqa: S608 - the table's own names
    ),
)


class RoutingMetrics:
    """Counters and histograms of this process; they are summed over instances."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register everything."""
        self.placed = Counter(
            "routing_cases_placed",
            "Cases placed, by whom: rule, model, desk; triage are those sent to the desk.",
            ["by"],
            registry=registry,
        )
        self.decision_seconds = Histogram(
            "routing_decision_seconds",
            "Time that the rules took to decide one complaint.",
            buckets=(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1),
            registry=registry,
        )
        self.placing_seconds = Histogram(
            "routing_placing_seconds",
            "From a complaint's submission until its case was opened, whoever got it.",
            buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30, 120, 600, 3600),
            registry=registry,
        )
        self.rule_failures = Counter(
            "routing_rule_failures",
            "Rules that could not be evaluated on a complaint and were passed over, by rule.",
            ["rule"],
            registry=registry,
        )
        self.model_version = Gauge(
            "routing_model_version",
            "The trained model that decides; 0 where the rules and keywords alone do.",
            registry=registry,
        )
        self.model_damaged = Gauge(
            "routing_model_damaged",
            "1 while the promoted model cannot be read, and the rules and keywords alone decide.",
            registry=registry,
        )
        for by in ("rule", "model", "desk", "triage"):
            self.placed.labels(by)
