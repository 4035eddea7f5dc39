"""A service changes by version: earlier ones are found, and a silent change is refused."""

import shutil
from pathlib import Path

import pytest

from services.all_in_one import settings_of
from services.deployment import load_profile
from services.routing import profile
from shared.catalogue.shelf import ServiceGone, Shelf
from shared.database import Database
from shared.profile import ProfileInvalid
from shared.settings import CoreSettings
from tests.support.servers import PROFILE, Databases

FILE = "services/rtlh.yaml"


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / FILE
    written = file.read_text("utf-8")
    assert old in written
    file.write_text(written.replace(old, new, 1), "utf-8")


async def test_a_service_may_change_only_with_its_version(
    databases: Databases, tmp_path: Path
) -> None:
    folder = tmp_path / "profil"
    shutil.copytree(PROFILE, folder)
    url = await databases.fresh("routing", with_profile=False)
    settings = settings_of("routing", core=CoreSettings(home=tmp_path), database_url=url)
    first = next(each for each in profile.read(folder).services if each.code == "rtlh")
    first_loaded = await load_profile(folder, {"routing": settings})
    assert await load_profile(folder, {"routing": settings}) == first_loaded
    version = f"version: {first.version}\n"
    edit(folder, "nilai_layak: ", "nilai_layak: 1")
    with pytest.raises(ProfileInvalid) as refused:
        await load_profile(folder, {"routing": settings})
    [problem] = refused.value.problems
    assert problem.file == FILE
    written = (folder / FILE).read_text("utf-8").splitlines()
    assert written[problem.line - 1] == version.strip()
    assert f"write version: {first.version + 1}" in problem.message
    edit(folder, version, f"version: {first.version + 1}\n")
    await load_profile(folder, {"routing": settings})
    shelf = Shelf(profile.read(folder).services)
    database = Database(url)
    async with database.transaction() as connection:
        before = await shelf.find(connection, "rtlh", first.version)
        now = await shelf.find(connection, "rtlh", first.version + 1)
        assert (before, now) == (first, shelf.present("rtlh"))
        assert now.parameters["nilai_layak"] != before.parameters["nilai_layak"]
        with pytest.raises(ServiceGone):
            await shelf.find(connection, "rtlh", first.version + 2)
    # Back to what it was: that version is known, and the same.
    shutil.rmtree(folder)
    shutil.copytree(PROFILE, folder)
    await load_profile(folder, {"routing": settings})
    await database.close()
