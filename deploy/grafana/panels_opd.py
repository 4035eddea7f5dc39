"""What the dashboard "OPD" shows: how some OPDs answer, chosen above the panels."""

from collections.abc import Sequence

from panels import AREAS, BARS, GOOD_SHARE, NONE_IS_GOOD, Dashboard, Panel, Query, gauge

_OF = 'opd=~"$opd"'
_ANSWERS = f"sla_first_response_seconds_count{{{_OF}}}"
_ANSWER_TIMES = f"sla_first_response_seconds_bucket{{{_OF}}}"
_RESOLUTION_TIMES = f"sla_resolution_seconds_bucket{{{_OF}}}"
_LATE = f'sla_clocks_overdue{{stage!="closing", {_OF}}}'


def _within(le: str, window: str, by: str = "") -> str:
    fast = f'sla_first_response_seconds_bucket{{le="{le}", {_OF}}}'
    return f"sum{by}(increase({fast}[{window}])) / sum{by}(increase({_ANSWERS}[{window}]))"


def _quantile(share: float, buckets: str, window: str, *by: str) -> str:
    kept = ", ".join(("le", *by))
    return f"histogram_quantile({share}, sum by ({kept}) (rate({buckets}[{window}])))"


_NOW: Sequence[Panel] = (
    Panel(
        "Answered within 2 hours",
        "stat",
        "percentunit",
        "Of the first responses in the chosen time, the share that came within 2 hours.",
        [Query(_within("7200.0", "$__range"))],
        width=4,
        height=5,
        colours=GOOD_SHARE,
    ),
    Panel(
        "Answered within 24 hours",
        "stat",
        "percentunit",
        "Of the first responses in the chosen time, the share that came within 24 hours.",
        [Query(_within("86400.0", "$__range"))],
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
            Query(_quantile(0.5, _ANSWER_TIMES, "$__range"), "half"),
            Query(_quantile(0.9, _ANSWER_TIMES, "$__range"), "nine of ten"),
        ],
        width=5,
        height=5,
    ),
    Panel(
        "Overdue now",
        "stat",
        "short",
        "Clocks that run now and are past their deadline.",
        [Query(gauge(_LATE))],
        width=3,
        height=5,
        colours=NONE_IS_GOOD,
    ),
    Panel(
        "Due within the hour",
        "stat",
        "short",
        "Clocks whose deadline comes within the hour.",
        [Query(gauge(f'sla_clocks_due_soon{{stage!="closing", {_OF}}}'))],
        width=3,
        height=5,
        colours=((None, "green"), (1, "orange")),
    ),
    Panel(
        "Oldest open case",
        "stat",
        "s",
        "Age of the oldest case that is still open.",
        [Query(f"max(sla_opd_oldest_open_seconds{{{_OF}}})")],
        width=5,
        height=5,
        colours=((None, "green"), (86400, "orange"), (864000, "red")),
    ),
)

_OVER_TIME: Sequence[Panel] = (
    Panel(
        "First response, half of all",
        "timeseries",
        "s",
        "The time within which half were answered, of the 24 hours before each point.",
        [Query(_quantile(0.5, _ANSWER_TIMES, "1d", "opd"), "{{opd}}")],
        width=12,
    ),
    Panel(
        "Within 2 hours",
        "timeseries",
        "percentunit",
        "Share of the first responses of the 24 hours before each point.",
        [Query(_within("7200.0", "1d", " by (opd) "), "{{opd}}")],
        width=12,
        custom={"fillOpacity": 0},
    ),
    Panel(
        "Overdue",
        "timeseries",
        "short",
        "Clocks past their deadline. Without a name: the triage desk.",
        [Query(gauge(_LATE, "opd"), "{{opd}}")],
        width=8,
        custom=AREAS,
    ),
    Panel(
        "Open cases",
        "timeseries",
        "short",
        "Cases that are open, by the OPD that has them.",
        [Query(gauge(f"sla_opd_cases_open{{{_OF}}}", "opd"), "{{opd}}")],
        width=8,
        custom=AREAS,
    ),
    Panel(
        "Deadlines missed",
        "timeseries",
        "short",
        "Deadlines that passed, by stage.",
        [
            Query(
                f"sum by (stage) (increase(sla_deadlines_missed_total{{{_OF}}}[$__interval]))",
                "{{stage}}",
            )
        ],
        width=8,
        custom=BARS,
    ),
    Panel(
        "Resolution, half of all",
        "timeseries",
        "s",
        "From submission until the OPD resolved the case, of the 7 days before each point.",
        [Query(_quantile(0.5, _RESOLUTION_TIMES, "7d", "opd"), "{{opd}}")],
        width=12,
    ),
    Panel(
        "First response by channel",
        "timeseries",
        "s",
        "The time within which half were answered, by the channel on which they had written.",
        [Query(_quantile(0.5, _ANSWER_TIMES, "1d", "channel"), "{{channel}}")],
        width=12,
    ),
)

_TABLE: Sequence[Panel] = (
    Panel(
        "All chosen OPDs",
        "table",
        "short",
        "First response in the chosen time, and what waits now.",
        [
            Query(_quantile(0.5, _ANSWER_TIMES, "$__range", "opd")),
            Query(_quantile(0.9, _ANSWER_TIMES, "$__range", "opd")),
            Query(_within("7200.0", "$__range", " by (opd) ")),
            Query(gauge(f"sla_opd_cases_open{{{_OF}}}", "opd")),
            Query(gauge(_LATE, "opd")),
            Query(f"max by (opd) (sla_opd_oldest_open_seconds{{{_OF}}})"),
        ],
        width=24,
        height=12,
        columns=(
            ("Half answered in", "s"),
            ("Nine of ten in", "s"),
            ("Within 2 hours", "percentunit"),
            ("Open", "short"),
            ("Overdue now", "short"),
            ("Oldest", "s"),
        ),
    ),
)

OPD = Dashboard(
    slug="opd",
    title="OPD",
    description="How does an OPD answer, and what waits there?",
    rows=(
        ("Now, and in the chosen time", _NOW),
        ("How it went", _OVER_TIME),
        ("One beside the other", _TABLE),
    ),
    variables=(("opd", "sla_opd_cases_open"),),
)
