"""A Pemda's first day: proposals from the profile's words, before there is a case to learn from.

Learned from the names and example sentences of the topics by ridge regression, which NumPy alone
solves in a moment, and read together with the topics' keywords. It only ever proposes: no real text
has shown how far it may be trusted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.routing.classifier.features import FeatureIndex, Floats, learn_features
from services.routing.classifier.model import SUB_DISTRICT
from services.routing.decisions import MOST_PROPOSALS, MOST_WORDS, Suggestion
from services.routing.text import split_words

NAME = "contoh"
NEVER = 1.01
_PENALTY = np.float32(1.0)
_CONTRAST = np.float32(15.0)
"""What scores are multiplied by before they become shares that add up to 1."""
_WEIGHT = np.float32(0.5)
"""What the examples count beside the keywords, whose shares add up to 1 too."""
_EXPONENTS = np.geomspace(0.5, 4, 40)


@dataclass(frozen=True, slots=True)
class Taught:
    """One topic with the class that it belongs to, its name and its example sentences."""

    code: str
    owner: str
    name: str
    examples: tuple[str, ...]


class Starter:
    """Proposes OPDs and topics from what a profile says of its topics."""

    name = NAME
    decides = False

    def __init__(
        self, topics: Sequence[Taught], index: FeatureIndex, weights: Floats, sharpness: float
    ) -> None:
        """`weights` is features by topics, in the order of `topics`."""
        self._topics = topics
        self._index = index
        self._weights = weights
        self._sharpness = np.float32(sharpness)
        self._mean = weights[: len(index.words)].mean(axis=1)
        self._classes = sorted({topic.owner for topic in topics})
        self._members = _members(topics, self._classes)

    def suggest(self, words: Sequence[str], points: Mapping[str, float]) -> list[Suggestion]:
        """Return the likeliest three; none for a text of which neither part knows a word."""
        row = self._index.row(words, {})
        if not len(row.numbers) and not points:
            return []
        scores = row.weights @ self._weights.take(row.numbers, axis=0)
        topics = _by_topic(scores, _shares_of(points, self._topics))
        shares = _by_class(topics, self._members, self._sharpness)
        numbers, weights = row.numbers[: row.words], row.weights[: row.words]
        suggestions = []
        for place in np.argsort(-shares, kind="stable")[:MOST_PROPOSALS].tolist():
            owner = self._classes[place]
            best = int(np.argmax(np.where(self._members[:, place] > 0, topics, -1)))
            gain = weights * (self._weights[numbers, best] - self._mean[numbers])
            suggestions.append(
                Suggestion(
                    opd=None if owner == SUB_DISTRICT else owner,
                    topic=self._topics[best].code,
                    confidence=float(shares[place]),
                    words=self._strongest(numbers.tolist(), gain),
                )
            )
        return suggestions

    def sure_from(self, precision: float) -> float:
        """Return more than any confidence: nothing was measured, so that nothing is certain."""
        del precision
        return NEVER

    def _strongest(self, numbers: Sequence[int], gain: Floats) -> tuple[str, ...]:
        told = (
            self._index.words[numbers[place]]
            for place in np.argsort(-gain, kind="stable").tolist()
            if gain[place] > 0
        )
        return tuple([word for word in told if "#" not in word][:MOST_WORDS])


def learn_starter(
    topics: Sequence[Taught], points: Mapping[str, Mapping[str, float]]
) -> Starter | None:
    """Return what the examples teach, None where there are none; takes some tenths of a second.

    `points` has, for each example, the shares of the topics' keywords in it. How sure it may sound
    is measured on each example as if it had not been learned (leaving one out is exact in ridge
    regression).
    """
    if not any(topic.examples for topic in topics):
        return None
    texts = [(topic.name, place, False) for place, topic in enumerate(topics)]
    texts += [(text, place, True) for place, topic in enumerate(topics) for text in topic.examples]
    words = [split_words(text) for text, _, _ in texts]
    index = learn_features(words, [], rare_words=True)
    rows = np.zeros((len(texts), index.size), dtype=np.float32)
    for number, each in enumerate(words):
        row = index.row(each, {})
        rows[number, row.numbers] = row.weights
    wanted = np.zeros((len(texts), len(topics)), dtype=np.float32)
    wanted[np.arange(len(texts)), [place for _, place, _ in texts]] = 1
    inverse = np.linalg.inv(rows @ rows.T + _PENALTY * np.eye(len(texts), dtype=np.float32))
    solved = inverse @ wanted
    left_out = wanted - solved / np.diag(inverse)[:, None]
    asked = [number for number, (_, _, is_example) in enumerate(texts) if is_example]
    shares = np.array(
        [_shares_of(points[texts[number][0]], topics) for number in asked], dtype=np.float32
    )
    truth = [topics[texts[number][1]].owner for number in asked]
    sharpness = _sharpness(_by_topic(left_out[asked].astype(np.float32), shares), topics, truth)
    return Starter(topics, index, (rows.T @ solved).astype(np.float32), sharpness)


def _shares_of(points: Mapping[str, float], topics: Sequence[Taught]) -> Floats:
    return np.array([points.get(topic.code, 0.0) for topic in topics], dtype=np.float32)


def _by_topic(scores: Floats, keywords: Floats) -> Floats:
    """Return how much speaks for each topic: the examples' share and the keywords'."""
    powers = np.exp(_CONTRAST * (scores - scores.max(axis=-1, keepdims=True)))
    return np.asarray(
        keywords + _WEIGHT * powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32
    )


def _by_class(topics: Floats, members: Floats, sharpness: np.float32) -> Floats:
    shares = (topics @ members) ** sharpness
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True), dtype=np.float32)


def _members(topics: Sequence[Taught], classes: Sequence[str]) -> Floats:
    """Return a table of topics by classes, 1 where a topic belongs to a class."""
    return np.array(
        [[topic.owner == code for code in classes] for topic in topics], dtype=np.float32
    )


def _sharpness(scores: Floats, topics: Sequence[Taught], truth: Sequence[str]) -> float:
    """Return the exponent by which shares claim what they keep (least log loss)."""
    classes = sorted({topic.owner for topic in topics})
    members = _members(topics, classes)
    places = [classes.index(owner) for owner in truth]

    def loss(exponent: float) -> float:
        shares = _by_class(scores, members, np.float32(exponent))
        return -float(np.log(np.maximum(shares[np.arange(len(places)), places], 1e-9)).mean())

    return float(min(_EXPONENTS, key=loss))
