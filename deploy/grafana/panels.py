"""What a panel is, and those of the dashboard "Response", with the PromQL behind them.

Histograms and counters are summed over replicas; gauges read from the database are the same on
every replica, so that their largest is taken (`max without (instance)`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

BUCKET = "sla_first_response_seconds_bucket"
COUNT = "sla_first_response_seconds_count"
# A missed closing clock is no delay: the citizen was silent, and the case is closed.
OVERDUE = 'sla_clocks_overdue{stage!="closing"}'


@dataclass(frozen=True)
class Query:
    """One PromQL expression, and how its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One panel. `width` is in Grafana's columns, 24 of which make a row."""

    title: str
    kind: str
    unit: str
    description: str
    queries: Sequence[Query]
    width: int = 6
    height: int = 8
    #: Values from which on the colour is another, beginning with the colour below all of them.
    colours: Sequence[tuple[float | None, str]] = ((None, "green"),)
    custom: dict[str, Any] = field(default_factory=dict)
    #: For tables: what each column is called, and its unit.
    columns: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Dashboard:
    """A dashboard: its rows of panels, and the labels that people may choose values of.

    `variables` are pairs of a label and a metric that has all of its values.
    """

    slug: str
    title: str
    description: str
    rows: Sequence[tuple[str, Sequence[Panel]]]
    variables: Sequence[tuple[str, str]] = ()


def within(le: str, window: str, by: str = "") -> str:
    """Return the share of first responses that took at most `le` seconds (a bucket's limit)."""
    fast = f'sum{by}(increase({BUCKET}{{le="{le}"}}[{window}]))'
    return f"{fast} / sum{by}(increase({COUNT}[{window}]))"


def quantile(share: float, bucket: str, window: str, *by: str) -> str:
    """Return a quantile of a histogram, over all replicas."""
    kept = ", ".join(("le", *by))
    return f"histogram_quantile({share}, sum by ({kept}) (rate({bucket}[{window}])))"


def gauge(name: str, *by: str) -> str:
    """Return a gauge that every replica reads from the same database, summed by labels."""
    kept = f" by ({', '.join(by)}) " if by else ""
    return f"sum{kept}(max without (instance) ({name}))"


BARS = {"drawStyle": "bars", "fillOpacity": 80, "lineWidth": 0, "stacking": {"mode": "normal"}}
AREAS = {"fillOpacity": 30, "stacking": {"mode": "normal"}}
GOOD_SHARE = ((None, "red"), (0.8, "orange"), (0.95, "green"))
NONE_IS_GOOD = ((None, "green"), (1, "orange"), (10, "red"))
BY_SERVICE = "{{service}}"

_RESPONSE: Sequence[Panel] = (
    Panel(
        "Answered within 2 hours",
        "stat",
        "percentunit",
        "Of all first responses in the chosen time, the share that came within 2 hours.",
        [Query(within("7200.0", "$__range"))],
        width=4,
        height=5,
        colours=GOOD_SHARE,
    ),
    Panel(
        "Answered within 24 hours",
        "stat",
        "percentunit",
        "Of all first responses in the chosen time, the share that came within 24 hours.",
        [Query(within("86400.0", "$__range"))],
        width=4,
        height=5,
        colours=GOOD_SHARE,
    ),
    Panel(
        "First response",
        "stat",
        "s",
        "Half of all citizens were answered within the first time, nine of ten within the second.",
        [
            Query(quantile(0.5, BUCKET, "$__range"), "half"),
            Query(quantile(0.9, BUCKET, "$__range"), "nine of ten"),
        ],
        width=5,
        height=5,
    ),
    Panel(
        "Overdue now",
        "stat",
        "short",
        "Clocks that run now and are past their deadline, by stage.",
        [Query(gauge(OVERDUE, "stage"), "{{stage}}")],
        width=5,
        height=5,
        colours=NONE_IS_GOOD,
    ),
    Panel(
        "Oldest open case",
        "stat",
        "s",
        "Age of the oldest case that is still open, and of the oldest at the triage desk.",
        [
            Query("max(sla_oldest_open_seconds)", "any"),
            Query("max(routing_triage_oldest_seconds)", "in triage"),
        ],
        width=4,
        height=5,
        colours=((None, "green"), (86400, "orange"), (864000, "red")),
    ),
    Panel(
        "Alerts firing",
        "stat",
        "short",
        "Alert rules that fire now.",
        [Query('count(ALERTS{alertstate="firing"}) or vector(0)')],
        width=2,
        height=5,
        colours=NONE_IS_GOOD,
    ),
    Panel(
        "First response over time",
        "timeseries",
        "s",
        "First response over all OPDs, of the 24 hours before each point.",
        [
            Query(quantile(0.5, BUCKET, "1d"), "half"),
            Query(quantile(0.9, BUCKET, "1d"), "nine of ten"),
        ],
        width=12,
    ),
    Panel(
        "Share in time",
        "timeseries",
        "percentunit",
        "First responses of the 24 hours before each point, within 2 hours and within 24 hours.",
        [
            Query(within("7200.0", "1d"), "2 hours"),
            Query(within("86400.0", "1d"), "24 hours"),
        ],
        width=12,
        custom={"fillOpacity": 0},
    ),
)

_OPDS: Sequence[Panel] = (
    Panel(
        "By OPD",
        "table",
        "short",
        "First response in the chosen time, what is overdue now, and what was missed.",
        [
            Query(quantile(0.5, BUCKET, "$__range", "opd")),
            Query(quantile(0.9, BUCKET, "$__range", "opd")),
            Query(within("7200.0", "$__range", " by (opd) ")),
            Query(gauge(OVERDUE, "opd")),
            Query(
                'sum by (opd) (increase(sla_deadlines_missed_total{stage!="closing"}[$__range]))'
            ),
        ],
        width=14,
        height=12,
        columns=(
            ("Half answered in", "s"),
            ("Nine of ten in", "s"),
            ("Within 2 hours", "percentunit"),
            ("Overdue now", "short"),
            ("Deadlines missed", "short"),
        ),
    ),
    Panel(
        "Overdue by OPD",
        "bargauge",
        "short",
        "Clocks that run now and are past their deadline. Without a name: the triage desk.",
        [
            Query(
                f"{gauge(OVERDUE, 'opd')} > 0 or on () vector(0)",
                "{{opd}}",
            )
        ],
        width=10,
        height=12,
        colours=NONE_IS_GOOD,
    ),
)

_FLOW: Sequence[Panel] = (
    Panel(
        "Open cases by age",
        "bargauge",
        "short",
        "Cases that are open now, by the time since submission.",
        [Query(gauge("sla_cases_open", "age"), "{{age}}")],
        colours=((None, "blue"),),
    ),
    Panel(
        "Open cases by state",
        "timeseries",
        "short",
        "Cases that are open, as routing has them.",
        [Query(gauge("routing_cases_open", "state"), "{{state}}")],
        custom=AREAS,
    ),
    Panel(
        "Submissions by channel",
        "timeseries",
        "short",
        "Complaints accepted, per bar.",
        [
            Query(
                "sum by (channel) (increase(intake_complaints_submitted_total[$__interval]))",
                "{{channel}}",
            )
        ],
        custom=BARS,
    ),
    Panel(
        "Placed by rule, desk, or not",
        "timeseries",
        "short",
        "Who chose the OPD; `triage` was sent to the desk, because no rule was sure.",
        [Query("sum by (by) (increase(routing_cases_placed_total[$__interval]))", "{{by}}")],
        custom=BARS,
    ),
    Panel(
        "Escalations",
        "timeseries",
        "short",
        "Times that somebody was told, by the ladder's level: 0 near, 1 head, 2 Sekda, 3 leader.",
        [Query("sum by (level) (increase(sla_escalations_total[$__interval]))", "level {{level}}")],
        custom=BARS,
    ),
    Panel(
        "Deadlines missed",
        "timeseries",
        "short",
        "Deadlines that passed, by stage.",
        [Query("sum by (stage) (increase(sla_deadlines_missed_total[$__interval]))", "{{stage}}")],
        custom=BARS,
    ),
    Panel(
        "Resolution",
        "timeseries",
        "s",
        "From submission until the OPD resolved the case, of the 7 days before each point.",
        [
            Query(quantile(0.5, "sla_resolution_seconds_bucket", "7d"), "half"),
            Query(quantile(0.9, "sla_resolution_seconds_bucket", "7d"), "nine of ten"),
        ],
    ),
    Panel(
        "Submission to placement",
        "timeseries",
        "s",
        "From the citizen's receipt until a case was opened for it.",
        [
            Query(quantile(0.5, "routing_placing_seconds_bucket", "$__rate_interval"), "half"),
            Query(
                quantile(0.99, "routing_placing_seconds_bucket", "$__rate_interval"), "99 of 100"
            ),
        ],
    ),
)

_PIPELINE: Sequence[Panel] = (
    Panel(
        "Oldest unpublished event",
        "timeseries",
        "s",
        "Age of the oldest event in each outbox. Above 30 s somebody is woken.",
        [Query("max by (service) (tanggap_outbox_oldest_seconds)", BY_SERVICE)],
        colours=((None, "green"), (30, "red")),
    ),
    Panel(
        "Consumer lag",
        "timeseries",
        "short",
        "Events on the bus that a service has not yet handled.",
        [Query("sum by (service) (tanggap_consumer_lag)", BY_SERVICE)],
    ),
    Panel(
        "Parked and dead events",
        "timeseries",
        "short",
        "Parked: waiting for an earlier event of their complaint. Dead: waiting for a person.",
        [
            Query("max by (service) (tanggap_inbox_parked)", "parked in {{service}}"),
            Query("max by (service) (tanggap_inbox_dead)", "dead in {{service}}"),
        ],
        colours=NONE_IS_GOOD,
    ),
    Panel(
        "Timer lateness",
        "timeseries",
        "s",
        "How late deadlines fired, 99 of 100; and how long the oldest that is due has waited.",
        [
            Query(quantile(0.99, "sla_timer_lateness_seconds_bucket", "$__rate_interval"), "fired"),
            Query("max(sla_timer_oldest_due_seconds)", "waiting"),
        ],
        colours=((None, "green"), (10, "red")),
    ),
    Panel(
        "Events handled",
        "timeseries",
        "cps",
        "Events that took effect, per second.",
        [
            Query(
                'sum by (service) (rate(tanggap_inbox_events_total{outcome="handled"}'
                "[$__rate_interval]))",
                BY_SERVICE,
            )
        ],
    ),
    Panel(
        "HTTP p95",
        "timeseries",
        "s",
        "Nineteen of twenty requests are answered faster than this.",
        [
            Query(
                quantile(
                    0.95, "tanggap_http_request_seconds_bucket", "$__rate_interval", "service"
                ),
                BY_SERVICE,
            )
        ],
    ),
    Panel(
        "HTTP errors",
        "timeseries",
        "percentunit",
        "Share of requests that failed by the server's fault (5xx).",
        [
            Query(
                '(sum by (service) (rate(tanggap_http_requests_total{status=~"5.."}'
                "[$__rate_interval])) or 0 * sum by (service)"
                " (rate(tanggap_http_requests_total[$__rate_interval])))"
                " / sum by (service) (rate(tanggap_http_requests_total[$__rate_interval]))",
                BY_SERVICE,
            )
        ],
        colours=((None, "green"), (0.05, "red")),
    ),
    Panel(
        "Services up",
        "timeseries",
        "short",
        "How many processes of each service answer Prometheus.",
        [Query('sum by (service) (up{job="tanggap"})', BY_SERVICE)],
        custom={"lineInterpolation": "stepAfter"},
    ),
)
RESPONSE = Dashboard(
    slug="response",
    title="Response",
    description="Is every citizen answered in time? Does every event get through?",
    rows=(
        ("Are citizens answered?", _RESPONSE),
        ("Who answers?", _OPDS),
        ("What comes, and where does it go?", _FLOW),
        ("Does every event get through?", _PIPELINE),
    ),
)
