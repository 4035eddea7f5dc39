"""I8: what the services show to Prometheus is what their databases hold."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from shared.contracts.topics import ServiceName
from tests.chaos.evidence import DELIVERING, Evidence, Sample
from tests.chaos.verdict import Notes
from tests.load.log import Record

Labels = tuple[str, ...]

_ENDED = frozenset({"resolved", "closed", "rejected", "merged", "withdrawn"})


def metrics_true(evidence: Evidence, _log: Sequence[Record]) -> Notes:
    """I8: gauges equal the database; counts do too where no process was ever ended."""
    notes = Notes()
    if evidence.metrics is None:
        return notes
    for name in DELIVERING:
        delivery, samples = evidence.delivery[name], evidence.metrics[name]
        waiting = sum(not row.published for row in delivery.outbox)
        _equal(notes, name, samples, "tanggap_outbox_unpublished", (), {(): waiting})
        _equal(notes, name, samples, "tanggap_inbox_parked", (), {(): len(delivery.parked)})
        _equal(notes, name, samples, "tanggap_inbox_dead", (), {(): len(delivery.dead)})
    for service, metric, labels, held in _gauges(evidence):
        _equal(notes, service, evidence.metrics[service], metric, labels, held)
    if evidence.counts_exact:
        for service, metric, number in _counts(evidence):
            shown = sum(s.value for s in evidence.metrics[service] if s.name == metric)
            notes.expect(
                shown == number, f"{service}: {metric} is {shown:g}, its database has {number}"
            )
    return notes


def _gauges(
    evidence: Evidence,
) -> Iterable[tuple[ServiceName, str, Labels, Mapping[Labels, int]]]:
    open_cases = [case for case in evidence.cases if case.state not in _ENDED]
    yield (
        "intake",
        "intake_complaints_open",
        ("status",),
        Counter((each.status,) for each in evidence.complaints if each.status not in _ENDED),
    )
    yield (
        "routing",
        "routing_cases_open",
        ("opd", "state"),
        Counter((case.opd or "", case.state) for case in open_cases),
    )
    running = [clock for clock in evidence.clocks if clock.state == "running"]
    yield "sla", "sla_clocks_running", ("stage",), Counter((clock.stage,) for clock in running)
    yield (
        "sla",
        "sla_clocks_overdue",
        ("stage", "opd"),
        Counter((c.stage, c.opd or "") for c in running if c.due_at <= evidence.now),
    )
    yield "sla", "sla_cases_open", (), {(): len(open_cases)}


def _counts(evidence: Evidence) -> Iterable[tuple[ServiceName, str, int]]:
    for name in DELIVERING:
        delivery = evidence.delivery[name]
        yield name, "tanggap_outbox_published_total", sum(r.published for r in delivery.outbox)
    yield "intake", "intake_complaints_submitted_total", len(evidence.complaints)
    yield "routing", "routing_placing_seconds_count", len(evidence.cases)
    answered = [
        clock
        for clock in evidence.clocks
        if clock.stage == "first_response" and clock.outcome in {"met", "missed"}
    ]
    yield "sla", "sla_first_response_seconds_count", len(answered)
    resolved = [
        fact for facts in evidence.history.values() for fact in facts if fact.action == "resolve"
    ]
    yield "sla", "sla_resolution_seconds_count", len(resolved)


def _equal(
    notes: Notes,
    service: ServiceName,
    samples: Sequence[Sample],
    metric: str,
    labels: Labels,
    held: Mapping[Labels, int],
) -> None:
    """Compare a gauge, summed over all labels but these, with what the database holds."""
    shown: Counter[Labels] = Counter()
    found = False
    for sample in samples:
        if sample.name == metric:
            found = True
            given = dict(sample.labels)
            shown[tuple(given[label] for label in labels)] += int(sample.value)
    notes.expect(found or not held, f"{service} does not show {metric}")
    for key in {*shown, *held}:
        notes.expect(
            shown[key] == held.get(key, 0),
            f"{service}: {metric}{list(key)} is {shown[key]}, its database has {held.get(key, 0)}",
        )
