"""What a register says of an application: what matches, what differs, and what comes first."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.rules.registers import (
    Listed,
    box_around,
    choose_match,
    differs,
    facts_of,
    metres_between,
    write_facts,
)
from shared.catalogue.blocks import Match

TODAY = date(2026, 3, 9)
HERE = (-7.0, 110.0)
MATCH = Match(near_metres=100, compare=("lebar",))


def listed(name: str, metres: float = 0, *, until: date | None = None, **cells: Any) -> Listed:
    return Listed(name, cells, HERE[0] + metres / 111_320, HERE[1], until)


def chosen(*candidates: Listed, answers: dict[str, Any] | None = None) -> dict[str, Any]:
    return choose_match(MATCH, answers or {}, HERE, candidates, TODAY)


def test_nothing_near_is_no_match() -> None:
    said = {"register_match": "none", "register_metres": None, "register_entry": None}
    assert chosen() == said
    assert chosen(listed("jauh", 101)) == said


def test_the_nearest_valid_one_is_found() -> None:
    said = chosen(
        listed("dekat", 5, until=date(2026, 3, 8)), listed("tengah", 40), listed("jauh", 90)
    )
    assert (said["register_match"], said["register_entry"]) == ("found", "tengah")
    assert said["register_metres"] == pytest.approx(40, abs=0.2)


def test_one_that_expired_says_so_and_one_of_today_has_not() -> None:
    assert chosen(listed("lama", until=date(2026, 3, 8)))["register_match"] == "expired"
    assert chosen(listed("kini", until=TODAY))["register_match"] == "found"


def test_what_differs_is_told_with_its_columns() -> None:
    said = chosen(listed("satu", lebar=4), answers={"lebar": 4.5})
    assert (said["register_match"], said["register_differs"]) == ("differs", ["lebar"])
    assert "register_differs" not in chosen(listed("satu", lebar=4), answers={"lebar": 4.0})
    assert chosen(listed("satu"), answers={"lebar": 4.5})["register_match"] == "found"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (4, 4.0, False),
        ("A 1", "a  1", False),
        ("A1", "A2", True),
        (True, False, True),
        (4, "4", False),
    ],
)
def test_what_is_written_alike_is_the_same(one: Any, other: Any, expected: bool) -> None:
    assert differs(one, other) is expected


def test_facts_hold_whatever_is_in_them() -> None:
    assert facts_of("kode", ["A'b\\", "c"]) == ["=kode:a'b\\", "=kode:c"]
    assert write_facts(["=kode:a'b\\", "=n:1"]) == "'=kode:a''b\\\\' & '=n:1'"


_LAT, _LON = st.floats(-11, 6), st.floats(95, 141)


@given(lat=_LAT, lon=_LON, up=st.floats(-0.02, 0.02), right=st.floats(-0.02, 0.02))
def test_a_box_holds_all_that_is_near(lat: float, lon: float, up: float, right: float) -> None:
    metres = 1000.0
    south, west, north, east = box_around(lat, lon, metres)
    if metres_between(lat, lon, lat + up, lon + right) <= metres:
        assert south <= lat + up <= north
        assert west <= lon + right <= east
