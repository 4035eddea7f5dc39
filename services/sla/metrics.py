"""What sla shows to Prometheus: how fast people are answered, and what is late."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from services.sla.policies import STAGES
from services.sla.record_states import OPEN
from shared.metrics import GaugeQuery

#: From a minute to 30 days; the limits of 2 h, 24 h and 10 days are exactly among them.
RESPONSE_BUCKETS: Final = (
    *(60, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400),
    *(172800, 259200, 432000, 604800, 864000, 1209600, 2592000),
)
BOARD_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LATENESS_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 600, 3600, 86400)

_STAGES = ", ".join(f"('{stage}')" for stage in STAGES)
_AGE = "CAST(:now AS timestamptz) - submitted_at"

GAUGES: Final = (
    GaugeQuery(
        "sla_clocks_running",
        "Clocks that run now.",
        f"""SELECT s.stage, count(c.clock_id) FROM (VALUES {_STAGES}) AS s (stage)
        LEFT JOIN clock c ON c.stage = s.stage AND c.state = 'running' GROUP BY s.stage""",  # noqa: S608 - names of our own
        ("stage",),
    ),
    GaugeQuery(
        "sla_clocks_overdue",
        "Running clocks whose time is used up, by the OPD that has the case (none: the desk).",
        f"""SELECT s.stage, c.opd, count(c.clock_id) FROM (VALUES {_STAGES}) AS s (stage)
        LEFT JOIN clock c ON c.stage = s.stage AND c.state = 'running'
            AND c.due_at <= CAST(:now AS timestamptz)
        GROUP BY s.stage, c.opd""",  # noqa: S608 - names of our own
        ("stage", "opd"),
    ),
    GaugeQuery(
        "sla_oldest_open_seconds",
        "Age of the oldest case that is still open.",
        """SELECT greatest(
            coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(submitted_at)), 0), 0)
        FROM case_facts WHERE is_open""",
    ),
    GaugeQuery(
        "sla_cases_open",
        "Open cases by age since submission.",
        f"""SELECT a.age, count(c.complaint_id)
        FROM (VALUES ('under_2h', interval '-100 years', interval '2 hours'),
                     ('2h_to_24h', interval '2 hours', interval '24 hours'),
                     ('1d_to_3d', interval '24 hours', interval '72 hours'),
                     ('3d_to_10d', interval '72 hours', interval '240 hours'),
                     ('over_10d', interval '240 hours', interval '1000 years'))
             AS a (age, since, until)
        LEFT JOIN case_facts c ON c.is_open AND {_AGE} >= a.since AND {_AGE} < a.until
        GROUP BY a.age""",  # noqa: S608 - names of our own
        ("age",),
    ),
    GaugeQuery(
        "sla_clocks_paused",
        "Clocks that stand still.",
        f"""SELECT s.stage, count(c.clock_id) FROM (VALUES {_STAGES}) AS s (stage)
        LEFT JOIN clock c ON c.stage = s.stage AND c.state = 'paused' GROUP BY s.stage""",  # noqa: S608 - names of our own
        ("stage",),
    ),
    GaugeQuery(
        "sla_clocks_due_soon",
        "Running clocks whose deadline comes within the hour, by the OPD that has the case.",
        f"""SELECT s.stage, c.opd, count(c.clock_id) FROM (VALUES {_STAGES}) AS s (stage)
        LEFT JOIN clock c ON c.stage = s.stage AND c.state = 'running'
            AND c.due_at > CAST(:now AS timestamptz)
            AND c.due_at <= CAST(:now AS timestamptz) + interval '1 hour'
        GROUP BY s.stage, c.opd""",  # noqa: S608 - names of our own
        ("stage", "opd"),
    ),
    GaugeQuery(
        "sla_opd_cases_open",
        "Open cases by the OPD that has them (none: the desk).",
        f"SELECT coalesce(opd, ''), count(*) FROM case_record WHERE {OPEN} GROUP BY 1",  # noqa: S608
        ("opd",),
    ),
    GaugeQuery(
        "sla_opd_oldest_open_seconds",
        "Age of the oldest open case of each OPD (none: the desk).",
        f"""SELECT coalesce(opd, ''), greatest(
            extract(epoch FROM CAST(:now AS timestamptz) - min(submitted_at)), 0)
        FROM case_record WHERE {OPEN} GROUP BY 1""",  # noqa: S608 - names of our own
        ("opd",),
    ),
    GaugeQuery(
        "sla_timer_oldest_due_seconds",
        "For how long the oldest timer that is due has waited for the scanner.",
        """SELECT coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(next_fire_at)), 0)
        FROM clock WHERE next_fire_at <= CAST(:now AS timestamptz)""",
    ),
    GaugeQuery(
        "sla_notices_waiting",
        "Notices to staff that wait: held for the morning or a digest too.",
        "SELECT count(*) FROM notice WHERE state = 'waiting'",
    ),
    GaugeQuery(
        "sla_notices_oldest_seconds",
        "For how long the oldest notice whose time has come has waited to be queued.",
        """SELECT coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(due_at)), 0)
        FROM notice WHERE state = 'waiting' AND due_at <= CAST(:now AS timestamptz)""",
    ),
)


class SlaMetrics:
    """Counters and histograms of this process; they are summed over instances."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register everything."""
        self.first_response_seconds = Histogram(
            "sla_first_response_seconds",
            "From submission to the first message of staff to the citizen.",
            ["opd", "channel"],
            buckets=RESPONSE_BUCKETS,
            registry=registry,
        )
        self.resolution_seconds = Histogram(
            "sla_resolution_seconds",
            "From submission, or reopening, until the OPD resolved the case.",
            ["opd", "channel"],
            buckets=RESPONSE_BUCKETS,
            registry=registry,
        )
        self.timer_lateness_seconds = Histogram(
            "sla_timer_lateness_seconds",
            "How long after its moment a deadline or an escalation was published.",
            buckets=LATENESS_BUCKETS,
            registry=registry,
        )
        self.deadlines_missed = Counter(
            "sla_deadlines_missed",
            "Deadlines that passed, by the OPD that had the case (none: the desk).",
            ["stage", "opd"],
            registry=registry,
        )
        self.escalations = Counter(
            "sla_escalations",
            "Times that a role was told of a clock that is near or missed.",
            ["level"],
            registry=registry,
        )
        self.notices_queued = Counter(
            "sla_notices_queued",
            "Notices to staff that were queued for sending, by what they are about.",
            ["channel", "kind"],
            registry=registry,
        )
        self.scan_failures = Counter(
            "sla_scan_failures", "Searches for due clocks that failed.", registry=registry
        )
        self.board_reading_seconds = Histogram(
            "sla_board_reading_seconds",
            "How long it took to read the board of the database.",
            buckets=BOARD_BUCKETS,
            registry=registry,
        )
        self.board_failures = Counter(
            "sla_board_failures", "Readings of the board that failed.", registry=registry
        )
        for stage in STAGES:
            self.deadlines_missed.labels(stage, "")
        for level in range(4):
            self.escalations.labels(str(level))

    def observe_board(self, took: float | None) -> None:
        """Note how many seconds a reading of the board took; None is one that failed."""
        if took is None:
            self.board_failures.inc()
        else:
            self.board_reading_seconds.observe(took)
