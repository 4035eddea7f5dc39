"""How the public finds products: facts beside words in one index, and orders that stay bounded."""

from dataclasses import dataclass
from datetime import date
from math import asin, cos, radians, sin, sqrt
from typing import Final, Literal

#: What begins a fact in the index; no word of a text begins with it.
MARK: Final = "="
_EARTH_METRES: Final = 6_371_008.8

Order = Literal["relevance", "newest", "cheapest", "dearest", "nearest"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a buyer chooses by. `text` is what a search engine takes; prices are whole rupiah."""

    text: str = ""
    category: str | None = None
    village: str | None = None
    district: str | None = None
    size: str | None = None
    trader_id: str | None = None
    price_from: int | None = None
    price_to: int | None = None
    in_stock: bool = False
    lat: float | None = None
    lon: float | None = None
    within_metres: int | None = None

    def facts(self) -> list[str]:
        """Return the facts that a listing must have, as they stand in the index."""
        named = {
            "category": self.category,
            "village": self.village,
            "district": self.district,
            "size": self.size,
            "trader": self.trader_id,
        }
        found = [f"{MARK}{name}:{value}" for name, value in named.items() if value is not None]
        return [*found, f"{MARK}stock"] if self.in_stock else found

    @property
    def uses_words(self) -> bool:
        """Tell whether the index of words has anything to choose by."""
        return bool(self.text or self.facts())


def write_facts(facts: list[str]) -> str:
    """Write what Postgres casts to `tsquery`: all of the facts."""
    quoted = [each.replace("\\", "\\\\").replace("'", "''") for each in facts]
    return " & ".join(f"'{each}'" for each in quoted)


def degrees_around(lat: float, metres: float) -> tuple[float, float]:
    """Return by how many degrees of latitude and longitude a box reaches at least so far."""
    by_lat = metres / _EARTH_METRES * 57.29577951308232
    narrowing = max(0.01, cos(radians(min(89.0, abs(lat) + by_lat))))
    return by_lat, min(180.0, by_lat / narrowing)


def metres_between(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the distance of two points on the ground (haversine)."""
    north, east = radians(other_lat - lat), radians(other_lon - lon)
    chord = sin(north / 2) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(east / 2) ** 2
    return 2 * _EARTH_METRES * asin(min(1.0, sqrt(chord)))


def is_in_season(available_from: date | None, available_until: date | None, day: date) -> bool:
    """Tell whether what is offered is there on a day; what names no days always is."""
    begun = available_from is None or available_from <= day
    return begun and (available_until is None or day <= available_until)
