"""What survey shows to Prometheus beside what every service shows."""

from shared.metrics import GaugeQuery

GAUGES = (
    GaugeQuery(
        "survey_answers",
        "Answers of periods that are not closed, by channel.",
        """SELECT t.value, sum(t.answers) FROM tally t JOIN survey_period p USING (period)
        WHERE p.closed_at IS NULL AND t.dimension = 'channel' GROUP BY t.value""",
        ("channel",),
    ),
    GaugeQuery(
        "survey_invitations",
        "Links that were sent for periods that are not closed, as far as is known.",
        """SELECT coalesce(sum(i.sent), 0) FROM invitations i JOIN survey_period p USING (period)
        WHERE p.closed_at IS NULL""",
    ),
)
