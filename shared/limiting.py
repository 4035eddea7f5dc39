"""How often one caller may do something: fixed windows, counted in this process's memory.

Several replicas let through as many times as much, and a restart forgets: a limit holds off floods
and mistakes, and is no accounting. Who is on the list of the blocked is kept in the database.
"""

from collections import OrderedDict
from math import ceil
from typing import Final

from limits import parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from shared.clock import Clock
from shared.errors import TooManyRequests

#: About 50 MB, if that many callers came within one window; then the oldest windows are forgotten.
MOST_WINDOWS: Final = 200_000


class RateLimit:
    """One limit, such as `30 per hour`, for each of many callers."""

    def __init__(self, clock: Clock, notation: str) -> None:
        """Read the limit in the notation of the library `limits`; raises ValueError."""
        self._clock = clock
        self._limit = parse(notation)
        self._windows = FixedWindowRateLimiter(_Windows(clock))

    def hit(self, caller: bytes) -> None:
        """Count a request of this caller (a hash); raises TooManyRequests above the limit."""
        name = caller.hex()
        if self._windows.hit(self._limit, name):
            return
        ends_at = self._windows.get_window_stats(self._limit, name).reset_time
        seconds = max(1, ceil(ends_at - self._clock.now().timestamp()))
        raise TooManyRequests(
            f"Terlalu banyak kiriman. Coba lagi dalam {_in_words(seconds)}.",
            headers={"Retry-After": str(seconds)},
        )


class _Windows(Storage):
    """Where the library keeps its windows: they end by our clock, in the order they began.

    The library's own storage in memory looks through all windows a hundred times a second.
    """

    STORAGE_SCHEME = ["tanggap-windows"]

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        # For each key, when its window ends and what was counted in it; all are equally long.
        self._kept: OrderedDict[str, tuple[float, int]] = OrderedDict()

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = self._clock.now().timestamp()
        self._forget(now)
        ends_at, count = self._kept.get(key, (0.0, 0))
        if ends_at <= now:
            self._kept.pop(key, None)
            ends_at, count = now + expiry, 0
        self._kept[key] = (ends_at, count + amount)
        return count + amount

    def get(self, key: str) -> int:
        ends_at, count = self._kept.get(key, (0.0, 0))
        return count if ends_at > self._clock.now().timestamp() else 0

    def get_expiry(self, key: str) -> float:
        return self._kept.get(key, (self._clock.now().timestamp(), 0))[0]

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        forgotten = len(self._kept)
        self._kept.clear()
        return forgotten

    def clear(self, key: str) -> None:
        self._kept.pop(key, None)

    def _forget(self, now: float) -> None:
        """Let go of what is over: two for each that comes, so that no request waits for many."""
        for _ in range(2):
            if not self._kept:
                return
            oldest = next(iter(self._kept))
            if self._kept[oldest][0] > now and len(self._kept) < MOST_WINDOWS:
                return
            del self._kept[oldest]


def _in_words(seconds: int) -> str:
    return f"{seconds} detik" if seconds < 120 else f"{ceil(seconds / 60)} menit"
