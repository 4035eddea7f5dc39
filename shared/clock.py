"""The only place that reads the time; everything else is given a Clock."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        ...


class SystemClock:
    """The machine's wall clock."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that may


class ManualClock:
    """A clock that stands still until it is moved: for tests and simulations."""

    def __init__(self, start: datetime) -> None:
        """Start at an aware instant."""
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant that the clock was last moved to."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forwards, or backwards with a negative duration."""
        self._now += by

    def set(self, to: datetime) -> None:
        """Move to an aware instant."""
        self._now = to.astimezone(UTC)
