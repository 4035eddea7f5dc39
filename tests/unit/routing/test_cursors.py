"""Cursors come back as they went out, and whatever else is sent as one is refused, never raised."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.api.reading import read_page_start, write_page_start
from services.routing.queries import PageStart
from shared.cursor import write_cursor
from shared.errors import Invalid

TIMES = st.datetimes(timezones=st.just(UTC))


@given(TIMES, st.uuids().map(str))
def test_cursor_comes_back_to_the_microsecond(submitted_at: datetime, complaint_id: str) -> None:
    start = PageStart(submitted_at, complaint_id)
    assert read_page_start(write_page_start(start)) == start


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_anything_is_a_cursor_or_refused(text: str) -> None:
    try:
        read_page_start(text)
    except Invalid:
        return


@given(
    st.lists(st.integers() | st.text() | st.uuids().map(str), max_size=3),
)
def test_well_formed_positions_are_read_or_refused(position: list[int | str]) -> None:
    try:
        start = read_page_start(write_cursor(*position))
    except Invalid:
        return
    assert start.submitted_at.tzinfo is UTC
    assert write_cursor(*position) == write_page_start(start)


@pytest.mark.parametrize("microseconds", [10**18, -(10**18), 2**63, 10**400])
def test_times_outside_the_calendar_are_refused(microseconds: int) -> None:
    with pytest.raises(Invalid):
        read_page_start(write_cursor(microseconds, "019b76da-a800-7000-8000-00000000c001"))
