"""How alike complaints are: symmetric, between 0 and 1, and nothing beyond place and time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.rules.likeness import (
    METRES_PER_DEGREE,
    Reach,
    Report,
    areas_around,
    cell_of,
    cells_around,
    likeness,
)

AT = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
REACH = Reach(metres=250, days=30)
AREAS = ("99.71.01", "99.71.01.1001", "99.71.01.1002", "99.71.02", None)
LAT, LON = -7.62874, 111.53067

points = st.one_of(
    st.just((None, None)),
    st.tuples(st.floats(-7.70, -7.55), st.floats(111.45, 111.60)),
)
reports = st.builds(
    lambda text, days, point, area: Report(
        text, AT + timedelta(days=days), point[0], point[1], area
    ),
    st.one_of(
        st.text(max_size=60), st.sampled_from(["Lampu jalan padam.", "lampu padam", "jalan"])
    ),
    st.floats(0, 60),
    points,
    st.sampled_from(AREAS),
)


@given(reports, reports)
def test_likeness_is_the_same_both_ways_and_from_0_to_1(one: Report, other: Report) -> None:
    score = likeness(one, other, REACH)
    assert 0 <= score <= 1
    assert score == likeness(other, one, REACH)


@given(reports)
def test_the_same_words_at_the_same_point_and_time_are_the_same(report: Report) -> None:
    here = replace(report, lat=LAT, lon=LON)
    assert likeness(here, here, REACH) == 1


@given(reports, reports)
def test_beyond_place_or_time_nothing_is_alike(one: Report, other: Report) -> None:
    assert likeness(one, replace(other, at=one.at + timedelta(days=30.01)), REACH) == 0
    nowhere = Report(one.text, one.at)
    assert likeness(nowhere, other, REACH) == 0
    far = replace(other, lat=LAT, lon=LON)
    north = replace(one, lat=LAT + 251 / METRES_PER_DEGREE, lon=LON)
    assert likeness(north, far, REACH) == 0


@given(st.floats(-7.70, -7.55), st.floats(111.45, 111.60), st.floats(-1, 1), st.floats(-1, 1))
def test_what_is_near_lies_in_one_of_the_nine_cells(
    lat: float, lon: float, north: float, east: float
) -> None:
    there = lat + north * 250 / METRES_PER_DEGREE, lon + east * 250 / METRES_PER_DEGREE
    assert cell_of(*there, 250) in cells_around(lat, lon, 250)


@pytest.mark.parametrize(
    ("other", "least", "most"),
    [
        ("Lampu jalan di depan pos ronda RT 03 padam.", 0.85, 1.0),
        ("Di depan pos ronda RT 3 lampu jalannya padam", 0.75, 1.0),
        ("Sampah menumpuk di belakang pasar sejak kemarin.", 0.0, 0.5),
        ("lampu", 0.0, 0.65),
    ],
)
def test_words_decide_at_one_place(other: str, least: float, most: float) -> None:
    one = Report("Lampu jalan padam di depan pos ronda RT 03.", AT, LAT, LON)
    assert least <= likeness(one, Report(other, AT, LAT, LON), REACH) <= most


def test_without_points_the_village_tells_more_than_the_district() -> None:
    def score(one: str, other: str) -> float:
        text = "Lampu jalan padam."
        return likeness(Report(text, AT, area_code=one), Report(text, AT, area_code=other), REACH)

    assert score("99.71.01.1001", "99.71.01.1001") > score("99.71.01", "99.71.01.1001") > 0
    assert score("99.71.01.1001", "99.71.01.1002") == 0
    assert score("99.71.01", "99.71.02") == 0
    assert areas_around("99.71.01.1001") == ["99.71.01", "99.71.01.1001"]
