"""The store of files: whole or not at all, under names that lead nowhere else."""

from pathlib import Path

import pytest

from shared.media.store import FileMissing, FolderStore, new_name


async def test_what_was_put_is_opened_until_it_is_deleted(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "files")
    name = new_name()

    await store.put(name, b"isi")
    assert await store.open(name) == b"isi"
    await store.put(name, b"lagi")
    assert await store.open(name) == b"lagi"
    await store.delete(name)
    await store.delete(name)
    with pytest.raises(FileMissing):
        await store.open(name)


async def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "files")
    name = new_name()
    await store.put(name, b"isi")

    path = tmp_path / "files" / name[:2] / name
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "", "A" * 32, "a" * 31 + "/"])
async def test_a_name_of_somebody_elses_is_refused(tmp_path: Path, name: str) -> None:
    store = FolderStore(tmp_path)
    for verb in (store.open(name), store.delete(name), store.put(name, b"isi")):
        with pytest.raises(ValueError, match="new_name"):
            await verb


async def test_what_was_half_written_is_no_file_and_is_deleted(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    name = new_name()
    await store.put(name, b"isi")
    path = tmp_path / name[:2] / name
    path.rename(path.with_suffix(".part"))

    with pytest.raises(FileMissing):
        await store.open(name)
    await store.delete(name)
    assert list(path.parent.iterdir()) == []
