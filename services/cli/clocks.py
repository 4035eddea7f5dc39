"""The clock of a command: the wall's, or the one that a demonstration steers."""

from shared.clock import Clock, SteeredClock, SystemClock
from shared.settings import CoreSettings


def make_clock(core: CoreSettings) -> Clock:
    """Return the wall clock, or one that a demonstration may steer."""
    return SteeredClock(core.clock_file) if core.clock_file is not None else SystemClock()
