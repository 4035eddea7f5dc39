"""Limits: so many in a window and no more, each caller apart, and little memory."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import shared.limiting
from shared.clock import ManualClock
from shared.errors import TooManyRequests
from shared.limiting import RateLimit

START = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)


def is_let_in(limit: RateLimit, caller: bytes = b"a") -> bool:
    try:
        limit.hit(caller)
    except TooManyRequests:
        return False
    return True


def test_what_is_above_the_limit_hears_when_to_come_back() -> None:
    clock = ManualClock(START)
    limit = RateLimit(clock, "2 per minute")
    assert is_let_in(limit)
    clock.advance(timedelta(seconds=20))
    assert is_let_in(limit)
    with pytest.raises(TooManyRequests) as refused:
        limit.hit(b"a")
    assert refused.value.headers == {"Retry-After": "40"}
    assert "40 detik" in refused.value.detail
    assert is_let_in(limit, b"b")
    clock.advance(timedelta(seconds=40))
    assert is_let_in(limit)


def test_a_long_wait_is_told_in_minutes() -> None:
    limit = RateLimit(ManualClock(START), "1 per hour")
    limit.hit(b"a")
    with pytest.raises(TooManyRequests, match="60 menit"):
        limit.hit(b"a")


def test_a_notation_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="couldn't parse"):
        RateLimit(ManualClock(START), "often")


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([b"a", b"b", b"c"])), max_size=60))
def test_no_window_lets_in_more_than_its_limit(steps: list[tuple[int, bytes]]) -> None:
    clock = ManualClock(START)
    limit = RateLimit(clock, "3 per minute")
    began: dict[bytes, datetime] = {}
    counted: dict[bytes, int] = {}
    for seconds, caller in steps:
        clock.advance(timedelta(seconds=seconds))
        if caller not in began or clock.now() >= began[caller] + timedelta(minutes=1):
            began[caller], counted[caller] = clock.now(), 0
        counted[caller] += 1
        assert is_let_in(limit, caller) == (counted[caller] <= 3)


def test_callers_of_the_past_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock(START)
    limit = RateLimit(clock, "1 per minute")
    kept = limit._windows.storage._kept  # type: ignore[attr-defined]  # noqa: SLF001
    for number in range(100):
        limit.hit(number.to_bytes(2))
    clock.advance(timedelta(minutes=1))
    for number in range(100, 200):
        limit.hit(number.to_bytes(2))
    assert len(kept) == 100
    monkeypatch.setattr(shared.limiting, "MOST_WINDOWS", 50)
    for number in range(200, 300):
        limit.hit(number.to_bytes(2))
    assert len(kept) <= 52
