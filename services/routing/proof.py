"""What looks odd about a photo that shall prove the work. Pure; suspicion never refuses.

A photo that was used for another case, was taken elsewhere, or at another time than between the
report and its closing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final, Literal

from shared.media.fingerprint import PICTURE, hamming

Kind = Literal["reused", "elsewhere", "too_old", "in_the_future"]

#: By how many of 64 bits two shots of one photo differ at most.
SAME_PICTURE_BITS: Final = 7
#: A phone's position is off by some tens of metres; a street may be long.
FAR_METRES: Final = 1_000
#: Phones' clocks are off by some minutes.
SLACK: Final = timedelta(minutes=15)
_BANDS: Final = 4
_BAND_BITS: Final = 16
_EARTH_METRES: Final = 6_371_000


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo: its fingerprint, and when and where it says that it was taken."""

    attachment_id: str
    complaint_id: str
    fingerprint: str
    taken_at: datetime | None = None
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What looks odd about a shot, with what a person needs to judge it."""

    kind: Kind
    attachment_id: str
    details: dict[str, Any]


def bands_of(fingerprint: str) -> list[int]:
    """Return the parts of a picture's fingerprint, each with its place; none of other files."""
    if not fingerprint.startswith(PICTURE):
        return []
    return [place << _BAND_BITS | band for place, band in enumerate(_split(fingerprint))]


def neighbours_of(fingerprint: str) -> list[int]:
    """Return every part by which a picture within SAME_PICTURE_BITS is found.

    Of four parts that differ by seven bits together, one differs by one bit at most.
    """
    if not fingerprint.startswith(PICTURE):
        return []
    radius = SAME_PICTURE_BITS // _BANDS
    masks = [
        sum(1 << bit for bit in bits)
        for count in range(radius + 1)
        for bits in combinations(range(_BAND_BITS), count)
    ]
    return [
        place << _BAND_BITS | band ^ mask
        for place, band in enumerate(_split(fingerprint))
        for mask in masks
    ]


def suspect(
    shot: Shot,
    earlier: Iterable[Shot],
    *,
    place: tuple[float, float] | None,
    submitted_at: datetime,
    now: datetime,
) -> list[Suspicion]:
    """Return what looks odd about a shot; `place` is the case's, in degrees of WGS 84."""
    found = [
        Suspicion(
            "reused",
            shot.attachment_id,
            {
                "complaint_id": other.complaint_id,
                "attachment_id": other.attachment_id,
                "bits": bits,
            },
        )
        for other in earlier
        if other.complaint_id != shot.complaint_id
        and (bits := hamming(shot.fingerprint, other.fingerprint)) is not None
        and bits <= SAME_PICTURE_BITS
    ]
    if place is not None and shot.lat is not None and shot.lon is not None:
        metres = metres_between(place, (shot.lat, shot.lon))
        if metres > FAR_METRES:
            found.append(Suspicion("elsewhere", shot.attachment_id, {"metres": round(metres)}))
    if shot.taken_at is not None:
        taken = {"taken_at": shot.taken_at.isoformat()}
        if shot.taken_at < submitted_at - SLACK:
            found.append(Suspicion("too_old", shot.attachment_id, taken))
        elif shot.taken_at > now + SLACK:
            found.append(Suspicion("in_the_future", shot.attachment_id, taken))
    return found


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the great-circle distance of two points in degrees (haversine formula)."""
    lat1, lon1, lat2, lon2 = map(radians, (*one, *other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_METRES * asin(min(1.0, sqrt(half)))


def _split(fingerprint: str) -> list[int]:
    bits = int(fingerprint.removeprefix(PICTURE), 16)
    mask = (1 << _BAND_BITS) - 1
    return [bits >> _BAND_BITS * place & mask for place in range(_BANDS)]
