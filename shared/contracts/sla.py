"""What sla publishes: the clocks of a complaint, their deadlines, and who was told of a miss.

A clock is one per complaint, part, stage and epoch; durations are in seconds.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.event import (
    ClockKey,
    Code,
    Epoch,
    Event,
    Part,
    Seconds,
    Text,
    UtcDatetime,
)

ClockOutcome = Literal["met", "missed", "cancelled", "merged"]


class _ClockScheduled(Event):
    clock_id: ClockKey
    part: Part = 0
    stage: Code
    epoch: Epoch = 0
    opd: Code | None = None
    policy: Code
    due_at: UtcDatetime
    reason: Text | None = None


class ClockStarted(_ClockScheduled):
    """A clock runs; `due_at` is when its policy wants it stopped."""


class ClockResumed(_ClockScheduled):
    """A paused clock runs again, with the due time moved by what it stood still."""


class ClockRescheduled(_ClockScheduled):
    """A running clock got another due time, because its calendar or policy changed."""


class ClockPaused(Event):
    """A clock stands still, and while it does nobody is late."""

    clock_id: ClockKey
    reason: Text
    part: Part | None = None
    stage: Code | None = None
    epoch: Epoch | None = None
    opd: Code | None = None


class _DeadlineReached(Event):
    clock_id: ClockKey
    part: Part = 0
    stage: Code
    epoch: Epoch = 0
    opd: Code | None = None
    due_at: UtcDatetime


class DeadlineNear(_DeadlineReached):
    """The greater part of a clock's time is used up (75 % unless the policy says otherwise)."""


class DeadlineMissed(_DeadlineReached):
    """A clock's due time passed; never published before it has."""


class ClockStopped(Event):
    """A clock is over; `held_seconds` says how long each OPD held the case while it ran.

    `working_seconds` is how much working time passed while it ran, by the clock's calendar, and
    `held_working_seconds` how much of that each OPD held the case.
    """

    clock_id: ClockKey
    outcome: ClockOutcome
    elapsed_seconds: Seconds
    working_seconds: Seconds
    held_seconds: dict[Code, Seconds] = Field(default_factory=dict)
    part: Part | None = None
    stage: Code | None = None
    epoch: Epoch | None = None
    opd: Code | None = None
    held_working_seconds: dict[Code, Seconds] = Field(default_factory=dict)


class CaseEscalated(Event):
    """A role was told of a clock that is near or missed; each level of a clock comes once."""

    clock_id: ClockKey
    level: Annotated[int, Field(ge=0, le=100)]
    to_role: Code
    opd: Code | None = None
    part: Part | None = None
    stage: Code | None = None
    epoch: Epoch | None = None
