"""How strongly the topics' keywords in a text speak for each OPD."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.routing.catalogue import Topic
from services.routing.keywords import KeywordIndex

STRONG_POINTS = 4.0
KEYWORD_POINTS = 2.0
FURTHER_WORD_POINTS = 1.0
HINT_POINTS = 0.75
OTHER_TOPIC_SHARE = 0.25
"""How much of their points an OPD's other topics add to those of its best one."""
DOUBT_POINTS = 2.0
"""Points that belong to nobody, so that one weak word never makes a confidence near 1."""
HALVING_WORDS = 60
"""Words in, at which a keyword counts half: people say what the matter is before its history."""


@dataclass(slots=True)
class Candidate:
    """An OPD, or the sub-district of the place (`opd` None), with its best topic.

    `words` are numbers in the keyword index. `spoken_for` says that more than hints speak for the
    OPD; hints alone place nothing.
    """

    opd: str | None
    topic: Topic
    points: float
    spoken_for: bool
    words: list[int]


@dataclass(slots=True)
class _TopicScore:
    topic: Topic
    points: float = 0.0
    spoken_for: bool = False
    words: list[int] = field(default_factory=list)


class Scorer:
    """The topics' keywords with what each is worth."""

    def __init__(self, topics: Sequence[Topic], index: KeywordIndex) -> None:
        self._points: list[list[tuple[Topic, float]]] = [[] for _ in index.keywords]
        for topic in topics:
            for keyword, points in _weighed(topic):
                number = index.number[keyword]
                further = index.word_counts[number] - 1 if points > HINT_POINTS else 0
                self._points[number].append((topic, points + FURTHER_WORD_POINTS * further))

    def candidates(self, found: Mapping[int, int]) -> list[Candidate]:
        """Return the OPDs for which some keyword speaks, the one with the most points first.

        `found` holds the keywords' numbers and, in words, where in the text each first stands.
        """
        by_opd: dict[str | None, list[_TopicScore]] = {}
        for score in self._scores(found):
            by_opd.setdefault(score.topic.opd, []).append(score)
        candidates: list[Candidate] = []
        for opd, scores in by_opd.items():
            best = max(scores, key=lambda each: each.points)
            others = sum(each.points for each in scores) - best.points
            points = best.points + OTHER_TOPIC_SHARE * others
            spoken_for = any(each.spoken_for for each in scores)
            candidates.append(Candidate(opd, best.topic, points, spoken_for, best.words))
        candidates.sort(key=lambda each: (-each.points, each.opd or ""))
        return candidates

    def shares(self, found: Mapping[int, int]) -> dict[str, float]:
        """Return each topic's share of all points and those of doubt, by its code."""
        points = {score.topic.code: score.points for score in self._scores(found)}
        total = sum(points.values()) + DOUBT_POINTS
        return {code: each / total for code, each in points.items()}

    def _scores(self, found: Mapping[int, int]) -> Iterator[_TopicScore]:
        scores: dict[str, _TopicScore] = {}
        for number, position in found.items():
            weight = HALVING_WORDS / (HALVING_WORDS + position)
            for topic, points in self._points[number]:
                score = scores.get(topic.code)
                if score is None:
                    score = scores[topic.code] = _TopicScore(topic)
                score.points += points * weight
                score.words.append(number)
                if points > HINT_POINTS:
                    score.spoken_for = True
        yield from scores.values()


def total_points(candidates: Sequence[Candidate]) -> float:
    """Return all candidates' points and those of doubt; a share of it is a confidence."""
    return sum(each.points for each in candidates) + DOUBT_POINTS


def _weighed(topic: Topic) -> Iterator[tuple[str, float]]:
    yield from ((keyword, STRONG_POINTS) for keyword in topic.strong)
    yield from ((keyword, KEYWORD_POINTS) for keyword in topic.keywords)
    yield from ((keyword, HINT_POINTS) for keyword in topic.hints)
