"""What intake shows to Prometheus beside what every service shows."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter

from services.intake.rules.calls import CALL_TYPES
from services.intake.rules.progress import OPEN_STATES
from shared.metrics import GaugeQuery

_OPEN = ", ".join(f"'{state}'" for state in OPEN_STATES)
_UNTOLD = "(subjects_told_at IS NULL OR authority_told_at IS NULL)"

GAUGES = (
    GaugeQuery(
        "intake_complaints_open",
        "Complaints that are not done, by the status that citizens see.",
        f"SELECT state, count(*) FROM complaint WHERE state IN ({_OPEN}) GROUP BY state",  # noqa: S608 - names of our own
        ("status",),
    ),
    GaugeQuery(
        "intake_messages_refused",
        "Messages from platforms that nothing could be done with, kept for a person to read.",
        "SELECT channel, count(*) FROM received_message WHERE content IS NOT NULL GROUP BY channel",
        ("channel",),
    ),
    GaugeQuery(
        "intake_bank_waiting",
        "Changed complaints that the data bank does not show yet, and imports to be announced.",
        "SELECT 'changes', count(*) FROM bank_change UNION ALL "
        "SELECT 'announcements', count(*) FROM bank_announcement",
        ("queue",),
    ),
    GaugeQuery(
        "intake_subject_requests_overdue",
        "Requests about personal data that were not decided in time.",
        "SELECT count(*) FROM subject_request WHERE state = 'open' AND due_at < :now",
    ),
    GaugeQuery(
        "intake_breaches_overdue",
        "Breaches of which people or authority were not told in time.",
        f"SELECT count(*) FROM breach WHERE {_UNTOLD} AND notify_by < :now",  # noqa: S608 - ours
    ),
    GaugeQuery(
        "intake_breaches_due_soon",
        "Breaches of which people or authority must be told within 24 hours.",
        f"""SELECT count(*) FROM breach WHERE {_UNTOLD} AND notify_by >= :now
        AND notify_by < CAST(:now AS timestamptz) + interval '24 hours'""",  # noqa: S608 - ours
    ),
)


class IntakeMetrics:
    """Counters of this process; they are summed over instances."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register everything."""
        self.submitted = Counter(
            "intake_complaints_submitted",
            "Complaints accepted and on stable storage, by channel.",
            ["channel"],
            registry=registry,
        )
        self.calls = Counter(
            "intake_calls",
            "Calls of 112 that were reported, by type: real, prank, ghost, information.",
            ["call_type"],
            registry=registry,
        )
        for call_type in CALL_TYPES:
            self.calls.labels(call_type)

        self.remote_files = Counter(
            "intake_remote_files",
            "Files that citizens sent on platforms, by channel: fetched, or given up.",
            ["channel", "outcome"],
            registry=registry,
        )
        self.received = Counter(
            "intake_messages_received",
            "Messages from platforms, by channel and by what they were taken for.",
            ["channel", "meaning"],
            registry=registry,
        )
        self.files_kept = Counter(
            "intake_files_kept",
            "Files that were cleaned and kept, by who sent them and kind.",
            ["by", "kind"],
            registry=registry,
        )
        self.files_refused = Counter(
            "intake_files_refused",
            "Files that were not taken, by reason.",
            ["reason"],
            registry=registry,
        )

    def expect_channels(self, channels: Iterable[str]) -> None:
        """Let every channel be seen from the first scrape, with zero."""
        for channel in channels:
            self.submitted.labels(channel)
