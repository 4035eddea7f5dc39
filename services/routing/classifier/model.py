"""A trained model: suggests OPDs and topics for a text, with the words that speak for each.

It is kept as arrays and text alone (NumPy's npz without pickle): reading one runs no code.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.routing.classifier.features import FeatureIndex, Floats, Numbers, Row
from services.routing.decisions import MOST_PROPOSALS, MOST_WORDS, Suggestion

SUB_DISTRICT = "KECAMATAN"
"""One class stands for the OPDs of all sub-districts: which one it is, the place decides."""
LEAST_MEASURED = 30
"""So few of the measured texts prove no precision."""
MAX_BYTES = 50_000_000
MARGIN_FACTOR = np.float32(6.0)
"""What the margins are multiplied by before they become shares that add up to 1."""
_FORMAT = 2
"""Also what was measured belongs to it: of an older one, confidence would claim too much."""
_ARRAYS = (
    "rarity",
    "weights",
    "bias",
    "slope",
    "offset",
    "topic_weights",
    "measured_confidence",
    "measured_right",
)


class ModelDamaged(Exception):
    """The stored model is not what was stored, or not a model of this program."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """How likely each class is, in the order of the model's classes; the sum is 1."""

    shares: Floats
    row: Row


@dataclass(frozen=True, slots=True)
class Measure:
    """How sure a model may be: found on texts that it had not learned from.

    `slope` and `offset` turn each class's margin into its own likelihood (Platt scaling);
    `sharpness` makes the shares what they claim to be. `confidence` and `right` are those of the
    newest texts, from which the confidence for a wanted precision is read.
    """

    slope: Floats
    offset: Floats
    sharpness: float
    confidence: Floats
    right: Floats


class Model:
    """Linear weights over the features, with a confidence that was measured on newer texts."""

    decides = True

    def __init__(
        self,
        *,
        name: str,
        index: FeatureIndex,
        classes: Sequence[str],
        weights: Floats,
        bias: Floats,
        topic_owners: Sequence[str],
        topic_weights: Floats,
        measure: Measure,
    ) -> None:
        """`weights` is features by classes; `topic_weights` words and topics by topics.

        `topic_owners` is the class that each of the index's topics belongs to.
        """
        self.name = name
        self.index = index
        self.classes = tuple(classes)
        self.weights = weights
        self.bias = bias
        self.topic_weights = topic_weights
        self.topic_owners = tuple(topic_owners)
        self.measure = measure
        self._mean = weights[: len(index.words)].mean(axis=1)
        self._first_topic = index.size - len(index.topics)
        owners = np.array(self.topic_owners)
        self._own_topics = [np.flatnonzero(owners == code) for code in self.classes]

    def rank(self, words: Sequence[str], points: Mapping[str, float]) -> Ranking:
        """Return how likely each class is; `points` are the shares of the topics' keywords."""
        row = self.index.row(words, points)
        margins = row.weights @ self.weights.take(row.numbers, axis=0) + self.bias
        return Ranking(shares_of(margins, self.measure), row)

    def suggest(self, words: Sequence[str], points: Mapping[str, float]) -> list[Suggestion]:
        """Return the likeliest three; none for a text without a word that it knows."""
        ranking = self.rank(words, points)
        row, shares = ranking.row, ranking.shares
        if not len(row.numbers):
            return []
        best = np.argsort(-shares, kind="stable")[:MOST_PROPOSALS].tolist()
        topics = self._topic_scores(row)
        numbers, weights = row.numbers[: row.words], row.weights[: row.words]
        gains = weights * (self.weights[numbers[:, None], best].T - self._mean[numbers])
        return [
            Suggestion(
                opd=None if self.classes[number] == SUB_DISTRICT else self.classes[number],
                topic=self._likeliest_topic(number, topics),
                confidence=float(shares[number]),
                words=self._strongest(numbers, gain),
            )
            for number, gain in zip(best, gains, strict=True)
        ]

    def sure_from(self, precision: float) -> float:
        """Return the least confidence from which on this share was right; above 1 if none."""
        confidence, right = self.measure.confidence, self.measure.right
        if len(confidence) < LEAST_MEASURED:
            return 1.01
        order = np.argsort(-confidence, kind="stable")
        share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
        good = np.flatnonzero(share[LEAST_MEASURED - 1 :] >= precision)
        return float(confidence[order][good[-1] + LEAST_MEASURED - 1]) if len(good) else 1.01

    def _topic_scores(self, row: Row) -> Floats:
        """Return a score for each topic; parts of words tell OPDs apart, but not topics."""
        end = len(row.numbers) - row.topics
        shift = len(self.index.words) - self._first_topic
        words = row.weights[: row.words] @ self.topic_weights.take(row.numbers[: row.words], axis=0)
        own = self.topic_weights.take(row.numbers[end:] + shift, axis=0)
        return np.asarray(words + row.weights[end:] @ own, dtype=np.float32)

    def _likeliest_topic(self, number: int, scores: Floats) -> str | None:
        own = self._own_topics[number]
        return self.index.topics[own[scores[own].argmax()]] if len(own) else None

    def _strongest(self, numbers: Numbers, gain: Floats) -> tuple[str, ...]:
        """Return the words that raise a class above the others, the strongest first."""
        told: list[str] = []
        for place in np.argsort(-gain, kind="stable")[: 3 * MOST_WORDS].tolist():
            word = self.index.words[numbers[place]]
            if gain[place] <= 0 or len(told) == MOST_WORDS:
                break
            if "#" not in word:
                told.append(word)
        return tuple(told)


def shares_of(margins: Floats, measure: Measure) -> Floats:
    """Return how likely each class is, by its margin (the last axis is the classes').

    Half of it compares the margins with one another, which finds the likeliest best; half takes
    each class for itself, which ranks the next ones best.
    """
    together = np.exp(MARGIN_FACTOR * (margins - margins.max(axis=-1, keepdims=True)))
    together /= together.sum(axis=-1, keepdims=True)
    alone = 1 / (1 + np.exp(-np.clip(measure.slope * margins + measure.offset, -30, 30)))
    alone /= alone.sum(axis=-1, keepdims=True)
    shares = ((together + alone) / 2) ** np.float32(measure.sharpness)
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True), dtype=np.float32)


def write_model(model: Model) -> tuple[bytes, str]:
    """Return the model as bytes, and their SHA-256 in hex."""
    texts = {
        "format": _FORMAT,
        "name": model.name,
        "classes": model.classes,
        "topics": list(model.index.topics),
        "topic_owners": model.topic_owners,
        "words": list(model.index.words),
        "parts": list(model.index.parts),
        "sharpness": model.measure.sharpness,
    }
    out = io.BytesIO()
    np.savez_compressed(
        out,
        texts=np.frombuffer(json.dumps(texts, ensure_ascii=False).encode(), dtype=np.uint8),
        rarity=model.index.rarity.astype(np.float32),
        weights=model.weights.astype(np.float16),
        topic_weights=model.topic_weights.astype(np.float16),
        bias=model.bias.astype(np.float32),
        slope=model.measure.slope.astype(np.float32),
        offset=model.measure.offset.astype(np.float32),
        measured_confidence=model.measure.confidence.astype(np.float32),
        measured_right=model.measure.right.astype(np.float32),
    )
    content = out.getvalue()
    return content, hashlib.sha256(content).hexdigest()


def read_model(content: bytes, digest: str, name: str) -> Model:
    """Return the model that was written.

    Raises:
        ModelDamaged: the bytes are not those of the digest, or do not fit together.
    """
    if hashlib.sha256(content).hexdigest() != digest:
        raise ModelDamaged("the stored bytes are not those that were written")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            texts: dict[str, Any] = json.loads(stored["texts"].tobytes())
            arrays = {key: stored[key].astype(np.float32) for key in _ARRAYS}
        return _assembled(name, texts, arrays)
    except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ModelDamaged(f"not a model: {error}") from error


def _assembled(name: str, texts: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Model:
    if texts["format"] != _FORMAT:
        raise ValueError(f"format {texts['format']} is not {_FORMAT}")
    index = FeatureIndex(texts["words"], texts["parts"], texts["topics"], arrays["rarity"])
    classes = (len(texts["classes"]),)
    expected = {
        "bias": classes,
        "slope": classes,
        "offset": classes,
        "rarity": (len(index.words) + len(index.parts),),
        "weights": (index.size, len(texts["classes"])),
        "topic_weights": (len(index.words) + len(index.topics), len(index.topics)),
        "measured_right": arrays["measured_confidence"].shape,
    }
    wrong = [key for key, shape in expected.items() if arrays[key].shape != shape]
    if wrong:
        raise ValueError(f"these do not fit: {', '.join(wrong)}")
    return Model(
        name=name,
        index=index,
        classes=texts["classes"],
        weights=arrays["weights"],
        bias=arrays["bias"],
        topic_owners=texts["topic_owners"],
        topic_weights=arrays["topic_weights"],
        measure=Measure(
            slope=arrays["slope"],
            offset=arrays["offset"],
            sharpness=float(texts["sharpness"]),
            confidence=arrays["measured_confidence"],
            right=arrays["measured_right"],
        ),
    )
