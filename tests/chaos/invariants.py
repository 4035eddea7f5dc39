"""The invariants of a reliable system, each a pure function from evidence to what contradicts it.

I9, the audit chain, comes with the audit log.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from tests.chaos.delivery_invariants import delivered_all, versions_without_gap
from tests.chaos.evidence import CaseRow, ClockRow, Evidence, Fact
from tests.chaos.history import PathBroken, check_path
from tests.chaos.metric_invariants import metrics_true
from tests.chaos.verdict import Notes, Verdict
from tests.load.log import Record

_ENDED = frozenset({"closed", "rejected", "merged", "withdrawn"})
_WITHOUT_OPD = frozenset({"triage", "rejected", "merged", "withdrawn"})
_NEW_EPOCH = frozenset({"reopen", "reconsider"})
_RUNS = frozenset({"running", "paused"})


def accepted_once(evidence: Evidence, log: Sequence[Record]) -> Notes:
    """I1: every id that a 2xx named exists once in intake and has exactly one case."""
    notes = Notes()
    complaints = Counter(each.complaint_id for each in evidence.complaints)
    cases = Counter(each.complaint_id for each in evidence.cases)
    codes = {each.complaint_id: each.tracking_code for each in evidence.complaints}
    for record in _submissions(log):
        if record.accepted and record.complaint_id is not None:
            number = complaints[record.complaint_id]
            notes.expect(
                number == 1, f"{record.complaint_id} was accepted and is {number} times in intake"
            )
            notes.expect(
                codes.get(record.complaint_id) == record.tracking_code,
                f"{record.complaint_id} has another tracking code than was answered",
            )
    for complaint_id in complaints:
        number = cases[complaint_id]
        notes.expect(number == 1, f"{complaint_id} has {number} cases in routing")
    for complaint_id in cases.keys() - complaints.keys():
        notes.expect(False, f"{complaint_id} has a case and is not in intake")
    return notes


def one_assignment(evidence: Evidence, _log: Sequence[Record]) -> Notes:
    """I2: one current assignment or triage; history a legal path; intake shows the same."""
    notes = Notes()
    shown = {each.complaint_id: each for each in evidence.complaints}
    for case in evidence.cases:
        try:
            check_path(case, evidence.history.get(case.complaint_id, []))
        except PathBroken as broken:
            notes.expect(False, f"case {case.complaint_id}: {broken}")
        notes.expect(
            case.opd is not None or case.state in _WITHOUT_OPD,
            f"case {case.complaint_id} is {case.state} and nobody has it",
        )
        complaint = shown.get(case.complaint_id)
        if complaint is not None:
            there, here = (complaint.status, complaint.opd), (case.state, case.opd)
            notes.expect(
                there == here, f"{case.complaint_id}: intake shows {there}, routing has {here}"
            )
    return notes


def one_clock(evidence: Evidence, _log: Sequence[Record]) -> Notes:
    """I3: one clock per complaint, part, stage and epoch; none that should not run; none early."""
    notes = Notes()
    keys = Counter((c.complaint_id, c.part, c.stage, c.epoch) for c in evidence.clocks)
    for key, number in keys.items():
        notes.expect(number == 1, f"{number} clocks {key[1:]} of {key[0]}")
    states = {case.complaint_id: case for case in evidence.cases}
    for clock in evidence.clocks:
        case = states.get(clock.complaint_id)
        notes.expect(case is not None, f"clock {clock.clock_id} of a case that routing has not")
        if case is not None and clock.state in _RUNS:
            notes.expect(
                _may_run(clock, case),
                f"{clock.stage} of {clock.complaint_id} is {clock.state} while {case.state}",
            )
    for case in evidence.cases:
        for stage, epoch in _stages_begun(evidence.history.get(case.complaint_id, [])):
            notes.expect(
                (case.complaint_id, 0, stage, epoch) in keys,
                f"{case.complaint_id} has no clock of {stage}, epoch {epoch}",
            )
    _fired_once(evidence, notes)
    return notes


def _may_run(clock: ClockRow, case: CaseRow) -> bool:
    if case.state in _ENDED:
        return False
    return case.state != "resolved" or clock.stage == "closing"


def _stages_begun(facts: Sequence[Fact]) -> Iterator[tuple[str, int]]:
    """Return the stages that a case has entered, each with its epoch."""
    yield "verification", 0
    yield "first_response", 0
    epoch = 0
    for fact in facts:
        epoch += fact.action in _NEW_EPOCH
        if fact.to_state == "assigned":
            yield "follow_up", epoch
    # How often a citizen was waited for is counted by itself.
    if any(fact.to_state == "resolved" for fact in facts):
        yield "closing", 0


def _fired_once(evidence: Evidence, notes: Notes) -> None:
    fired = Counter(
        (event.type_name, event.clock_id, event.level)
        for event in evidence.clock_events
        if event.type_name in {"DeadlineNear", "DeadlineMissed", "CaseEscalated"}
    )
    for (kind, clock_id, level), number in fired.items():
        rung = "" if level is None else f" to level {level}"
        notes.expect(number == 1, f"{kind}{rung} of {clock_id} was published {number} times")
    for event in evidence.clock_events:
        if event.type_name == "DeadlineMissed" and event.due_at is not None:
            notes.expect(event.time >= event.due_at, f"{event.clock_id} was missed before its time")


def same_answer(evidence: Evidence, log: Sequence[Record]) -> Notes:
    """I6: the same Idempotency-Key with the same body has the same answer, and one complaint."""
    notes = Notes()
    answers: dict[tuple[str, str | None], set[tuple[str | None, str | None]]] = defaultdict(set)
    for record in log:
        if record.accepted and record.key is not None:
            answers[record.key, record.body_hash].add((record.answer_hash, record.complaint_id))
    for (key, _), given in answers.items():
        notes.expect(len(given) == 1, f"the key {key} was answered in {len(given)} ways")
        for _, complaint_id in given:
            held = evidence.keys.get(key)
            notes.expect(
                held is None or complaint_id is None or held == complaint_id,
                f"the key {key} was answered with {complaint_id} and stands for {held}",
            )
    return notes


def unclear_at_most_once(evidence: Evidence, log: Sequence[Record]) -> Notes:
    """I7: what ended unclear exists 0 or 1 times, what was refused 0 times, what was accepted 1."""
    notes = Notes()
    by_marker: dict[str, list[Record]] = defaultdict(list)
    for record in _submissions(log):
        if record.marker is not None:
            by_marker[record.marker].append(record)
    found = Counter(word for case in evidence.cases for word in (case.title or "").split())
    for marker, records in by_marker.items():
        number = found[marker]
        if any(record.accepted for record in records):
            notes.expect(number == 1, f"{marker} was accepted and exists {number} times")
        elif any(record.unclear for record in records):
            notes.expect(number <= 1, f"{marker} ended unclear and exists {number} times")
        else:
            notes.expect(number == 0, f"{marker} was refused and exists {number} times")
    _none_unknown(evidence, log, notes)
    return notes


def _none_unknown(evidence: Evidence, log: Sequence[Record], notes: Notes) -> None:
    """Whatever came to be while the load ran was accepted, or attempted without an answer."""
    submissions = _submissions(log)
    if not submissions:
        return
    began = min(datetime.fromisoformat(record.sent_at) for record in submissions)
    accepted = {record.complaint_id for record in submissions if record.accepted}
    unclear = {record.key for record in submissions if record.unclear}
    unknown = [
        complaint.complaint_id
        for complaint in evidence.complaints
        if complaint.complaint_id not in accepted and complaint.submitted_at >= began
    ]
    notes.expect(
        len(unknown) <= len(unclear),
        f"{len(unknown)} complaints were never accepted and {len(unclear)} ended unclear",
    )


def _submissions(log: Sequence[Record]) -> list[Record]:
    return [record for record in log if record.operation == "submit"]


Invariant = Callable[[Evidence, Sequence[Record]], Notes]

INVARIANTS: tuple[tuple[str, str, Invariant], ...] = (
    ("I1", "every accepted complaint exists once and has one case", accepted_once),
    ("I2", "one assignment or triage; history legal; the citizen sees it", one_assignment),
    ("I3", "one clock per part, stage and epoch; none runs on, none early", one_clock),
    ("I4", "published = on the topic = taken in, dead or parked", delivered_all),
    ("I5", "versions per complaint without a gap", versions_without_gap),
    ("I6", "same Idempotency-Key, same answer", same_answer),
    ("I7", "what ended unclear exists at most once", unclear_at_most_once),
    ("I8", "what Prometheus is shown is what the databases hold", metrics_true),
)


def judge(evidence: Evidence, log: Sequence[Record]) -> list[Verdict]:
    """Hold every invariant against the evidence."""
    verdicts = []
    for name, title, invariant in INVARIANTS:
        notes = invariant(evidence, log)
        verdicts.append(Verdict(name, title, notes.looked_at, tuple(notes.findings)))
    return verdicts
