"""survey.yaml: what it may say, and that its mistakes are told with file and line."""

from fractions import Fraction
from pathlib import Path

import pytest

from services.survey import profile
from services.survey.profile import SurveyProfile
from shared.profile import ProfileProblem
from tests.support.servers import PROFILE

FILES = ("survey.yaml", "innovation.yaml", "opds.yaml", "pemda.yaml")


def changed(folder: Path, old: str, new: str) -> Path:
    """Copy the sample profile with one change in survey.yaml."""
    for name in FILES:
        text = (PROFILE / name).read_text()
        if name == "survey.yaml":
            assert old in text
            text = text.replace(old, new, 1)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def contoh() -> SurveyProfile:
    return profile.read(PROFILE)


def test_every_text_is_there_in_every_language(contoh: SurveyProfile) -> None:
    for words in contoh.element_words.values():
        assert words.question is not None
        assert words.answers is not None
        assert set(words.question) == set(words.answers) == set(contoh.languages)


def test_a_unit_may_ask_in_its_own_order(contoh: SurveyProfile) -> None:
    assert contoh.by_code["puskesmas-tirtajaya"].order[-2:] == ("U9", "U8")
    assert contoh.by_code["dukcapil"].order[0] == "U1"


def test_extra_questions_are_asked_where_the_profile_says(contoh: SurveyProfile) -> None:
    assert [each.code for each in contoh.extras_of("dukcapil")] == ["online"]
    assert contoh.extras_of("rsud") == ()


def test_the_zone_and_the_names_of_opds_come_along(contoh: SurveyProfile) -> None:
    assert (contoh.zone, contoh.pemda) == ("Asia/Jakarta", "Pemerintah Kota Contoh Raya")
    assert contoh.opd_names["KOMINFO"] == "Dinas Komunikasi dan Informatika"


@pytest.mark.parametrize(
    ("weights", "first"),
    [
        ("exact", Fraction(1, 9)),
        ("rounded", Fraction(111, 1000)),
        (
            "{U1: 0.2, U2: 0.1, U3: 1/10, U4: 0.1, U5: 0.1, U6: 0.1, U7: 0.1, U8: 0.1, U9: 0.1}",
            Fraction(1, 5),
        ),
    ],
)
def test_weights_are_exact(tmp_path: Path, weights: str, first: Fraction) -> None:
    read = profile.read(changed(tmp_path, "weights: exact", f"weights: {weights}"))
    assert read.element_weights["U1"] == first
    assert profile.parse(profile.dump(read)).element_weights == read.element_weights


def test_a_pemda_may_word_a_question_its_own_way(tmp_path: Path) -> None:
    own = "wordings:\n  - {code: U3, question: {id: Apakah layanan ini cepat?}}\nunits:\n"
    words = profile.read(changed(tmp_path, "units:\n", own)).element_words["U3"]
    assert words.question is not None
    assert words.question["id"] == "Apakah layanan ini cepat?"
    assert words.question["en"].startswith("How fast")


@pytest.mark.parametrize(
    ("old", "new", "said", "at"),
    [
        ("weights: exact", "weights: {U1: 0.5, U2: 0.5}", "no weight for U3", "weights:"),
        (
            "weights: exact",
            "weights: {U1: 0.2, U2: 0.1, U3: 0.1, U4: 0.1, U5: 0.1, U6: 0.1, U7: 0.1, U8: 0.1, "
            "U9: 0.11}",
            "add up to 1.01",
            "weights:",
        ),
        ("weights: exact", "weights: nine", "weights", "weights:"),
        (
            "weights: exact",
            "weights: {U1: x, U2: 1, U3: 1, U4: 1, U5: 1, U6: 1, U7: 1, U8: 1, U9: 1}",
            "a number or a fraction",
            "weights:",
        ),
        ("    population: 8600\n", "", "has no population", "code: rsud"),
        ("population: 8600", "population: 0", "greater than or equal to 1", "population: 0"),
        ("U9, U8]", "U8, U8]", "exactly once", "order:"),
        ("fallback_unit: pengaduan", "fallback_unit: lain", "no unit 'lain'", "fallback_unit:"),
        ("languages: [id, en]", "languages: [en]", "Indonesian", "languages:"),
        ("      en: How easy is this service", "      xx: How easy is", "question", "xx:"),
        ("      en: How easy is this service to use online?\n", "", "not in en", "question:"),
        ("      en: [Not easy, Less easy, Easy,", "      en: [Easy,", "as many", "code: online"),
        ("units: [dukcapil, mal", "units: [dukcapi, mal", "no unit 'dukcapi'", "units: [dukcapi"),
        ("code: rujukan", "code: imunisasi", "stands already", "code: imunisasi, name: Rujukan"),
        ("kind: scale", "kind: text", "has no answers", "code: online"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    tmp_path: Path, old: str, new: str, said: str, at: str
) -> None:
    folder = changed(tmp_path, old, new)
    problems = profile.check(folder)
    assert problems
    [problem] = [each for each in problems if said in str(each)][:1] or pytest.fail(
        f"{[str(each) for each in problems]}"
    )
    assert isinstance(problem, ProfileProblem)
    assert at in (folder / "survey.yaml").read_text().splitlines()[problem.line - 1]
