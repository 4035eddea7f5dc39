"""When and where a photo was taken, as its EXIF says; what cannot be believed is left out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from shared.media.files import Taken

if TYPE_CHECKING:
    from PIL import Image

# Tags of EXIF 2.32.
_EXIF_IFD: Final = 0x8769
_GPS_IFD: Final = 0x8825
_TAKEN: Final = 0x9003
_TAKEN_OFFSET: Final = 0x9011
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = range(1, 5)


def read_taken(exif: "Image.Exif", zone: str) -> Taken:
    """Return what the EXIF says; a camera that names no offset is taken to be in `zone`."""
    lat, lon = _position(exif.get_ifd(_GPS_IFD))
    return Taken(_time(exif.get_ifd(_EXIF_IFD), zone), lat, lon)


def _time(tags: Mapping[int, Any], zone: str) -> datetime | None:
    written = str(tags.get(_TAKEN, "")).strip("\0 ")
    offset = str(tags.get(_TAKEN_OFFSET, "")).strip("\0 ")
    try:
        if offset:
            return datetime.strptime(written + offset, "%Y:%m:%d %H:%M:%S%z").astimezone(UTC)
        taken_at = datetime.strptime(written, "%Y:%m:%d %H:%M:%S").replace(tzinfo=ZoneInfo(zone))
        return taken_at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _position(tags: Mapping[int, Any]) -> tuple[float, float] | tuple[None, None]:
    lat = _degrees(tags.get(_LATITUDE), tags.get(_LATITUDE_REF), "N", "S", 90)
    lon = _degrees(tags.get(_LONGITUDE), tags.get(_LONGITUDE_REF), "E", "W", 180)
    # Nought and nought is how some phones say that they do not know.
    if lat is None or lon is None or (lat == 0 and lon == 0):
        return None, None
    return lat, lon


def _degrees(parts: Any, ref: Any, positive: str, negative: str, most: int) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if ref not in {positive, negative} or not isfinite(value) or not 0 <= value <= most:
        return None
    return round(value if ref == positive else -value, 7)
