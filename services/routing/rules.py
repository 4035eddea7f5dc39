"""Which OPD a complaint belongs to, by ordered keyword rules and by the topics' keywords.

Pure. The first rule that matches decides; else the topic that the reporter chose; else the topics'
keywords do, if they speak clearly enough; else the triage desk gets the case with up to three
proposals. Every decision has a reason.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from services.routing.catalogue import KeywordRule, Priority, RoutingProfile, Topic
from services.routing.keywords import NEAR, KeywordIndex
from services.routing.lexicon import SPELLINGS
from services.routing.places import Places
from services.routing.scoring import Candidate, Scorer, total_points
from services.routing.text import split_words

MOST_PROPOSALS = 3
MOST_WORDS = 5
TOPIC_RULE = "kata-kunci/"
"""A decision by a topic's keywords names this and the topic's code as its rule."""
CHOICE_RULE = "kategori/"
"""A decision by the topic that somebody chose names this and the topic's code as its rule."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An OPD and topic with a confidence of 0 to 1 and the profile's words that spoke for it."""

    opd: str
    topic: str | None
    confidence: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The OPD chosen, or None for the triage desk; `reason` names the rule and its words."""

    opd: str | None
    topic: str | None
    rule_id: str | None
    reason: str
    proposals: tuple[Proposal, ...]
    priority: Priority = "normal"
    by: Literal["rule"] = "rule"


@dataclass(frozen=True, slots=True)
class _CompiledRule:
    rule: KeywordRule
    all_of: frozenset[int]
    any_of: frozenset[int]
    none_of: frozenset[int]

    def matches(self, found: dict[int, int]) -> bool:
        keys = found.keys()
        return (
            self.all_of <= keys
            and (not self.any_of or not self.any_of.isdisjoint(keys))
            and self.none_of.isdisjoint(keys)
        )


class Router:
    """A profile's rules and keywords, made ready for thousands of texts a second."""

    def __init__(self, profile: RoutingProfile) -> None:
        self.profile = profile
        spellings = SPELLINGS | dict(profile.spellings)
        self._topics = {topic.code: topic for topic in profile.topics}
        self._index = KeywordIndex(_every_keyword(profile), spellings)
        self._places = Places(profile.opds, profile.areas, spellings)
        self._scorer = Scorer(profile.topics, self._index)
        self._rules = [
            _CompiledRule(
                rule,
                self._numbers(rule.all_of),
                self._numbers(rule.any_of),
                self._numbers(rule.none_of),
            )
            for rule in profile.rules
        ]

    def choose_opd(
        self,
        text: str,
        title: str | None = None,
        area_code: str | None = None,
        chosen: str | None = None,
        *,
        emergency: bool = False,
    ) -> Decision:
        """Return where a complaint belongs and why; whatever the text is, this does not raise.

        `area_code` is the place of the complaint in the profile's codes, if known; else the text
        may name a sub-district or village. `chosen` is the topic that whoever took the complaint
        down chose; one that the profile does not have is passed over. In an emergency it comes
        before all rules, because a call taker heard the caller. Equal input gives an equal
        decision.
        """
        words = split_words(f"{title}\n{text}" if title else text)
        found = self._index.find(self._index.read(words))
        candidates = self._scorer.candidates(found)
        local = _Local(self._places, words, area_code, self.profile.placing.unknown_place_opd)
        topic = self._topics.get(chosen) if chosen else None
        if topic is not None and emergency:
            return self._by_choice(topic, candidates, local)
        for compiled in self._rules:
            if compiled.matches(found):
                return self._by_rule(compiled, found, candidates, local)
        if topic is not None:
            return self._by_choice(topic, candidates, local)
        return self._by_keywords(candidates, local)

    def _by_choice(self, topic: Topic, candidates: list[Candidate], local: "_Local") -> Decision:
        rule_id = CHOICE_RULE + topic.code
        reason = f"Aturan “{rule_id}”: kategori yang dipilih saat laporan dibuat, {topic.name}."
        proposals = self._proposals(candidates, local)
        opd = topic.opd or local.opd
        if opd is None:
            placed = self._with_places(topic, (), local, proposals)
            return Decision(None, None, rule_id, f"{reason} {local.why_unknown}", placed)
        others = tuple(each for each in proposals if each.opd != opd)[: MOST_PROPOSALS - 1]
        first = Proposal(opd, topic.code, 1.0, ())
        return Decision(opd, topic.code, rule_id, reason, (first, *others), topic.priority)

    def _by_rule(
        self,
        compiled: _CompiledRule,
        found: dict[int, int],
        candidates: list[Candidate],
        local: "_Local",
    ) -> Decision:
        rule = compiled.rule
        spoken = sorted(
            (compiled.all_of | compiled.any_of) & found.keys(), key=lambda number: found[number]
        )
        words = self._written(spoken)
        reason = f"Aturan “{rule.id}”: {rule.reason} Kata: {_listed(words)}."
        proposals = self._proposals(candidates, local)
        if rule.topic is None and rule.opd is None:
            return Decision(None, None, rule.id, reason, proposals)
        topic = self._topics[rule.topic] if rule.topic else None
        opd = rule.opd or (topic.opd if topic else None)
        if topic is None:
            topic = next((each.topic for each in candidates if each.opd == opd), None)
        if opd is None:
            opd = local.opd
            if opd is None:
                proposals = self._with_places(topic, words, local, proposals)
                return Decision(None, None, rule.id, f"{reason} {local.why_unknown}", proposals)
        code = topic.code if topic else None
        first = Proposal(opd, code, 1.0, words)
        others = tuple(each for each in proposals if each.opd != opd)[: MOST_PROPOSALS - 1]
        priority = topic.priority if topic else "normal"
        return Decision(opd, code, rule.id, reason, (first, *others), priority)

    def _by_keywords(self, candidates: list[Candidate], local: "_Local") -> Decision:
        if not candidates:
            reason = "Tidak ada kata yang dikenal oleh aturan; meja triase menentukan."
            return Decision(None, None, None, reason, ())
        placing = self.profile.placing
        proposals = self._proposals(candidates, local)
        total = total_points(candidates)
        best = candidates[0]
        second = candidates[1].points if len(candidates) > 1 else 0.0
        confidence = best.points / total
        margin = (best.points - second) / total
        clear = confidence >= placing.min_confidence and margin >= placing.min_margin
        if not (clear and best.spoken_for):
            return Decision(None, None, None, _unsure(proposals), proposals)
        words = self._written(best.words)
        rule_id = TOPIC_RULE + best.topic.code
        reason = f"Aturan “{rule_id}”: tentang {best.topic.name}. Kata: {_listed(words)}."
        opd = best.opd or local.opd
        if opd is None:
            return Decision(None, None, rule_id, f"{reason} {local.why_unknown}", proposals)
        return Decision(opd, best.topic.code, rule_id, reason, proposals, best.topic.priority)

    def _proposals(self, candidates: list[Candidate], local: "_Local") -> tuple[Proposal, ...]:
        total = total_points(candidates)
        proposals: list[Proposal] = []
        for each in candidates[:MOST_PROPOSALS]:
            opds = (each.opd,) if each.opd else local.proposed
            confidence = round(each.points / total / len(opds), 3)
            words = self._written(each.words)
            proposals += [Proposal(opd, each.topic.code, confidence, words) for opd in opds]
        return tuple(proposals[:MOST_PROPOSALS])

    @staticmethod
    def _with_places(
        topic: Topic | None,
        words: tuple[str, ...],
        local: "_Local",
        proposals: tuple[Proposal, ...],
    ) -> tuple[Proposal, ...]:
        """Put the sub-districts that it might be before the other proposals."""
        opds = local.proposed[:MOST_PROPOSALS]
        code = topic.code if topic else None
        first = [Proposal(opd, code, round(1 / len(opds), 3), words) for opd in opds]
        others = [each for each in proposals if each.opd not in opds]
        return tuple([*first, *others][:MOST_PROPOSALS])

    def _numbers(self, keywords: Iterable[str]) -> frozenset[int]:
        return frozenset(self._index.number[keyword] for keyword in keywords)

    def _written(self, numbers: Sequence[int]) -> tuple[str, ...]:
        keywords = self._index.keywords
        return tuple(keywords[number].replace(NEAR, "…") for number in numbers[:MOST_WORDS])


class _Local:
    """The sub-district of one complaint, looked for only when some topic needs it."""

    def __init__(
        self, places: Places, words: Sequence[str], area_code: str | None, unknown: str
    ) -> None:
        self._places = places
        self._words = words
        self._area_code = area_code
        self._unknown = unknown
        self._found: tuple[str, ...] | None = None

    @property
    def opd(self) -> str | None:
        """The one sub-district OPD, or None where no place or more than one is named."""
        opds = self._opds()
        return opds[0] if len(opds) == 1 else None

    @property
    def proposed(self) -> tuple[str, ...]:
        """The OPDs to propose: those named, or the one that the profile sets for this."""
        return self._opds() or (self._unknown,)

    @property
    def why_unknown(self) -> str:
        """Say in Indonesian why there is no sub-district."""
        if self._opds():
            return "Lebih dari satu kecamatan disebut; meja triase menentukan."
        return "Kecamatannya belum diketahui; meja triase menentukan."

    def _opds(self) -> tuple[str, ...]:
        if self._found is None:
            at = self._places.opd_at(self._area_code) if self._area_code else None
            self._found = (at,) if at else self._places.opds_named(self._words)
        return self._found


def compile_rules(profile: RoutingProfile) -> Router:
    """Return the profile's rules made ready; do it once per profile, it takes milliseconds."""
    return Router(profile)


def _every_keyword(profile: RoutingProfile) -> Iterator[str]:
    for topic in profile.topics:
        yield from topic.strong
        yield from topic.keywords
        yield from topic.hints
    for rule in profile.rules:
        yield from rule.all_of
        yield from rule.any_of
        yield from rule.none_of


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)


def _unsure(proposals: Sequence[Proposal]) -> str:
    shares = ", ".join(f"{each.opd} {each.confidence:.0%}" for each in proposals)
    return f"Kata-katanya belum cukup jelas untuk satu OPD ({shares}); meja triase menentukan."
