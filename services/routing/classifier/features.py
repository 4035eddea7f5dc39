"""What a model sees in a text: words, pairs of words, parts of words, and the keywords' verdict.

Training and serving use the same function, so a text has the same features in both.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from services.routing.lexicon import SPELLINGS

Floats = NDArray[np.float32]
Numbers = NDArray[np.int32]

SHORTEST_PART, LONGEST_PART = 3, 5
LEAST_TEXTS = 2
"""A word or part that fewer texts have is not learned."""
VERDICT_WEIGHT = 0.5
"""What the keywords' verdict counts beside the words: they were written before any real text."""
_MEMORY = 50_000
_LONGEST_WORD = 32
_REPEATED = re.compile(r"(.)\1{2,}")
_NOTHING: Numbers = np.empty(0, dtype=np.int32)


def normal(word: str) -> str:
    """Return a word as models know it: spelled in full; of a number only how long it is."""
    if word.isdigit():
        return "#" * min(len(word), 4)
    word = _REPEATED.sub(r"\1", word)
    return SPELLINGS.get(word, word)


def parts_of(word: str) -> list[str]:
    """Return the parts of a word, three to five letters, with blanks for its beginning and end."""
    padded = f" {word[:_LONGEST_WORD]} "
    return [
        padded[start : start + length]
        for length in range(SHORTEST_PART, LONGEST_PART + 1)
        for start in range(len(padded) - length + 1)
    ]


@dataclass(frozen=True, slots=True)
class Row:
    """One text: the numbers of its features and their weights.

    The first `words` of them are words and pairs, the last `topics` are the keywords' topics.
    """

    numbers: Numbers
    weights: Floats
    words: int
    topics: int


class FeatureIndex:
    """Every feature by number: first words and pairs, then parts, then the keywords' topics."""

    def __init__(
        self, words: Sequence[str], parts: Sequence[str], topics: Sequence[str], rarity: Floats
    ) -> None:
        """`rarity` has the inverse document frequency of each word, pair and part."""
        self.words, self.parts, self.topics, self.rarity = words, parts, topics, rarity
        self._word = {word: number for number, word in enumerate(words)}
        first_part = len(words)
        self._part = {part: number for number, part in enumerate(parts, first_part)}
        first_topic = first_part + len(parts)
        self._topic = {topic: number for number, topic in enumerate(topics, first_topic)}
        self.size = first_topic + len(topics)
        self._seen: dict[str, tuple[str, Numbers]] = {}

    def row(self, words: Sequence[str], points: Mapping[str, float]) -> Row:
        """Return the features of a text's words and of its topics' points."""
        spelled: list[str] = []
        parts: list[Numbers] = []
        for word in words:
            known = self._seen.get(word) or self._see(word)
            spelled.append(known[0])
            parts.append(known[1])
        found = self._word
        counted: dict[int, int] = {}
        for term in (*spelled, *map(" ".join, pairwise(spelled))):
            number = found.get(term)
            if number is not None:
                counted[number] = counted.get(number, 0) + 1
        blocks = [
            self._weighed(
                np.fromiter(counted, dtype=np.int32, count=len(counted)),
                np.fromiter(counted.values(), dtype=np.float32, count=len(counted)),
            )
        ]
        if any(map(len, parts)):
            blocks.append(self._weighed(*_counted(np.concatenate(parts))))
        topics = self._topic
        shares = {topics[code]: share for code, share in points.items() if code in topics}
        numbers = np.fromiter(shares, dtype=np.int32, count=len(shares))
        verdict = np.fromiter(shares.values(), dtype=np.float32, count=len(shares))
        blocks.append((numbers, verdict * np.float32(VERDICT_WEIGHT)))
        return Row(
            np.concatenate([block[0] for block in blocks]),
            np.concatenate([block[1] for block in blocks]),
            len(counted),
            len(shares),
        )

    def _weighed(self, numbers: Numbers, counts: Floats) -> tuple[Numbers, Floats]:
        weights = (1 + np.log(counts)) * self.rarity.take(numbers)
        length = math.sqrt(weights @ weights)
        return numbers, weights / length if length else weights

    def _see(self, word: str) -> tuple[str, Numbers]:
        if len(self._seen) >= _MEMORY:
            self._seen.clear()
        spelled = normal(word)
        known = [self._part[part] for part in parts_of(spelled) if part in self._part]
        seen = (spelled, np.array(known, dtype=np.int32) if known else _NOTHING)
        self._seen[word] = seen
        return seen


def _counted(numbers: Numbers) -> tuple[Numbers, Floats]:
    """Return each number once, and how often it was there, in a third of `numpy.unique`'s time."""
    numbers.sort()
    starts = np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1])))
    counts = np.diff(np.append(starts, len(numbers)))
    return numbers[starts], counts.astype(np.float32)


def learn_features(
    texts: Sequence[Sequence[str]], topics: Sequence[str], *, rare_words: bool = False
) -> FeatureIndex:
    """Return the features of these texts' words that at least two texts have.

    With `rare_words` one text is enough for a word, though not for a pair or a part.
    """
    in_texts: Counter[str] = Counter()
    parts_in_texts: Counter[str] = Counter()
    for words in texts:
        spelled = [normal(word) for word in words]
        in_texts.update({*spelled, *map(" ".join, pairwise(spelled))})
        parts_in_texts.update({part for word in set(spelled) for part in parts_of(word)})
    words = sorted(
        term
        for term, count in in_texts.items()
        if count >= LEAST_TEXTS or (rare_words and " " not in term)
    )
    parts = sorted(part for part, count in parts_in_texts.items() if count >= LEAST_TEXTS)
    counts = np.array(
        [*(in_texts[term] for term in words), *(parts_in_texts[part] for part in parts)],
        dtype=np.float32,
    )
    rarity = (np.log((1 + len(texts)) / (1 + counts)) + 1).astype(np.float32)
    return FeatureIndex(words, parts, topics, rarity)
