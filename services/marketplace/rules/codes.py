"""One-time codes: when one may be sent, and what becomes of a try."""

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

CODE_DIGITS: Final = 6
#: Between two codes for one number: what a message takes to arrive.
LEAST_PAUSE: Final = timedelta(seconds=45)
WINDOW: Final = timedelta(hours=1)

Verdict = Literal["right", "wrong", "over"]


def draw_code(random_below: Callable[[int], int]) -> str:
    """Return six digits."""
    return f"{random_below(10**CODE_DIGITS):0{CODE_DIGITS}}"


def seconds_to_wait(sent_at: Sequence[datetime], most: int, now: datetime) -> int:
    """Return after how many seconds the next code may go, 0 for now.

    `sent_at` are the times of those that one number got within the last hour.
    """
    recent = sorted(each for each in sent_at if each > now - WINDOW)
    free_at = now
    if recent:
        free_at = max(free_at, recent[-1] + LEAST_PAUSE)
    if len(recent) >= most:
        free_at = max(free_at, recent[-most] + WINDOW)
    seconds = (free_at - now).total_seconds()
    return 0 if seconds <= 0 else max(1, int(seconds + 0.999))


def judge_try(
    kept: bytes,
    given: Sequence[bytes],
    *,
    tries: int,
    most: int,
    expires_at: datetime,
    now: datetime,
) -> Verdict:
    """Say what a try is worth; `tries` are those before it. A code that is over is never right.

    `given` are the hashes of what was typed, under each key that may have hashed what is kept.
    """
    if tries >= most or now >= expires_at:
        return "over"
    return "right" if any(hmac.compare_digest(kept, each) for each in given) else "wrong"
