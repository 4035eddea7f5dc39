"""Which area a point lies in, by the borders of a profile, and what borders are refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.conditions import Circumstances
from services.routing.outlines import OUTLINES
from services.routing.profile import check, read
from services.routing.regions import Regions
from services.routing.rules import compile_rules
from tests.support.servers import PROFILE

CONTOH = read(PROFILE)
REGIONS = Regions(CONTOH.areas)


class TestRegions:
    def test_the_village_is_found_before_its_district(self) -> None:
        code = REGIONS.area_at(-7.69, 111.46)
        assert code == "99.71.01.1001"

    @pytest.mark.parametrize("point", [(-6.2, 106.8), (0.0, 0.0), (111.46, -7.69)])
    def test_a_point_outside_is_in_no_area(self, point: tuple[float, float]) -> None:
        assert REGIONS.area_at(*point) is None

    @given(lat=st.floats(-7.699, -7.551), lon=st.floats(111.451, 111.599))
    def test_within_the_bounds_there_is_always_one(self, lat: float, lon: float) -> None:
        code = REGIONS.area_at(lat, lon)
        assert code is not None
        assert code in {area.code for area in CONTOH.areas}

    def test_without_borders_nothing_is_found(self) -> None:
        assert Regions([]).area_at(-7.69, 111.46) is None

    def test_the_point_places_what_belongs_to_a_sub_district(self) -> None:
        router = compile_rules(CONTOH)
        came = Circumstances(point=(-7.60, 111.50))
        decision = router.choose_opd("mohon surat keterangan ahli waris", came=came)
        assert decision.opd == "KEC-TIRTAJAYA"


class TestFile:
    @pytest.mark.parametrize(
        ("edit", "said"),
        [
            (lambda text: text.replace("99.71.05.1004", "99.71.09"), "no district or village"),
            (lambda text: text.replace('"Polygon"', '"Point"', 1), "areas.geojson:1"),
            (lambda text: text[:-20], "areas.geojson:"),
            (lambda _: "[]", "not a collection"),
            (lambda _: json.dumps({"features": [{}]}), "not a collection"),
            (
                lambda text: text.replace("[111.45, -7.7], [111.48, -7.7]", "[1, 1], [1, 1]"),
                "feature 1",
            ),
        ],
    )
    def test_what_is_wrong_with_it_is_told(self, tmp_path: Path, edit: Any, said: str) -> None:
        folder = tmp_path / "profil"
        shutil.copytree(PROFILE, folder)
        path = folder / OUTLINES
        path.write_text(edit(path.read_text()))
        problems = check(folder)
        assert problems
        assert any(said in str(problem) for problem in problems), problems

    def test_a_profile_may_do_without(self, tmp_path: Path) -> None:
        folder = tmp_path / "profil"
        shutil.copytree(PROFILE, folder)
        (folder / OUTLINES).unlink()
        assert check(folder) == []
