"""Learns a model from lessons: complaints of which it is known whose they were.

Two linear support vector machines together: one takes OPDs as often as they come, which finds the
likeliest, in one rare OPDs weigh as much as large ones. Words that tell OPDs apart count more than
words that are in everyone's texts. What is new counts more, because who does what in a Pemda
changes within a year. The profile's example sentences are lessons too: of rare matters there are
few others.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from services.routing.classifier.features import FeatureIndex, Floats, Row, learn_features
from services.routing.classifier.model import Measure, Model
from services.routing.text import split_words

LEAST_LESSONS = 300
LEAST_OF_A_CLASS = 3
HALF_LIFE = timedelta(days=120)
"""How old a lesson is that counts half of one of today."""
LEAST_WEIGHT = 0.05
BALANCED_SHARE = 0.3
"""What the machine in which rare OPDs weigh as much as large ones has to say of both."""
LEAST_TOLD = 0.3
"""What a feature that tells nothing counts all the same, in nats."""
DOUBT = 0.5
"""As many texts, spread as all texts are, are added to those that a feature was in."""
FOLDS = 3
UNKNOWN_LIKELIHOOD = (3.0, -1.0)
"""Slope and offset of a class that only the newest lessons have."""


class TooLittleToLearn(ValueError):
    """There are too few lessons, or all are of one class."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A text with the class that it had in the end, and its topic where the profile knows it."""

    text: str
    label: str
    topic: str | None
    at: datetime


Points = Callable[[list[str]], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Topics:
    """The profile's topics in order, with the class that each belongs to, and their keywords.

    `examples` are the profile's sentences with the topic of each.
    """

    owners: Mapping[str, str]
    points: Points
    examples: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """Usable lessons with their features: what both the weights and the likelihoods are from.

    The first `real` of them are complaints, the others examples.
    """

    index: FeatureIndex
    matrix: csr_matrix
    labels: list[str]
    topics: list[str | None]
    age: Floats
    real: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found on the newest lessons, before the model learned from them too."""

    sharpness: float
    confidence: Floats
    right: Floats


NOT_MEASURED = Measured(1.0, np.empty(0, dtype=np.float32), np.empty(0, dtype=np.float32))


def prepare(lessons: Sequence[Lesson], topics: Topics) -> Material:
    """Return the lessons of every class that has enough of them.

    Raises:
        TooLittleToLearn: below 300 lessons, or fewer than two classes with three lessons each.
    """
    counts = Counter(lesson.label for lesson in lessons)
    usable = [lesson for lesson in lessons if counts[lesson.label] >= LEAST_OF_A_CLASS]
    if len(usable) < LEAST_LESSONS or len({lesson.label for lesson in usable}) < 2:
        raise TooLittleToLearn(
            f"{len(usable)} usable lessons; a model needs {LEAST_LESSONS} of at least two OPDs"
        )
    labels = {lesson.label for lesson in usable}
    newest = max(lesson.at for lesson in usable)
    # An OPD that has had no complaint yet is no class: nothing could tell how sure it is.
    examples = [
        Lesson(text, topics.owners[topic], topic, newest)
        for text, topic in topics.examples
        if topics.owners[topic] in labels
    ]
    real, usable = len(usable), [*usable, *examples]
    texts = [split_words(lesson.text) for lesson in usable]
    index = learn_features(texts, list(topics.owners))
    rows = [index.row(words, topics.points(words)) for words in texts]
    return Material(
        index,
        _matrix(rows, index),
        [lesson.label for lesson in usable],
        [lesson.topic for lesson in usable],
        _weights_of_age(usable),
        real,
    )


def learn_model(
    material: Material,
    topics: Topics,
    name: str,
    likelihoods: Mapping[str, tuple[float, float]],
    measured: Measured = NOT_MEASURED,
) -> Model:
    """Return a model of all the material; `likelihoods` are those of `learn_likelihoods`."""
    classes, weights, bias = _fitted(material.matrix, material.labels, material.age)
    scaling = np.array(
        [likelihoods.get(code, UNKNOWN_LIKELIHOOD) for code in classes], dtype=np.float32
    )
    measure = Measure(
        slope=scaling[:, 0],
        offset=scaling[:, 1],
        sharpness=measured.sharpness,
        confidence=measured.confidence,
        right=measured.right,
    )
    return Model(
        name=name,
        index=material.index,
        classes=classes,
        weights=weights.T.astype(np.float32),
        bias=bias.astype(np.float32),
        topic_owners=list(topics.owners.values()),
        topic_weights=_learn_topics(material),
        measure=measure,
    )


def learn_likelihoods(material: Material) -> dict[str, tuple[float, float]]:
    """Return slope and offset for the margins of each class (Platt scaling).

    Each third of the lessons gets its margins from a machine that learned from the other two.
    """
    labels = np.array(material.labels)
    classes = sorted(set(material.labels))
    margins = np.full((len(labels), len(classes)), -1.0)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for others, own in folds.split(labels, labels):
        known, weights, bias = _fitted(
            material.matrix[others], labels[others], material.age[others]
        )
        columns = [classes.index(label) for label in known]
        margins[np.ix_(own, columns)] = material.matrix[own] @ weights.T + bias
    found: dict[str, tuple[float, float]] = {}
    # Examples are clearer than what people write, and would make it sound too sure.
    margins, labels, age = (part[: material.real] for part in (margins, labels, material.age))
    for place, code in enumerate(classes):
        scaling = LogisticRegression(C=10)
        scaling.fit(margins[:, [place]], labels == code, sample_weight=age)
        found[code] = (float(scaling.coef_[0, 0]), float(scaling.intercept_[0]))
    return found


def telling_of(matrix: csr_matrix, labels: Sequence[str]) -> NDArray[np.float64]:
    """Return by what to multiply each feature, so that those that tell classes apart count more.

    It is the root of what a feature tells: how far (Kullback-Leibler, in nats) the classes of the
    texts that have it are from those of all texts. `matrix` is texts by features; the sum of its
    squares stays as it is, and with it how hard the machines are held back.
    """
    classes, numbers = np.unique(labels, return_inverse=True)
    belongs = np.eye(len(classes))[numbers]
    usual = belongs.mean(axis=0)
    shares = (matrix > 0).T @ belongs + DOUBT * usual
    shares /= shares.sum(axis=1, keepdims=True)
    told = (shares * np.log(shares / usual)).sum(axis=1) + LEAST_TOLD
    squares = matrix.power(2)
    return np.asarray(np.sqrt(told * squares.sum() / (squares @ told).sum()), dtype=np.float64)


def _fitted(
    matrix: csr_matrix, labels: Sequence[str], age: Floats
) -> tuple[list[str], Floats, Floats]:
    """Return the classes, and for each a row of weights and a bias: those of both machines."""
    classes: list[str] = []
    # The machines see each feature by what it tells, so that their weights are for it as it is.
    telling = telling_of(matrix, labels)
    matrix = matrix.multiply(telling).tocsr()
    weights, bias = np.zeros(1), np.zeros(1)
    for share, class_weight in ((1 - BALANCED_SHARE, None), (BALANCED_SHARE, "balanced")):
        machine = LinearSVC(C=0.6, class_weight=class_weight, random_state=0)
        machine.fit(matrix, labels, sample_weight=age)
        own_weights, own_bias = _of_each_class(machine)
        classes = [str(label) for label in machine.classes_]
        weights, bias = weights + share * own_weights, bias + share * own_bias
    return classes, (weights * telling).astype(np.float32), bias.astype(np.float32)


def _of_each_class(learner: LinearSVC) -> tuple[Floats, Floats]:
    """Return one row of weights for each class; of two classes scikit-learn keeps but one row."""
    weights, bias = learner.coef_, learner.intercept_
    if len(learner.classes_) == 2:
        return np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return weights, bias


def _learn_topics(material: Material) -> Floats:
    """Return weights of words and keywords by topic; a topic without lessons has its keywords."""
    index, topics = material.index, material.topics
    first_topic = index.size - len(index.topics)
    columns = np.r_[0 : len(index.words), first_topic : index.size]
    weights = np.zeros((len(columns), len(index.topics)), dtype=np.float32)
    own = np.arange(len(index.topics))
    weights[len(index.words) + own, own] = 1.0
    number = {topic: place for place, topic in enumerate(index.topics)}
    known = [place for place, topic in enumerate(topics) if topic in number]
    names = [str(topics[place]) for place in known]
    if len(set(names)) < 2:
        return weights
    machine = LinearSVC(C=0.3, class_weight="balanced", random_state=0)
    machine.fit(material.matrix[known][:, columns], names)
    learned, _ = _of_each_class(machine)
    for topic, row in zip(machine.classes_, learned, strict=True):
        weights[:, number[str(topic)]] += row
    return weights


def _matrix(rows: Sequence[Row], index: FeatureIndex) -> csr_matrix:
    ends = np.cumsum([0, *(len(row.numbers) for row in rows)])
    numbers = np.concatenate([row.numbers for row in rows])
    values = np.concatenate([row.weights for row in rows])
    return csr_matrix((values, numbers, ends), shape=(len(rows), index.size))


def _weights_of_age(lessons: Sequence[Lesson]) -> Floats:
    newest = max(lesson.at for lesson in lessons)
    ages = np.array([(newest - lesson.at) / HALF_LIFE for lesson in lessons])
    return np.maximum(0.5**ages, LEAST_WEIGHT).astype(np.float32)
