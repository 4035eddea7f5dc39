"""What an answer is: scores that the form offers, what is said of oneself, and words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.survey.rules.index import ELEMENTS, HIGHEST, LOWEST

#: Every number up to nine divides it: so the mean of any number of scores is a whole number of it.
UNIT_OF_MEANS: Final = 2520
LONGEST_COMMENT: Final = 1000

#: What is wrong, as a pair of a field's JSON Pointer and words for who filled it in.
Fault = tuple[str, str]

Row = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """A question beside the nine that is answered with a number from 1 to `answers`."""

    code: str
    answers: int


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it came: `extras` are scores by question, `words` texts by question."""

    scores: Mapping[str, int]
    groups: Mapping[str, str] = field(default_factory=dict)
    extras: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


def find_faults(
    given: Given,
    groups: Mapping[str, Collection[str]],
    scales: Sequence[Scale],
    texts: Collection[str],
) -> list[Fault]:
    """Return what is wrong with an answer, empty where nothing is.

    `groups` are the values of each dimension, `scales` and `texts` the unit's extra questions.
    """
    return [
        *_score_faults(given.scores),
        *_group_faults(given.groups, groups),
        *_extra_faults(given, {each.code: each.answers for each in scales}, texts),
    ]


def row_of(scores: Mapping[str, int]) -> Row:
    """Return the nine scores in the order of `ELEMENTS`, None where one is missing."""
    return tuple(scores.get(code) for code in ELEMENTS)


def mean_of(row: Row) -> int:
    """Return the mean of the scores that were given, times 2520: a whole number."""
    filled = [score for score in row if score is not None]
    return UNIT_OF_MEANS * sum(filled) // len(filled)


def themes_of(text: str, words: Mapping[str, Collection[str]]) -> list[str]:
    """Return the themes whose words are in a text, in the order of the profile.

    A word counts where another begins with it: `antre` is found in `antreannya`.
    """
    folded = f" {' '.join(_words(text))}"
    return [
        theme
        for theme, marks in words.items()
        if any(f" {mark.casefold()}" in folded for mark in marks)
    ]


def _words(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in text.casefold()).split()


def _score_faults(scores: Mapping[str, int]) -> list[Fault]:
    if not scores:
        return [("/scores", "Jawab sekurang-kurangnya satu pertanyaan.")]
    faults: list[Fault] = []
    for code, score in scores.items():
        if code not in ELEMENTS:
            faults.append((f"/scores/{code}", "Unsur tidak dikenal; yang ada U1 sampai U9."))
        elif not LOWEST <= score <= HIGHEST:
            faults.append((f"/scores/{code}", f"Nilai {score} tidak ada; pilih 1, 2, 3, atau 4."))
    return faults


def _group_faults(given: Mapping[str, str], groups: Mapping[str, Collection[str]]) -> list[Fault]:
    return [
        (f"/respondent/{dimension}", f"Pilih salah satu: {', '.join(groups[dimension])}.")
        for dimension, value in given.items()
        if value not in groups[dimension]
    ]


def _extra_faults(given: Given, scales: Mapping[str, int], texts: Collection[str]) -> list[Fault]:
    faults: list[Fault] = []
    for code, score in given.extras.items():
        if code not in scales:
            faults.append((f"/extras/{code}", "Pertanyaan ini tidak ada pada unit ini."))
        elif not 1 <= score <= scales[code]:
            faults.append((f"/extras/{code}", f"Pilih 1 sampai {scales[code]}."))
    for code, text in given.words.items():
        if code not in texts:
            faults.append((f"/texts/{code}", "Pertanyaan ini tidak ada pada unit ini."))
        elif len(text) > LONGEST_COMMENT:
            faults.append((f"/texts/{code}", f"Paling panjang {LONGEST_COMMENT} huruf."))
    return faults
