"""How good a model is on texts that it did not learn from, and whether it may replace another."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from services.routing.classifier.features import Floats
from services.routing.classifier.model import LEAST_MEASURED, Model
from services.routing.classifier.training import (
    Lesson,
    Measured,
    TooLittleToLearn,
    Topics,
    learn_likelihoods,
    learn_model,
    prepare,
)
from services.routing.text import split_words

NEWEST_SHARE = 0.15
_EXPONENTS = np.geomspace(0.2, 5, 60)
_BANDS = 10


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured; shares are 0 to 1, and `confusion` has the pairs (true, suggested)."""

    texts: int
    since: datetime
    until: datetime
    accuracy: float
    macro_f1: float
    top_three: float
    at_80_coverage: float
    wanted_precision: float
    coverage_at_precision: float
    calibration_error: float
    classes: dict[str, tuple[int, int, int]]
    confusion: tuple[tuple[str, str, int], ...]

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {**asdict(self), "since": self.since.isoformat(), "until": self.until.isoformat()}


@dataclass(frozen=True, slots=True)
class Trial:
    """A new model of all lessons; what the older ones taught, asked of the newest: `answers`."""

    model: Model
    report: Report
    newest: tuple[Lesson, ...]
    answers: "Answers"


@dataclass(frozen=True, slots=True)
class Answers:
    """A model's shares for each text by class, beside the truth."""

    shares: Floats
    classes: tuple[str, ...]
    truth: tuple[str, ...]

    @property
    def first(self) -> list[str]:
        """The likeliest class of each text."""
        return [self.classes[number] for number in np.argmax(self.shares, axis=1)]

    @property
    def confidence(self) -> Floats:
        """How sure the model was of it."""
        return np.asarray(self.shares.max(axis=1), dtype=np.float32)

    @property
    def right(self) -> Floats:
        """1 where it was right."""
        pairs = zip(self.first, self.truth, strict=True)
        return np.array([guess == true for guess, true in pairs], dtype=np.float32)


def train_and_measure(
    lessons: Sequence[Lesson], topics: Topics, name: str, precision: float
) -> Trial:
    """Measure on the newest 15 % what the older ones teach, then return a model of all of them.

    10,000 lessons take about a minute on one core.

    Raises:
        TooLittleToLearn: below 300 usable older lessons, or all of one OPD.
    """
    ordered = sorted(lessons, key=lambda lesson: lesson.at)
    newest = max(LEAST_MEASURED, round(len(ordered) * NEWEST_SHARE))
    older, newer = ordered[:-newest], ordered[-newest:]
    if not older:
        raise TooLittleToLearn(f"{len(ordered)} lessons are too few to learn and to measure")
    material = prepare(older, topics)
    likelihoods = learn_likelihoods(material)
    tried = learn_model(material, topics, name, likelihoods)
    answers = answers_of(tried, newer, topics)
    sharpness = _sharpness(answers)
    answers = replace(answers, shares=_sharpened(answers.shares, sharpness))
    report = report_of(answers, newer, precision)
    measured = Measured(sharpness, answers.confidence, answers.right)
    model = learn_model(prepare(ordered, topics), topics, name, likelihoods, measured)
    return Trial(model, report, tuple(newer), answers)


def answers_of(model: Model, lessons: Sequence[Lesson], topics: Topics) -> Answers:
    """Ask the model about each lesson's text."""
    shares = []
    for lesson in lessons:
        words = split_words(lesson.text)
        shares.append(model.rank(words, topics.points(words)).shares)
    table = np.array(shares, dtype=np.float32).reshape(len(shares), len(model.classes))
    return Answers(table, model.classes, tuple(lesson.label for lesson in lessons))


def report_of(answers: Answers, lessons: Sequence[Lesson], precision: float) -> Report:
    """Return the figures for these answers."""
    right, confidence = answers.right, answers.confidence
    order = np.argsort(-confidence, kind="stable")
    running = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(running >= precision)
    best = np.argsort(-answers.shares, axis=1)[:, :3]
    among = [
        true in {answers.classes[number] for number in row}
        for row, true in zip(best, answers.truth, strict=True)
    ]
    classes = _by_class(answers)
    times = [lesson.at for lesson in lessons]
    return Report(
        texts=len(lessons),
        since=min(times),
        until=max(times),
        accuracy=float(right.mean()),
        macro_f1=float(np.mean([_f1(*counts) for counts in classes.values()])),
        top_three=float(np.mean(among)),
        at_80_coverage=float(running[max(0, int(0.8 * len(order)) - 1)]),
        wanted_precision=precision,
        coverage_at_precision=float((good[-1] + 1) / len(order)) if len(good) else 0.0,
        calibration_error=_calibration_error(confidence, right),
        classes=classes,
        confusion=_confusion(answers),
    )


def keyword_answers(lessons: Sequence[Lesson], topics: Topics) -> Answers:
    """Return what the topics' keywords alone say: the measure of a Pemda's first day."""
    classes = tuple(sorted(set(topics.owners.values())))
    number = {code: place for place, code in enumerate(classes)}
    shares = np.zeros((len(lessons), len(classes)), dtype=np.float32)
    for place, lesson in enumerate(lessons):
        for topic, share in topics.points(split_words(lesson.text)).items():
            shares[place, number[topics.owners[topic]]] += share
    return Answers(shares, classes, tuple(lesson.label for lesson in lessons))


def _by_class(answers: Answers) -> dict[str, tuple[int, int, int]]:
    """Return for each true class how often it was, was suggested, and both."""
    first, truth = answers.first, answers.truth
    return {
        code: (
            truth.count(code),
            first.count(code),
            sum(a == b == code for a, b in zip(first, truth, strict=True)),
        )
        for code in sorted(set(truth))
    }


def _f1(there: int, suggested: int, both: int) -> float:
    return 2 * both / (there + suggested) if there + suggested else 0.0


def _confusion(answers: Answers) -> tuple[tuple[str, str, int], ...]:
    pairs = list(zip(answers.truth, answers.first, strict=True))
    counted = {pair: pairs.count(pair) for pair in sorted(set(pairs))}
    return tuple((true, guess, count) for (true, guess), count in counted.items())


def _calibration_error(confidence: Floats, right: Floats) -> float:
    """Return how far confidence and the share of right ones lie apart, over ten equal bands."""
    bands = np.minimum((confidence * _BANDS).astype(int), _BANDS - 1)
    gaps = [
        abs(float(confidence[bands == band].mean() - right[bands == band].mean()))
        * float((bands == band).mean())
        for band in np.unique(bands)
    ]
    return float(sum(gaps))


def _sharpness(answers: Answers) -> float:
    """Return the exponent that makes confidence what it claims to be (least log loss)."""
    number = {code: place for place, code in enumerate(answers.classes)}
    known = [place for place, true in enumerate(answers.truth) if true in number]
    truth = [number[answers.truth[place]] for place in known]

    def loss(exponent: float) -> float:
        shares = _sharpened(answers.shares[known], exponent)
        return -float(np.log(np.maximum(shares[np.arange(len(truth)), truth], 1e-9)).mean())

    return float(min(_EXPONENTS, key=loss)) if known else 1.0


def _sharpened(shares: Floats, exponent: float) -> Floats:
    powers = shares ** np.float32(exponent)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
