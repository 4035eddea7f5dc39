"""The gallery: public, exportable, importable elsewhere, and told of who adopted what."""

import asyncio
import json
from collections.abc import AsyncIterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.service.survey.inventing import Inventing
from tests.support.numbers import tells_number
from tests.support.servers import PROFILE, Databases
from tests.support.system import running_system

ADOPTION = {"adopter": "Pemerintah Kota Misal Jaya", "region_code": "98.01"}


@pytest.fixture(scope="module")
async def people(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Inventing]:
    """Run survey for this module; each test has innovations of its own."""
    home = tmp_path_factory.mktemp("gallery")
    async with running_system(databases, home, services=["survey"]) as system:
        yield Inventing(system)


@pytest.fixture(scope="module")
async def elsewhere(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Inventing]:
    """Run the survey of another city."""
    home = tmp_path_factory.mktemp("elsewhere")
    folder = home / "profile"
    folder.mkdir()
    for path in [*PROFILE.glob("*.yaml"), *PROFILE.glob("*.geojson")]:
        text = path.read_text(encoding="utf-8")
        if path.name == "pemda.yaml":
            text = text.replace('region_code: "99.71"', 'region_code: "98.01"')
            text = text.replace("Pemerintah Kota Contoh Raya", "Pemerintah Kota Misal Jaya")
        (folder / path.name).write_text(text, encoding="utf-8")
    async with running_system(databases, home, services=["survey"], profile=folder) as system:
        yield Inventing(system)


async def package_of(people: Inventing, innovation: dict[str, Any]) -> dict[str, Any]:
    """Export an innovation."""
    answer = await people.client.get(f"/survey/v1/gallery/{innovation['innovation_id']}/package")
    assert answer.status_code == 200, answer.text
    package: dict[str, Any] = answer.json()
    return package


async def bring(
    people: Inventing, package: dict[str, Any], opd: str = "DUKCAPIL", **kept: Any
) -> Any:
    """Import a package."""
    return await people.client.post(
        "/survey/v1/innovation-imports",
        json={"package": package, "opd": opd},
        headers=kept.get("headers", people.coordinator),
    )


async def test_only_what_is_displayed_is_public(people: Inventing) -> None:
    hidden, shown = await people.delivered(), await people.displayed()
    listed = (await people.client.get("/survey/v1/gallery?limit=100")).json()["items"]
    ids = {each["innovation_id"] for each in listed}
    assert shown["innovation_id"] in ids
    assert hidden["innovation_id"] not in ids
    for end in ("", "/page", "/package"):
        path = f"/survey/v1/gallery/{hidden['innovation_id']}{end}"
        assert (await people.client.get(path)).status_code == 404
    refused = await people.client.post(
        f"/survey/v1/gallery/{hidden['innovation_id']}/adoptions", json=ADOPTION
    )
    assert refused.status_code == 404
    detail = (await people.client.get(f"/survey/v1/gallery/{shown['innovation_id']}")).json()
    assert detail["content"]["origin"]["region_code"] == "99.71"
    assert {each["code"] for each in detail["content"]["entries"]} >= {"rancangan", "hasil"}


async def test_the_gallery_is_read_page_by_page(people: Inventing) -> None:
    made = [(await people.displayed("BPBD"))["innovation_id"] for _ in range(3)]
    found: list[str] = []
    target: str | None = "/survey/v1/gallery?limit=2"
    while target is not None:
        answer = await people.client.get(target)
        found += [each["innovation_id"] for each in answer.json()["items"]]
        link = answer.headers.get("Link")
        target = link.partition(">")[0].removeprefix("<") if link else None
    assert len(found) == len(set(found))
    assert set(made) <= set(found)


async def test_pages_escape_what_was_written(people: Inventing) -> None:
    innovation = await people.displayed()
    title = "Antrean <script>alert(1)</script> & Cerah"
    await people.amend(innovation, {"title": title}, people.coordinator)
    for path in (
        "/survey/v1/gallery/page",
        f"/survey/v1/gallery/{innovation['innovation_id']}/page",
    ):
        page = await people.client.get(path)
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Cerah" in page.text
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_another_city_imports_it_and_tells(people: Inventing, elsewhere: Inventing) -> None:
    innovation = await people.displayed()
    package = await package_of(people, innovation)
    assert package["schema"] == "tanggap.innovation/1"
    answers = await asyncio.gather(*(bring(elsewhere, package) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert sorted(answer.json()["created"] for answer in answers) == [False, False, True]
    [there] = {answer.json()["innovation_id"] for answer in answers}
    view = (await elsewhere.get({"innovation_id": there}, elsewhere.coordinator)).json()
    assert (view["stage"], view["initiator"], view["opd"]) == ("drum-up", "replikasi", "DUKCAPIL")
    # What was found elsewhere is for reading; here everything is still to be shown.
    assert view["entries"] == {}
    assert view["origin"]["pemda"] == "Pemerintah Kota Contoh Raya"
    assert view["origin"]["checksum"] == package["checksum"]

    told = answers[0].json()
    reports = await asyncio.gather(
        *(people.client.post(told["report_to"], json=told["report"]) for _ in range(2))
    )
    assert {report.status_code for report in reports} == {201}
    [adoption] = {report.json()["adoption_id"] for report in reports}
    public = f"/survey/v1/gallery/{innovation['innovation_id']}"
    assert (await people.client.get(public)).json()["adopted_by"] == []
    stranger = await people.act(
        innovation, f"adoptions/{adoption}/confirm", None, people.officer("DUKCAPIL")
    )
    assert stranger.status_code == 403
    for _ in range(2):
        done = await people.act(
            innovation, f"adoptions/{adoption}/confirm", None, people.coordinator
        )
        assert (done.status_code, done.json()["confirmed"]) == (200, True)
    shown = (await people.client.get(public)).json()
    assert [each["adopter"] for each in shown["adopted_by"]] == ["Pemerintah Kota Misal Jaya"]
    assert shown["adoptions"] == 1
    page = await people.client.get(f"{public}/page")
    assert "Pemerintah Kota Misal Jaya" in page.text


async def test_another_opd_of_the_same_city_is_recorded_at_once(people: Inventing) -> None:
    innovation = await people.displayed("SETDA-UMUM")
    package = await package_of(people, innovation)
    for _ in range(2):
        assert (await bring(people, package, "DLH")).status_code == 201
    shown = await people.client.get(f"/survey/v1/gallery/{innovation['innovation_id']}")
    assert [each["adopter"] for each in shown.json()["adopted_by"]] == ["Dinas Lingkungan Hidup"]


async def test_a_changed_package_is_refused(people: Inventing, elsewhere: Inventing) -> None:
    package = await package_of(people, await people.displayed())
    changed = deepcopy(package)
    changed["content"]["title"] = "Judul yang lain sama sekali"
    wrong = await bring(elsewhere, changed)
    assert (wrong.status_code, wrong.json()["title"]) == (422, "Paket inovasi tidak sah")
    for broken in ({**package, "schema": "tanggap.innovation/9"}, {**package, "more": 1}, {}):
        assert (await bring(elsewhere, broken)).status_code == 422
    assert (await bring(elsewhere, package, "XYZ")).status_code == 422
    officer = elsewhere.officer("DUKCAPIL")
    assert (await bring(elsewhere, package, headers=officer)).status_code == 403


async def test_masked_words_still_make_a_package(people: Inventing, tmp_path: Path) -> None:
    innovation = await people.displayed()
    words = {"problem": "0812345678901234567890123", "title": "+62 812 3456 7890 1234"}
    assert (await people.amend(innovation, words, people.coordinator)).status_code == 200
    package = await package_of(people, innovation)
    written = json.dumps(package)
    assert not tells_number(written, words["problem"])
    assert not tells_number(written, words["title"])
    (tmp_path / "paket.json").write_text(json.dumps(package))
    assert (await bring(people, package, "RSUD")).status_code == 201
