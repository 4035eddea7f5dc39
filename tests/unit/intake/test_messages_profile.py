"""messages.yaml: what is wrong is told with its line."""

import shutil
from pathlib import Path

import pytest

from services.intake import profile
from tests.support.servers import PROFILE


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'sms: "Laporan {{ code }} ditutup.',
            'sms: "Laporan {{ kode }} ditutup.',
            "templates.closed.sms: there is no 'kode'",
        ),
        (
            'secret: "Laporan {{ code }} ditutup.',
            'secret: "Laporan {{ code }} ditutup {{ opd }}.',
            "templates.closed.secret: 'opd' is for the reporter alone",
        ),
        (
            'public: "Laporan {{ code }} sudah dijawab',
            'public: "Laporan {{ text }} sudah dijawab',
            "templates.answered.public: 'text' is for the reporter alone",
        ),
        (
            'secret: "Laporan {{ code }} ditutup. Lihat {{ link }}"',
            "",
            "templates.closed: has no 'secret'",
        ),
        (
            "sms: Terima kasih. Mohon tulis juga",
            f"sms: {'x' * 150} Mohon tulis juga",
            "templates.hint_wordless.sms: is up to",
        ),
        (
            "sms: Terima kasih. Mohon tulis juga",
            "sms: Terima kasih 🙏 Mohon tulis juga",
            "templates.hint_wordless.sms: holds a letter that is not in the alphabet of SMS",
        ),
        ("parameters: [code, opd, text, link]", "parameters: [kode]", "there is no 'kode'"),
        ("channels: [web, app]", "channels: [telepati]", "there is no channel 'telepati'"),
        ("  thanks:", "  terima:", "templates.thanks: this key is missing"),
        ("{code}", "", "track_link"),
        ("example/{token}", "example/", "survey.link"),
    ],
)
def test_a_mistake_is_found(tmp_path: Path, old: str, new: str, problem: str) -> None:
    folder = tmp_path / "profile"
    shutil.copytree(PROFILE, folder)
    file = folder / "messages.yaml"
    before = file.read_text()
    assert old in before
    file.write_text(before.replace(old, new, 1))
    found = [each for each in profile.check(folder) if problem in each.message]
    assert found, profile.check(folder)
    assert all(each.file == "messages.yaml" and each.line > 0 for each in found)


def test_a_profile_that_was_stored_before_there_were_messages_is_read() -> None:
    stored = profile.read(PROFILE).model_dump(mode="json")
    del stored["messages"]
    assert profile.IntakeProfile.model_validate(stored).messages is None
