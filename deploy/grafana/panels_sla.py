"""What the dashboard "SLA" shows: the clocks by stage, what fires, and who is told."""

from collections.abc import Sequence

from panels import AREAS, BARS, NONE_IS_GOOD, Dashboard, Panel, Query, gauge, quantile, within

_LIMITS = (
    ("900.0", "15 minutes"),
    ("3600.0", "1 hour"),
    ("7200.0", "2 hours"),
    ("86400.0", "24 hours"),
    ("259200.0", "3 days"),
)
_STAGE = "{{stage}}"

_CLOCKS: Sequence[Panel] = (
    Panel(
        "Running clocks",
        "timeseries",
        "short",
        "Clocks that run now, by stage.",
        [Query(gauge("sla_clocks_running", "stage"), _STAGE)],
        custom=AREAS,
    ),
    Panel(
        "Paused clocks",
        "timeseries",
        "short",
        "Clocks that stand still: they wait for the citizen, or for somebody outside.",
        [Query(gauge("sla_clocks_paused", "stage"), _STAGE)],
        custom=AREAS,
    ),
    Panel(
        "Due within the hour",
        "bargauge",
        "short",
        "Clocks whose deadline comes within the hour, by stage.",
        [Query(gauge("sla_clocks_due_soon", "stage"), _STAGE)],
        colours=((None, "green"), (1, "orange")),
    ),
    Panel(
        "Overdue",
        "timeseries",
        "short",
        "Clocks past their deadline, by stage. Of `closing` it is the citizen who was silent.",
        [Query(gauge("sla_clocks_overdue", "stage"), _STAGE)],
        colours=NONE_IS_GOOD,
    ),
)

_TIMES: Sequence[Panel] = (
    Panel(
        "First responses within …",
        "timeseries",
        "percentunit",
        "Share of the first responses of the 24 hours before each point, by limit.",
        [Query(within(le, "1d"), name) for le, name in _LIMITS],
        width=12,
        custom={"fillOpacity": 0},
    ),
    Panel(
        "First response by channel",
        "timeseries",
        "s",
        "Nine of ten were answered within this time, of the 24 hours before each point.",
        [Query(quantile(0.9, "sla_first_response_seconds_bucket", "1d", "channel"), "{{channel}}")],
        width=12,
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
        width=12,
    ),
    Panel(
        "Open cases by age",
        "timeseries",
        "short",
        "Cases that are open, by the time since submission.",
        [Query(gauge("sla_cases_open", "age"), "{{age}}")],
        width=12,
        custom=AREAS,
    ),
)

_FIRING: Sequence[Panel] = (
    Panel(
        "Deadlines missed",
        "timeseries",
        "short",
        "Deadlines that passed, by stage.",
        [Query("sum by (stage) (increase(sla_deadlines_missed_total[$__interval]))", _STAGE)],
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
        "Timer lateness",
        "timeseries",
        "s",
        "How late deadlines fired, half and 99 of 100; and how long the oldest has waited.",
        [
            Query(quantile(0.5, "sla_timer_lateness_seconds_bucket", "$__rate_interval"), "half"),
            Query(
                quantile(0.99, "sla_timer_lateness_seconds_bucket", "$__rate_interval"),
                "99 of 100",
            ),
            Query("max(sla_timer_oldest_due_seconds)", "waiting"),
        ],
        colours=((None, "green"), (10, "red")),
    ),
    Panel(
        "Failures",
        "timeseries",
        "short",
        "Searches for due clocks, and readings of the board, that failed.",
        [
            Query("sum(increase(sla_scan_failures_total[$__interval]))", "scanner"),
            Query("sum(increase(sla_board_failures_total[$__interval]))", "board"),
        ],
        colours=NONE_IS_GOOD,
        custom=BARS,
    ),
    Panel(
        "Reading the board",
        "timeseries",
        "s",
        "How long it takes to read the board of the database, half and 95 of 100.",
        [
            Query(quantile(0.5, "sla_board_reading_seconds_bucket", "1h"), "half"),
            Query(quantile(0.95, "sla_board_reading_seconds_bucket", "1h"), "95 of 100"),
        ],
        width=12,
    ),
    Panel(
        "Notices to staff",
        "timeseries",
        "s",
        "For how long the oldest notice whose time has come has waited.",
        [Query("max(sla_notices_oldest_seconds)", "oldest")],
        width=12,
    ),
)

SLA = Dashboard(
    slug="sla",
    title="SLA",
    description="What do the clocks do, what is late, and who was told?",
    rows=(
        ("Clocks", _CLOCKS),
        ("How long it takes", _TIMES),
        ("What fires", _FIRING),
    ),
)
