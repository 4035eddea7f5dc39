"""Districts and villages for a profile, from the Ministry's codes; all places here are invented."""

import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from services.cli import app
from services.cli.gazetteer import (
    District,
    GazetteerUnusable,
    districts_yaml,
    opds_yaml,
    put_districts,
    read_region,
)
from services.routing.catalogue import RoutingProfile
from services.routing.profile import read
from services.routing.rules import compile_rules
from tests.support.servers import PROFILE

CODES = """kode,nama
98,Provinsi Khayal
98.01,Kota Rekaan
98.01.02,Taman
98.01.02.1002,Sumur Bening
98.01.01,Wanasari
98.01.01.1001,"Batu, Hitam"
98.01.01.1002,Karang-karang Asri
98.02,Kabupaten Lain
98.02.01,Jauh
"""


@pytest.fixture
def codes(tmp_path: Path) -> Path:
    path = tmp_path / "kode.csv"
    path.write_text(CODES, encoding="utf-8")
    return path


def test_a_region_has_its_own_districts_in_order(codes: Path) -> None:
    name, districts = read_region(codes, "98.01")
    assert name == "Kota Rekaan"
    assert [(each.code, each.name) for each in districts] == [
        ("98.01.01", "Wanasari"),
        ("98.01.02", "Taman"),
    ]
    assert districts[0].villages[0] == ("98.01.01.1001", "Batu, Hitam")


@pytest.mark.parametrize(
    ("code", "content", "said"),
    [
        ("98", CODES, "no code of a kota"),
        ("98.1", CODES, "no code of a kota"),
        ("97.01", CODES, "has no region 97.01"),
        ("98.01", "code,name\n98.01,Rekaan\n", "no columns kode and nama"),
        ("98.01", "kode,nama\n98.01,Rekaan\n", "with kecamatan"),
        ("98.01", "", "no columns"),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, code: str, content: str, said: str) -> None:
    path = tmp_path / "kode.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(GazetteerUnusable, match=said):
        read_region(path, code)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "kode.csv"
    path.write_bytes(b"kode,nama\n98.01,\xff\xfe\n")
    with pytest.raises(GazetteerUnusable, match="UTF-8"):
        read_region(path, "98.01")


@given(name=st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1))
def test_any_name_is_read_back_as_it_was(name: str) -> None:
    district = District("98.01.01", name, [("98.01.01.1001", name)])
    found = yaml.safe_load(districts_yaml([district]))["districts"][0]
    assert (found["name"], found["villages"][0]["name"]) == (name, name)
    assert yaml.safe_load(opds_yaml([district]))[0]["name"] == f"Kecamatan {name}"


def test_two_districts_of_one_name_have_codes_of_their_own() -> None:
    entries = yaml.safe_load(
        opds_yaml([District("98.01.01", "Kota Baru"), District("98.01.02", "Kota Baru")])
    )
    assert [each["code"] for each in entries] == ["KEC-KOTABARU", "KEC-KOTABARU-02"]


def test_the_rest_of_pemda_yaml_stays_as_it_is_written(codes: Path, tmp_path: Path) -> None:
    path = tmp_path / "pemda.yaml"
    text = (PROFILE / "pemda.yaml").read_text(encoding="utf-8")
    path.write_text(text + "\nafter: 1  # stays\n", encoding="utf-8")
    put_districts(path, read_region(codes, "98.01")[1])
    put_districts(path, read_region(codes, "98.01")[1])
    changed = path.read_text(encoding="utf-8")
    assert changed.startswith(text[: text.index("districts:")])
    assert changed.endswith("after: 1  # stays\n")
    assert [each["name"] for each in yaml.safe_load(changed)["districts"]] == ["Wanasari", "Taman"]


def test_command_makes_places_that_routing_finds_in_texts(codes: Path, tmp_path: Path) -> None:
    profile = _profile_of(codes, tmp_path)
    router = compile_rules(profile)
    matter = "mohon surat keterangan ahli waris"
    assert router.choose_opd(f"{matter} di Karang karang Asri").opd == "KEC-WANASARI"
    assert router.choose_opd(f"{matter}, kel. sumur bening").opd == "KEC-TAMAN"
    # An ordinary word is a place only where the text says so.
    assert router.choose_opd(f"{matter}, rumah saya dekat taman").opd is None
    assert router.choose_opd(f"{matter} kec taman").opd == "KEC-TAMAN"


def _profile_of(codes: Path, tmp_path: Path) -> RoutingProfile:
    """Give the example profile these places, as its reader would."""
    folder = tmp_path / "profile"
    shutil.copytree(PROFILE, folder, ignore=shutil.ignore_patterns("demo", "areas.geojson"))
    result = CliRunner().invoke(
        app, ["profile", "gazetteer", "98.01", str(codes), "--into", str(folder)]
    )
    assert result.exit_code == 0, result.output
    opds = folder / "opds.yaml"
    kept = [line for line in opds.read_text("utf-8").splitlines() if "kind: kecamatan" not in line]
    made = [line for line in result.output.splitlines() if "kind: kecamatan" in line]
    opds.write_text("\n".join([*kept, *made]) + "\n", encoding="utf-8")
    return read(folder)


def test_command_says_what_is_wrong_in_one_line(codes: Path) -> None:
    result = CliRunner().invoke(app, ["profile", "gazetteer", "11.99", str(codes)])
    assert result.exit_code == 1
    assert "no region 11.99" in result.output
