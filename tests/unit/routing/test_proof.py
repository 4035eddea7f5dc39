"""What looks odd about a photo: used before, taken elsewhere or at another time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.routing.proof import (
    FAR_METRES,
    SAME_PICTURE_BITS,
    Shot,
    Suspicion,
    bands_of,
    metres_between,
    neighbours_of,
    suspect,
)

SUBMITTED = datetime(2026, 3, 9, 1, tzinfo=UTC)
NOW = SUBMITTED + timedelta(days=1)
PLACE = (-7.62, 111.52)
PRINTS = st.integers(0, 2**64 - 1)


def _shot(bits: int = 0, complaint: str = "a", **values: object) -> Shot:
    return Shot("shot", complaint, f"dhash:{bits:016x}", **values)  # type: ignore[arg-type]


def _suspect(shot: Shot, *earlier: Shot) -> list[Suspicion]:
    return suspect(shot, earlier, place=PLACE, submitted_at=SUBMITTED, now=NOW)


@given(PRINTS, st.sets(st.integers(0, 63), max_size=SAME_PICTURE_BITS))
def test_picture_that_is_nearly_the_same_is_found_and_suspected(
    bits: int, flipped: set[int]
) -> None:
    other = bits
    for bit in flipped:
        other ^= 1 << bit
    assert set(bands_of(f"dhash:{other:016x}")) & set(neighbours_of(f"dhash:{bits:016x}"))
    found = _suspect(_shot(bits), _shot(other, complaint="b"))
    assert [each.kind for each in found] == ["reused"]
    assert found[0].details["bits"] == len(flipped)


@given(PRINTS, PRINTS)
def test_pictures_that_differ_more_are_not_suspected(one: int, other: int) -> None:
    far = (one ^ other).bit_count() > SAME_PICTURE_BITS
    assert bool(_suspect(_shot(one), _shot(other, complaint="b"))) != far


def test_same_photo_on_the_same_case_is_no_reuse() -> None:
    assert _suspect(_shot(5), _shot(5)) == []


def test_other_files_have_no_likeness() -> None:
    assert bands_of("sha256:ab") == neighbours_of("sha256:ab") == []


def test_place_and_time_are_compared_with_the_case() -> None:
    near = _shot(lat=PLACE[0] + 0.001, lon=PLACE[1], taken_at=SUBMITTED + timedelta(hours=1))
    assert _suspect(near) == []
    far = _shot(lat=PLACE[0] + 0.02, lon=PLACE[1])
    assert [each.kind for each in _suspect(far)] == ["elsewhere"]
    old = _shot(taken_at=SUBMITTED - timedelta(days=1))
    assert [each.kind for each in _suspect(old)] == ["too_old"]
    coming = _shot(taken_at=NOW + timedelta(hours=1))
    assert [each.kind for each in _suspect(coming)] == ["in_the_future"]


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_distance_is_symmetric_and_at_most_half_the_earth(
    lat1: float, lon1: float, lat2: float, lon2: float
) -> None:
    there = metres_between((lat1, lon1), (lat2, lon2))
    assert abs(there - metres_between((lat2, lon2), (lat1, lon1))) < 1
    assert 0 <= there <= 20_016_000


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    assert 111_000 < metres_between((0, 0), (1, 0)) < 111_400
    assert FAR_METRES < 111_000
