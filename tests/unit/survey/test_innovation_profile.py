"""innovation.yaml is sound, and what is wrong with one is told with its file and line."""

from decimal import Decimal
from pathlib import Path

import pytest

from services.survey.innovation_profile import INNOVATION, InnovationFile, read_innovation
from shared.profile import ProfileReader
from tests.support.servers import PROFILE

FILES = (INNOVATION, "opds.yaml")


def read(folder: Path) -> tuple[InnovationFile | None, list[str]]:
    """Return the file and what is wrong with it."""
    reader = ProfileReader(folder)
    file = read_innovation(reader)
    return file, [str(problem) for problem in reader.problems]


def test_the_shipped_one_has_36_indicators_in_8_variables_and_2_aspects() -> None:
    file, problems = read(PROFILE)
    assert problems == []
    assert file is not None
    indicators = file.assessment.indicators
    assert len(indicators) == 36
    assert len({each.variable for each in indicators}) == 8
    weights = {each.code: each.weight for each in file.assessment.aspects}
    assert weights == {"spd": Decimal("25.2"), "sid": Decimal("74.8")}
    assert sum(each.weight for each in indicators) == 100
    # Names and weights are recalled, not read in the regulation: each says so.
    assert all(each.assumed for each in indicators)


@pytest.mark.parametrize(
    ("old", "new", "said", "at"),
    [
        ("coordinator: BAPPERIDA", "coordinator: BALITBANG", "no OPD 'BALITBANG'", "BALITBANG"),
        ("weight: 35}", "weight: 36}", "sum to 101", "aspects:"),
        ("weight: 25.2", "weight: 25.3", "do not sum to 100", "aspects:\n    - {code: spd"),
        ("code: sakip", "code: apbd", "stands already", "Nilai SAKIP"),
        ("weight: 1.68", "weight: 1.70", "its indicators weigh", "code: spd, name: Satuan"),
        ("aspect: spd, var", "aspect: spx, var", "no aspect 'spx'", "spx"),
        ("code: biaya,", "code: bukti,", "asked of a stage already", "Biaya (rupiah)"),
        ("- code: drum-up", "- code: design", "the stages must be", "stages:"),
        ("{code: manfaat, name: Mem", "{code: kewenangan, name: Mem", "each once", "criteria:"),
        ("kind: number", "kind: score", "scores from delivery on", "Biaya (rupiah)"),
        ("from_stage: delivery", "from_stage: declined", "one of the five", "from_stage"),
        ("least: 60.01", "least: 35.00", "stands already", "code: inovatif,"),
        ("target: 76.61", "target: 176", "less than or equal", "target: 176"),
        ("targets: {U7", "targets: {U10", "targets.U10", "U10"),
        ("threshold: 15", "treshold: 15", "unknown key", "treshold"),
    ],
)
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, said: str, at: str
) -> None:
    for name in FILES:
        text = (PROFILE / name).read_text()
        if name == INNOVATION:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / name).write_text(text)
    _, problems = read(tmp_path)
    text = (tmp_path / INNOVATION).read_text()
    line = text[: text.index(at)].count("\n") + 1
    assert any(said in problem for problem in problems), problems
    [told] = [problem for problem in problems if said in problem][:1]
    assert int(told.split(":")[1]) in {line, line + 1}, (told, line)
