"""How alike two complaints are: by their words, their places and their times. Pure."""

from dataclasses import dataclass
from datetime import datetime
from math import cos, floor, hypot, radians
from typing import Final

from rapidfuzz.fuzz import token_set_ratio, token_sort_ratio
from rapidfuzz.utils import default_process

#: One degree of latitude; of longitude it is this times the cosine of the latitude.
METRES_PER_DEGREE: Final = 111_320
#: Codes as long as this name a sub-district; longer ones a village in it.
_DISTRICT_CODE: Final = 8
# Of two complaints without points nobody knows how far they are apart.
_SAME_VILLAGE: Final = 0.9
_SAME_DISTRICT: Final = 0.75
#: At the end of the window a like complaint counts for half.
_OLDEST: Final = 0.5


@dataclass(frozen=True, slots=True)
class Report:
    """What is compared: masked words, the place as far as it is known, and when it came."""

    text: str
    at: datetime
    lat: float | None = None
    lon: float | None = None
    area_code: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far apart two complaints about one matter may be: in space and in time."""

    metres: float
    days: float


def likeness(one: Report, other: Report, reach: Reach) -> float:
    """Return 0 (another matter) to 1 (the same words, place and time); the same both ways."""
    apart = _place_likeness(one, other, reach.metres) * _time_likeness(one, other, reach.days)
    return apart * _text_likeness(one.text, other.text) if apart else 0.0


def cells_around(lat: float, lon: float, metres: float) -> list[int]:
    """Return the nine cells of a grid in which everything within `metres` of a point lies."""
    row, column = _cell(lat, lon, metres)
    return [_number(row + up, column + right) for up in (-1, 0, 1) for right in (-1, 0, 1)]


def cell_of(lat: float, lon: float, metres: float) -> int:
    """Return the number of a point's cell; cells are at least `metres` high and wide."""
    return _number(*_cell(lat, lon, metres))


def areas_around(area_code: str | None) -> list[str]:
    """Return the codes under which a complaint of this area may stand: its own, its district's."""
    if area_code is None:
        return []
    return sorted({area_code, area_code[:_DISTRICT_CODE]})


def _text_likeness(one: str, other: str) -> float:
    """Compare words in any order; one that says only a part of what the other says is less alike.

    So a single word that stands in the other text too is not the same matter.
    """
    if one == other:
        return 1.0
    first, second = sorted((default_process(one), default_process(other)))
    return (token_set_ratio(first, second) + token_sort_ratio(first, second)) / 200


def _place_likeness(one: Report, other: Report, metres: float) -> float:
    apart = _metres_between(one, other)
    if apart is not None:
        # Half at the edge of what one matter spans; a point is seldom set more precisely.
        return max(0.0, 1 - apart / (2 * metres)) if apart <= metres else 0.0
    if one.area_code is None or other.area_code is None:
        return 0.0
    if one.area_code == other.area_code:
        return _SAME_VILLAGE if len(one.area_code) > _DISTRICT_CODE else _SAME_DISTRICT
    district = one.area_code[:_DISTRICT_CODE]
    if district in {one.area_code, other.area_code} and other.area_code.startswith(district):
        return _SAME_DISTRICT
    return 0.0


def _time_likeness(one: Report, other: Report, days: float) -> float:
    apart = abs((one.at - other.at).total_seconds()) / 86_400
    return 1 - (1 - _OLDEST) * apart / days if apart <= days else 0.0


def _metres_between(one: Report, other: Report) -> float | None:
    """Return the distance on a plane, which within a city differs from the sphere's by nothing."""
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return None
    narrowing = cos(radians((one.lat + other.lat) / 2))
    return METRES_PER_DEGREE * hypot(one.lat - other.lat, (one.lon - other.lon) * narrowing)


def _cell(lat: float, lon: float, metres: float) -> tuple[int, int]:
    height = metres / METRES_PER_DEGREE
    # Nowhere in Indonesia (11° south to 6° north) is a degree of longitude shorter than this.
    width = height / cos(radians(12))
    return floor((lat + 90) / height), floor((lon + 180) / width)


def _number(row: int, column: int) -> int:
    return row * 10_000_000 + column
