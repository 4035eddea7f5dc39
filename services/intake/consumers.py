"""Events in: which of them intake shows to citizens, and by which operation."""

from services.intake.operations.following import (
    follow_case,
    follow_clock,
    miss_deadline,
    pause_clock,
    stop_clock,
)
from services.intake.rules.progress import FOLLOWED
from shared.contracts.event import Event
from shared.contracts.sla import (
    ClockPaused,
    ClockRescheduled,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
)
from shared.inbox import Handler

# DeadlineNear is missing: what is near is for officers to know.
HANDLERS: dict[type[Event], Handler] = {
    **dict.fromkeys(FOLLOWED, follow_case),
    ClockStarted: follow_clock,
    ClockResumed: follow_clock,
    ClockRescheduled: follow_clock,
    ClockPaused: pause_clock,
    ClockStopped: stop_clock,
    DeadlineMissed: miss_deadline,
}
