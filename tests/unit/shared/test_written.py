"""What a form takes for a day or a time, and what it refuses."""

from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.written import WrittenDay, WrittenTime

DAY: TypeAdapter[date] = TypeAdapter(WrittenDay)
TIME: TypeAdapter[datetime] = TypeAdapter(WrittenTime)


def test_a_written_time_is_taken_in_its_zone() -> None:
    assert DAY.validate_python("2026-03-09") == date(2026, 3, 9)
    taken = TIME.validate_python("2026-03-10T07:00:00+07:00")
    assert (taken, taken.tzinfo) == (datetime(2026, 3, 10, tzinfo=UTC), UTC)


@pytest.mark.parametrize("given", [0, 1.5, "0", "-1", "1773014400", "1773014400.5", None, True])
@pytest.mark.parametrize("kind", [DAY, TIME])
def test_a_number_is_no_time(kind: TypeAdapter[object], given: object) -> None:
    with pytest.raises(ValidationError, match="tertulis, seperti 2026-03-"):
        kind.validate_python(given)


@pytest.mark.parametrize(
    "given", ["2026-03-10T07:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_a_time_without_a_zone_or_beyond_the_calendar_is_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        TIME.validate_python(given)
