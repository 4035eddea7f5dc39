"""Damage that the checker must notice: what no sound system does to its databases."""

from collections.abc import Mapping
from typing import Final, Literal

from shared.contracts.topics import ServiceName

Part = ServiceName | Literal["bus"]

# What is done to which database, and which invariant must be named.
DAMAGE: Final[Mapping[str, tuple[Part, str, tuple[str, ...]]]] = {
    "an accepted complaint is gone": (
        "intake",
        "I1",
        ("DELETE FROM message", "DELETE FROM deadline", "DELETE FROM complaint"),
    ),
    "a complaint has no case": (
        "routing",
        "I1",
        ("DELETE FROM cases WHERE complaint_id = (SELECT complaint_id FROM cases LIMIT 1)",),
    ),
    "a complaint has two cases, without the index that forbids it": (
        "routing",
        "I1",
        (
            "ALTER TABLE cases DROP CONSTRAINT cases_pkey",
            "INSERT INTO cases SELECT * FROM cases LIMIT 1",
        ),
    ),
    "a case has no owner": (
        "routing",
        "I2",
        (
            "ALTER TABLE cases DROP CONSTRAINT cases_have_an_owner",
            "UPDATE cases SET state = 'assigned', opd = NULL",
        ),
    ),
    "a step of the history is missing": (
        "routing",
        "I2",
        ("DELETE FROM case_history WHERE version = 2",),
    ),
    "a history leads where the table does not": (
        "routing",
        "I2",
        ("UPDATE case_history SET action = 'close' WHERE version = 2",),
    ),
    "the citizen is shown another OPD": (
        "intake",
        "I2",
        ("UPDATE complaint SET opd = 'BPBD'",),
    ),
    "a clock is doubled, without the index that forbids it": (
        "sla",
        "I3",
        (
            "ALTER TABLE clock DROP CONSTRAINT clock_key",
            """INSERT INTO clock SELECT (jsonb_populate_record(c,
                 jsonb_build_object('clock_id', gen_random_uuid()))).* FROM clock c LIMIT 1""",
        ),
    ),
    "a clock is missing": (
        "sla",
        "I3",
        ("DELETE FROM escalation", "DELETE FROM clock WHERE stage = 'verification'"),
    ),
    "a clock of a case that is done runs on": (
        "sla",
        "I3",
        ("UPDATE clock SET state = 'running' WHERE stage = 'follow_up' AND state = 'stopped'",),
    ),
    "a deadline is told before its time": (
        "sla",
        "I3",
        ("UPDATE outbox SET time = time - interval '9 hours' WHERE type LIKE '%DeadlineMissed%'",),
    ),
    "a level is told twice": (
        "sla",
        "I3",
        (
            """INSERT INTO outbox (id, topic, aggregatetype, aggregateid, type, payload,
                 aggregate_version, time, correlation_id, published_at)
               SELECT gen_random_uuid(), topic, aggregatetype, aggregateid, type, payload,
                 aggregate_version + 1000, time, correlation_id, published_at
               FROM outbox WHERE type LIKE '%CaseEscalated%' LIMIT 1""",
        ),
    ),
    "an event waits in the outbox for ever": (
        "routing",
        "I4",
        ("UPDATE outbox SET published_at = NULL WHERE seq = 1",),
    ),
    "a row of the outbox is lost": ("intake", "I4", ("DELETE FROM outbox WHERE seq = 1",)),
    "a message of the topic is lost": (
        "bus",
        "I4",
        ("""DELETE FROM bus_message WHERE topic = 'routing.case.v1' AND "offset" = 0""",),
    ),
    "an event was never taken in": (
        "sla",
        "I4",
        ("DELETE FROM inbox WHERE event_id = (SELECT event_id FROM inbox LIMIT 1)",),
    ),
    "an event was taken in twice, without the index that forbids it": (
        "intake",
        "I4",
        (
            "ALTER TABLE inbox DROP CONSTRAINT inbox_pkey",
            "INSERT INTO inbox SELECT * FROM inbox LIMIT 1",
        ),
    ),
    "an event is parked though nothing is before it": (
        "sla",
        "I4",
        (
            """INSERT INTO parked (consumer, event_id, topic, key, value, headers, reason)
               VALUES ('sla', gen_random_uuid(), 'routing.case.v1', '', '', '{}', '')""",
        ),
    ),
    "a version is given out twice": (
        "routing",
        "I5",
        (
            "ALTER TABLE outbox DROP CONSTRAINT outbox_aggregateid_aggregate_version_key",
            "UPDATE outbox SET aggregate_version = 1",
        ),
    ),
    "a version was never sent": (
        "sla",
        "I5",
        ("UPDATE outbox_stream SET version = version + 1",),
    ),
    "what ended with one complaint exists twice": (
        "routing",
        "I7",
        (
            """INSERT INTO cases SELECT (jsonb_populate_record(c,
                 jsonb_build_object('complaint_id', gen_random_uuid()))).* FROM cases c LIMIT 1""",
        ),
    ),
    "a gauge does not say what the database holds": (
        "routing",
        "I8",
        ("UPDATE cases SET opd = 'KESBANGPOL'",),
    ),
    "a count does not say what happened": (
        "sla",
        "I8",
        ("UPDATE clock SET outcome = NULL WHERE stage = 'first_response'",),
    ),
}
