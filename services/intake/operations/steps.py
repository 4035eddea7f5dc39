"""What one unit hears of cases and clocks, shown together: a batch costs as much as one event.

Complaints are locked in the order of their ids, so that batches of the two topics take turns and
never block each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.intake import following_queries as queries
from services.intake.context import IntakeContext
from services.intake.errors import ComplaintMissing
from services.intake.following_queries import Moved, Told
from services.intake.operations.application_progress import follow_applications, worded
from services.intake.operations.appointments import release
from services.intake.operations.partner_statuses import tell_partner
from services.intake.operations.telling import tell_reporter
from services.intake.rules.progress import REJECTED, RETAINED_STATES, WITHDRAWN, Progress, follow
from services.intake.tables import Deadline
from shared.contracts.event import Event
from shared.unit_of_work import UnitOfWork


@dataclass
class StepBook:
    """Steps of cases in the order in which they were heard, and what is new of their clocks."""

    context: IntakeContext
    heard: list[Event] = field(default_factory=list)
    due: dict[str, Deadline] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    missed: set[str] = field(default_factory=set)

    def put_deadline(self, deadline: Deadline) -> None:
        """Note a clock's due time and state, whether the clock was known or not."""
        self._forget(deadline.clock_id)
        self.due[deadline.clock_id] = deadline

    def set_state(self, clock_id: str, state: str) -> None:
        """Note a clock's state; no effect on a clock that is not shown."""
        deadline = self.due.get(clock_id)
        if deadline is not None:
            deadline.state = state
            return
        self._forget(clock_id)
        self.states[clock_id] = state

    def miss(self, clock_id: str) -> None:
        """Note that a clock ran out, which is so only where it was running."""
        deadline = self.due.get(clock_id)
        state = deadline.state if deadline is not None else self.states.get(clock_id)
        if state is None:
            self.missed.add(clock_id)
        elif state == "running":
            self.set_state(clock_id, "missed")

    async def finish(self, unit: UnitOfWork) -> None:
        """Show everything that was heard."""
        await self.settle(unit)

    async def settle(self, unit: UnitOfWork) -> None:
        """Show what was heard up to now; raises ComplaintMissing."""
        heard, self.heard = self.heard, []
        if heard:
            await self._follow(unit, heard)
        # The complaints first: a deadline refers to one, and waits for it.
        due, self.due = self.due, {}
        states, self.states = self.states, {}
        missed, self.missed = self.missed, set()
        await queries.put_deadlines(unit.connection, list(due.values()))
        await queries.set_deadline_states(unit.connection, states, missed)

    def _forget(self, clock_id: str) -> None:
        self.states.pop(clock_id, None)
        self.missed.discard(clock_id)

    async def _follow(self, unit: UnitOfWork, heard: list[Event]) -> None:
        ids = {event.complaint_id for event in heard}
        known = await queries.lock_progresses(unit.connection, ids)
        moved: dict[str, Moved] = {}
        told: list[Told] = []
        sentences = await follow_applications(unit, self.context, heard)
        for place, event in enumerate(heard):
            before = _known(known, event.complaint_id)
            after, entry = follow(before, event)
            if entry is None:
                continue
            entry = worded(self.context, event, entry, sentences.get(place))
            told.append(Told(event.complaint_id, entry, event.occurred_at))
            if after != before:
                known[event.complaint_id] = after
                moved[event.complaint_id] = _move(
                    moved.get(event.complaint_id), after, event.occurred_at
                )
            tell_partner(
                unit, self.context, event.complaint_id, before, after, entry, event.occurred_at
            )
            if after.state != WITHDRAWN:
                tell_reporter(unit, self.context, event.complaint_id, entry)
        await queries.move_complaints(unit.connection, moved, told)
        for complaint_id, each in moved.items():
            if each.progress.state == REJECTED:
                await release(unit, complaint_id)


def _known(known: Mapping[str, Progress], complaint_id: str) -> Progress:
    progress = known.get(complaint_id)
    if progress is None:
        raise ComplaintMissing(f"no complaint {complaint_id} to follow")
    return progress


def _move(earlier: Moved | None, after: Progress, at: datetime) -> Moved:
    """Return a complaint's new place; its retention counts from when it ended last."""
    if after.state not in RETAINED_STATES:
        return Moved(after, retained_at=None, began_anew=True)
    if earlier is None:
        return Moved(after, retained_at=at, began_anew=False)
    return Moved(after, earlier.retained_at or at, earlier.began_anew)


def step_book(unit: UnitOfWork, context: IntakeContext) -> StepBook:
    """Return the unit's book.

    Whatever may tell reporters or partners asks for it first: what is told is gathered after it.
    """
    return unit.gather(StepBook, lambda: StepBook(context))
