"""The only place that reads the time; everything else is given a Clock."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
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


class SteeredClock:
    """The wall clock, unless a file says otherwise: for demonstrations on a running system.

    The file holds JSON: `{"wall": <ISO time>, "shown": <ISO time>, "speed": <factor>}`. From the
    wall time on, the clock shows the other time and runs at that speed. Without the file, or with
    one that cannot be read, it is the wall clock. Several processes that share the file agree.
    """

    def __init__(self, path: Path, wall: Clock | None = None) -> None:
        """Look for the file at each reading, at the cost of one `stat`."""
        self._path = path
        self._wall = wall or SystemClock()
        self._seen: tuple[int, int] | None = None
        self._course: tuple[datetime, datetime, float] | None = None

    def now(self) -> datetime:
        """Return the instant that the file makes of the wall clock's."""
        wall = self._wall.now()
        try:
            status = self._path.stat()
        except OSError:
            return wall
        if (status.st_mtime_ns, status.st_ino) != self._seen:
            self._course = self._read()
            self._seen = (status.st_mtime_ns, status.st_ino)
        if self._course is None:
            return wall
        began, shown, speed = self._course
        return shown + (wall - began) * speed

    def steer(self, shown: datetime, speed: float) -> None:
        """Show this time from now on, and run at this speed, in every process with this file."""
        course = {"wall": self._wall.now().isoformat(), "shown": shown.isoformat(), "speed": speed}
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps(course))
        draft.replace(self._path)

    def release(self) -> None:
        """Let every process go back to the wall clock."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> tuple[datetime, datetime, float] | None:
        try:
            course = json.loads(self._path.read_text())
            return (
                datetime.fromisoformat(course["wall"]),
                datetime.fromisoformat(course["shown"]),
                float(course["speed"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
