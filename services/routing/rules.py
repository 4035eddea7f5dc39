"""Which OPD a complaint belongs to: by ordered rules, then by a trained model or by keywords.

Pure. The first rule that matches decides; else the topic that the reporter chose; else the model
does, or, where none is trained, the topics' keywords, if they speak clearly enough; else the triage
desk gets the case with up to three proposals, for which a new Pemda's examples speak beside the
keywords. Every decision has a reason.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from services.routing.catalogue import KeywordRule, RoutingProfile, Topic
from services.routing.conditions import UNKNOWN, Circumstances, language, values_of
from services.routing.decisions import (
    MOST_PROPOSALS,
    MOST_WORDS,
    Classifier,
    Decision,
    Proposal,
    Suggestion,
    listed,
    shares,
)
from services.routing.keywords import NEAR, KeywordIndex
from services.routing.lexicon import SPELLINGS
from services.routing.places import Locality, Places
from services.routing.proposing import (
    NO_WORDS,
    proposals_of,
    settled_by_account,
    unsure,
    with_keywords,
    with_places,
)
from services.routing.scoring import Candidate, Scorer, total_points
from services.routing.text import split_words
from shared.expressions.language import Expression, ExpressionFailed

TOPIC_RULE = "kata-kunci/"
"""A decision by a topic's keywords names this and the topic's code as its rule."""
CHOICE_RULE = "kategori/"
"""A decision by the topic that somebody chose names this and the topic's code as its rule."""


@dataclass(frozen=True, slots=True)
class _CompiledRule:
    rule: KeywordRule
    all_of: frozenset[int]
    any_of: frozenset[int]
    none_of: frozenset[int]
    condition: Expression | None

    def has_words(self, found: Mapping[int, int]) -> bool:
        keys = found.keys()
        return (
            self.all_of <= keys
            and (not self.any_of or not self.any_of.isdisjoint(keys))
            and self.none_of.isdisjoint(keys)
        )


@dataclass(slots=True)
class _Reading:
    """One complaint as the rules see it: the keywords found, who they speak for, and its place."""

    text: str
    words: list[str]
    found: dict[int, int]
    candidates: list[Candidate]
    local: Locality
    came: Circumstances
    asks_place: bool
    asked: dict[str, object] | None = None

    def satisfies(self, condition: Expression | None) -> bool:
        """Tell whether there is no condition, or it holds; raises ExpressionFailed."""
        if condition is None:
            return True
        if self.asked is None:
            topic = self.candidates[0].topic.code if self.candidates else None
            place = self.local.opd if self.asks_place else None
            self.asked = values_of(self.text, topic, place, self.came)
        return condition.matches(self.asked)


class Router:
    """A profile's rules and keywords, made ready for thousands of texts a second."""

    def __init__(self, profile: RoutingProfile) -> None:
        self.profile = profile
        spellings = SPELLINGS | dict(profile.spellings)
        self._topics = {topic.code: topic for topic in profile.topics}
        self._opds = frozenset(opd.code for opd in profile.opds)
        self.language = language(self._opds, frozenset(self._topics))
        self._index = KeywordIndex(_every_keyword(profile), spellings)
        self._places = Places(profile.opds, profile.areas, spellings, self._index.words)
        self._scorer = Scorer(profile.topics, self._index)
        self._rules = [self._compiled(rule) for rule in profile.rules]
        # Looking for place names takes time: only where some rule asks.
        conditions = (compiled.condition for compiled in self._rules)
        self._asks_place = any(c is not None and "sub_district" in c.names for c in conditions)

    def choose_opd(
        self,
        text: str,
        title: str | None = None,
        came: Circumstances = UNKNOWN,
        classifier: Classifier | None = None,
    ) -> Decision:
        """Return where a complaint belongs and why; whatever the text is, this does not raise.

        Where `came` has no place, the text may name a sub-district or village. Its `chosen` is the
        topic that whoever took the complaint down chose; one that the profile does not have is
        passed over. In an emergency it comes before all rules, because a call taker heard the
        caller. Equal input gives an equal decision.
        """
        whole = f"{title}\n{text}" if title else text
        words = split_words(whole)
        found = self._index.find(self._index.read(words))
        local = Locality(self._places, words, came, self.profile.placing.unknown_place_opd)
        candidates = self._scorer.candidates(found)
        reading = _Reading(whole, words, found, candidates, local, came, self._asks_place)
        topic = self._topics.get(came.chosen) if came.chosen else None
        if topic is not None and came.emergency:
            return self._by_choice(topic, reading)
        compiled, failed = self._first_match(reading)
        if compiled is not None:
            decision = self._by_rule(compiled, reading)
        elif topic is not None:
            decision = self._by_choice(topic, reading)
        else:
            decision = self._by_words(reading, classifier)
        return replace(decision, failed_rules=failed) if failed else decision

    def _by_words(self, reading: _Reading, classifier: Classifier | None) -> Decision:
        if classifier is not None and classifier.decides:
            decision = self._by_model(classifier, reading)
        else:
            decision = self._by_keywords(reading)
        if decision.opd is None and decision.rule_id is None:
            decision = settled_by_account(decision, reading.came)
        is_open = decision.opd is None and decision.rule_id is None
        if is_open and classifier is not None and not classifier.decides:
            return self._with_examples(decision, classifier, reading)
        return decision

    def _with_examples(
        self, decision: Decision, starter: Classifier, reading: _Reading
    ) -> Decision:
        """Propose to the desk what the profile's examples and keywords say together."""
        points = self._scorer.shares(reading.found)
        suggestions = with_keywords(
            starter.suggest(reading.words, points), self._suggestions(reading.candidates)
        )
        if not suggestions:
            return decision
        proposals = proposals_of(suggestions, reading.local)
        return replace(decision, proposals=proposals, reason=unsure(proposals))

    def _by_choice(self, topic: Topic, reading: _Reading) -> Decision:
        local = reading.local
        rule_id = CHOICE_RULE + topic.code
        reason = f"Aturan “{rule_id}”: kategori yang dipilih saat laporan dibuat, {topic.name}."
        proposals = self._proposals(reading.candidates, local)
        opd = topic.opd or local.opd
        if opd is None:
            placed = with_places(topic, (), local, proposals)
            return Decision(None, None, rule_id, f"{reason} {local.why_unknown}", placed)
        others = tuple(each for each in proposals if each.opd != opd)[: MOST_PROPOSALS - 1]
        first = Proposal(opd, topic.code, 1.0, ())
        return Decision(opd, topic.code, rule_id, reason, (first, *others), topic.priority)

    def keyword_points(self, words: list[str]) -> dict[str, float]:
        """Return the share of the points that each topic's keywords have in a text, by code."""
        return self._scorer.shares(self._index.find(self._index.read(words)))

    def _first_match(self, reading: _Reading) -> tuple[_CompiledRule | None, tuple[str, ...]]:
        """Return the rule that decides, and those before it that could not be evaluated."""
        failed: list[str] = []
        for compiled in self._rules:
            if not compiled.has_words(reading.found):
                continue
            try:
                if reading.satisfies(compiled.condition):
                    return compiled, tuple(failed)
            except ExpressionFailed:
                failed.append(compiled.rule.id)
        return None, tuple(failed)

    def _by_rule(self, compiled: _CompiledRule, reading: _Reading) -> Decision:
        rule, local = compiled.rule, reading.local
        found = reading.found
        spoken = sorted(
            (compiled.all_of | compiled.any_of) & found.keys(), key=lambda number: found[number]
        )
        words = self._written(spoken)
        reason = f"Aturan “{rule.id}”: {rule.reason}"
        if words:
            reason += f" Kata: {listed(words)}."
        proposals = self._proposals(reading.candidates, local)
        if rule.topic is None and rule.opd is None and not rule.place:
            return Decision(None, None, rule.id, reason, proposals)
        topic = self._topics[rule.topic] if rule.topic else None
        opd = rule.opd or (topic.opd if topic else None)
        if topic is None:
            topic = next((each.topic for each in reading.candidates if each.opd == opd), None)
        if opd is None:
            opd = local.opd
            if opd is None:
                proposals = with_places(topic, words, local, proposals)
                return Decision(None, None, rule.id, f"{reason} {local.why_unknown}", proposals)
        code = topic.code if topic else None
        first = Proposal(opd, code, 1.0, words)
        others = tuple(each for each in proposals if each.opd != opd)[: MOST_PROPOSALS - 1]
        priority = topic.priority if topic else "normal"
        return Decision(opd, code, rule.id, reason, (first, *others), priority)

    def _by_model(self, classifier: Classifier, reading: _Reading) -> Decision:
        suggestions = [
            each
            for each in classifier.suggest(reading.words, self._scorer.shares(reading.found))
            if each.opd is None or each.opd in self._opds
        ]
        proposals = proposals_of(suggestions, reading.local)
        if not suggestions:
            return Decision(None, None, None, NO_WORDS, proposals)
        best = suggestions[0]
        topic = self._topics.get(best.topic or "")
        name = classifier.name
        if best.confidence < classifier.sure_from(self.profile.placing.wanted_precision):
            reason = f"{name} belum cukup yakin ({shares(proposals)}); meja triase menentukan."
            return Decision(None, None, None, reason, proposals)
        about = f" tentang {topic.name}" if topic else ""
        reason = f"{name}:{about}, keyakinan {best.confidence:.0%}. Kata: {listed(best.words)}."
        opd = best.opd or reading.local.opd
        if opd is None:
            reason = f"{reason} {reading.local.why_unknown}"
            return Decision(None, None, name, reason, proposals, by="model")
        priority = topic.priority if topic else "normal"
        return Decision(opd, best.topic, name, reason, proposals, priority, by="model")

    def _by_keywords(self, reading: _Reading) -> Decision:
        candidates, local = reading.candidates, reading.local
        if not candidates:
            return Decision(None, None, None, NO_WORDS, ())
        placing = self.profile.placing
        proposals = self._proposals(candidates, local)
        total = total_points(candidates)
        best = candidates[0]
        second = candidates[1].points if len(candidates) > 1 else 0.0
        confidence = best.points / total
        margin = (best.points - second) / total
        clear = confidence >= placing.min_confidence and margin >= placing.min_margin
        if not (clear and best.spoken_for):
            return Decision(None, None, None, unsure(proposals), proposals)
        words = self._written(best.words)
        rule_id = TOPIC_RULE + best.topic.code
        reason = f"Aturan “{rule_id}”: tentang {best.topic.name}. Kata: {listed(words)}."
        opd = best.opd or local.opd
        if opd is None:
            return Decision(None, None, rule_id, f"{reason} {local.why_unknown}", proposals)
        return Decision(opd, best.topic.code, rule_id, reason, proposals, best.topic.priority)

    def _proposals(self, candidates: list[Candidate], local: Locality) -> tuple[Proposal, ...]:
        return proposals_of(self._suggestions(candidates), local)

    def _suggestions(self, candidates: list[Candidate]) -> list[Suggestion]:
        total = total_points(candidates)
        return [
            Suggestion(each.opd, each.topic.code, each.points / total, self._written(each.words))
            for each in candidates[:MOST_PROPOSALS]
        ]

    def _compiled(self, rule: KeywordRule) -> _CompiledRule:
        condition = self.language.compile(rule.when) if rule.when is not None else None
        return _CompiledRule(
            rule,
            self._numbers(rule.all_of),
            self._numbers(rule.any_of),
            self._numbers(rule.none_of),
            condition,
        )

    def _numbers(self, keywords: Iterable[str]) -> frozenset[int]:
        return frozenset(self._index.number[keyword] for keyword in keywords)

    def _written(self, numbers: Sequence[int]) -> tuple[str, ...]:
        keywords = self._index.keywords
        return tuple(keywords[number].replace(NEAR, "…") for number in numbers[:MOST_WORDS])


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
