"""Reads the borders of districts and villages: `areas.geojson` of a profile, one feature each.

A feature names its area by the property `code`; its geometry is a Polygon or MultiPolygon in WGS 84
(RFC 7946). A profile without the file has no borders.
"""

import json
from pathlib import Path
from typing import Any

from shared.profile import ProfileReader

OUTLINES = "areas.geojson"
MAX_FILE_BYTES = 20_000_000


def read_outlines(folder: Path, reader: ProfileReader) -> dict[str, str]:
    """Return each area's border by code, as the text of its geometry; notes what is wrong."""
    path = folder / OUTLINES
    if not path.exists():
        return {}
    try:
        features = json.loads(_text_of(path))["features"]
        return dict(_outline(number, feature) for number, feature in enumerate(features, 1))
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        reader.note(OUTLINES, line, f"not a collection of areas: {error}")
        return {}


def _text_of(path: Path) -> str:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"larger than {MAX_FILE_BYTES} bytes")
    return path.read_text(encoding="utf-8")


def _outline(number: int, feature: Any) -> tuple[str, str]:
    from shapely import GEOSException, from_geojson  # noqa: PLC0415 - only for who has borders

    code = str(feature["properties"]["code"])
    text = json.dumps(feature["geometry"])
    try:
        shape = from_geojson(text)
    except GEOSException as error:
        raise ValueError(f"feature {number} ({code}): {error}") from error
    if shape.geom_type not in {"Polygon", "MultiPolygon"} or not shape.is_valid or shape.is_empty:
        raise ValueError(f"feature {number} ({code}) is no sound Polygon or MultiPolygon")
    return code, text
