"""Finds the area in which a point lies, by the borders that the profile has."""

from collections.abc import Iterable
from typing import Any

from services.routing.catalogue import Area


class Regions:
    """The borders made ready for thousands of points a second; without borders nothing is found.

    `shapely` is loaded by the first border: a Pemda without borders does not pay for it.
    """

    def __init__(self, areas: Iterable[Area]) -> None:
        drawn = [area for area in areas if area.outline is not None]
        # A village's code is longer than its district's: where both have a border, it wins.
        drawn.sort(key=lambda area: (-len(area.code), area.code))
        self._codes = [area.code for area in drawn]
        self._tree = _tree_of([str(area.outline) for area in drawn]) if drawn else None

    def area_at(self, lat: float, lon: float) -> str | None:
        """Return the code of the smallest area around a point; on a border, the first code."""
        if self._tree is None:
            return None
        from shapely import Point  # noqa: PLC0415 - loaded only where there are borders

        found = self._tree.query(Point(lon, lat), predicate="intersects")
        return self._codes[min(found)] if len(found) else None


def _tree_of(outlines: list[str]) -> Any:
    from shapely import STRtree, from_geojson, prepare  # noqa: PLC0415 - see Regions

    shapes = [from_geojson(outline) for outline in outlines]
    for shape in shapes:
        prepare(shape)
    return STRtree(shapes)
