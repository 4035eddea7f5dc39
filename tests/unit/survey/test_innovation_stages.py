"""Stages follow one another, and each says in Indonesian what it still lacks."""

import pytest

from services.survey.innovation_profile import read_innovation
from services.survey.rules.innovation_stages import (
    STAGES,
    Criterion,
    Holding,
    Requirement,
    RequirementKind,
    Stage,
    StageBook,
    form_fault,
    stage_after,
    stage_before,
)
from shared.profile import ProfileReader
from tests.support.servers import PROFILE

FILE = read_innovation(ProfileReader(PROFILE))
EVERY = frozenset(str(each) for each in Criterion)


def missing(stage: Stage, holding: Holding) -> list[str]:
    """Return the codes of what the shipped profile misses."""
    assert FILE is not None
    return [each.code for each in FILE.book.missing(stage, holding)]


def test_the_row_of_stages() -> None:
    assert [stage_after(stage) for stage in STAGES] == [*STAGES[1:], None]
    assert [stage_before(stage) for stage in STAGES] == [None, *STAGES[:-1]]
    assert stage_after(Stage.DECLINED) is None
    assert stage_before(Stage.DECLINED) is None


def test_an_empty_proposal_lacks_what_each_stage_asks_for() -> None:
    assert missing(Stage.DRUM_UP, Holding({})) == ["bukti", "opd"]
    assert missing(Stage.DIAGNOSE, Holding({})) == [
        "akar-masalah", "penerima-manfaat", "kriteria",
    ]  # fmt: skip
    assert missing(Stage.DELIVERY, Holding({}))[-1] == "nilai-panel"
    assert missing(Stage.DISPLAY, Holding({})) == []


def test_what_is_held_is_not_missing() -> None:
    assert missing(Stage.DRUM_UP, Holding({}, evidence=1, opd="DLH")) == []
    told = {"akar-masalah": "x" * 30, "penerima-manfaat": "y" * 10}
    assert missing(Stage.DIAGNOSE, Holding(told, argued=EVERY)) == []
    told["akar-masalah"] = "x" * 29
    assert missing(Stage.DIAGNOSE, Holding(told, argued=EVERY)) == ["akar-masalah"]
    assert missing(Stage.DIAGNOSE, Holding(told, argued=EVERY - {"manfaat"})) == [
        "akar-masalah", "kriteria",
    ]  # fmt: skip


def test_it_says_what_to_do() -> None:
    book = StageBook({Stage.DRUM_UP: [Requirement("bukti", "Bukti masalah", "evidence", 3)]})
    [said] = book.missing(Stage.DRUM_UP, Holding({}, evidence=1))
    assert said.message == "Bukti masalah: tambahkan 2 bukti lagi."


@pytest.mark.parametrize(
    ("kind", "entry", "valid"),
    [
        ("text", "isi", True),
        ("text", "  ", False),
        ("text", 3, False),
        ("date", "2026-03-09", True),
        ("date", "2026-02-30", False),
        ("date", "20260309", False),
        ("number", 0, True),
        ("number", True, False),
        ("number", "3", False),
        ("link", "https://contoh.example/a", True),
        ("link", "http://contoh.example/a", False),
        ("link", "https://", False),
    ],
)
def test_entries_are_of_their_kind(kind: RequirementKind, entry: object, valid: bool) -> None:
    requirement = Requirement("x", "X", kind)
    assert (form_fault(requirement, entry) is None) is valid
