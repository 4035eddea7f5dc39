"""Routing's part of a Pemda's profile: its OPDs, topics, examples, keyword rules and place names.

It also reads the areas of `pemda.yaml`, which belong to intake, for the names of places.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from services.routing.catalogue import (
    Area,
    KeywordRule,
    Opd,
    Placing,
    RoutingProfile,
    Topic,
    TopicExamples,
)
from services.routing.conditions import language
from services.routing.outlines import OUTLINES, read_outlines
from services.routing.profile_files import (
    AreasFile,
    ExamplesFile,
    OpdsFile,
    RuleEntry,
    RulesFile,
    TopicEntry,
    TopicsFile,
)
from services.routing.work_profile import WORK, check_work, read_work
from shared.catalogue.reading import read_services
from shared.expressions.language import ExpressionInvalid, Language
from shared.profile import ProfileInvalid, ProfileProblem, ProfileReader

_OPDS, _TOPICS, _RULES = "opds.yaml", "topics.yaml", "rules.yaml"
_EXAMPLES = "examples.yaml"
FILES = (_OPDS, _TOPICS, _RULES, WORK)
OPTIONAL = (_EXAMPLES,)
_AREAS = "pemda.yaml"


def check(folder: Path) -> list[ProfileProblem]:
    """Return what is wrong with routing's files, in the order of file and line."""
    try:
        read(folder)
    except ProfileInvalid as invalid:
        return list(invalid.problems)
    return []


def read(folder: Path) -> RoutingProfile:
    """Return routing's part of the profile in a folder.

    Raises:
        ProfileInvalid: with every problem found, each with its file and line.
    """
    reader = ProfileReader(folder)
    opds = reader.read(_OPDS, OpdsFile)
    topics = reader.read(_TOPICS, TopicsFile)
    rules = reader.read(_RULES, RulesFile)
    areas = reader.read(_AREAS, AreasFile)
    outlines = read_outlines(folder, reader)
    work = read_work(reader)
    # A Pemda that has written none starts on its keywords alone.
    examples = reader.read(_EXAMPLES, ExamplesFile) if (folder / _EXAMPLES).exists() else None
    if opds and areas:
        _check_opds(reader, opds, areas)
        _check_outlines(reader, areas, outlines)
    if opds and topics:
        _check_topics(reader, opds, topics)
        known_opds, known_topics = (
            [each.code for each in some] for some in (opds.opds, topics.topics)
        )
        check_work(reader, work, known_opds, known_topics)
        _check_examples(reader, examples, known_topics)
    if opds and topics and rules:
        _check_rules(reader, opds, topics, rules)
    services = read_services(folder, reader)
    reader.finish()
    # Without a problem every file was read; this is said for the type checker.
    if not (opds and topics and rules and areas):
        raise ProfileInvalid(reader.problems)
    return RoutingProfile(
        opds=tuple(Opd(each.code, each.name, each.kind, each.area_code) for each in opds.opds),
        topics=tuple(_topic(each) for each in topics.topics),
        rules=tuple(rule_of(each) for each in rules.rules),
        areas=tuple(_areas(areas, outlines)),
        placing=Placing(**rules.placing.model_dump()),
        spellings=tuple(sorted(rules.spellings.items())),
        zone=areas.zone,
        work=work,
        examples=tuple(
            TopicExamples(code, tuple(texts))
            for code, texts in (examples.examples if examples else {}).items()
        ),
        services=services,
        pemda=areas.name,
    )


def rule_of(entry: RuleEntry) -> KeywordRule:
    """Return a rule as the router takes it."""
    return KeywordRule(
        entry.id,
        entry.reason,
        entry.topic,
        entry.opd,
        tuple(entry.all),
        tuple(entry.any),
        tuple(entry.none),
        entry.when,
        entry.place,
    )


def dump(profile: RoutingProfile) -> str:
    """Return the profile as the JSON that `parse` reads, for the service's own database."""
    return profile.model_dump_json()


def parse(content: str) -> RoutingProfile:
    """Return the profile that `dump` wrote; raises pydantic's ValidationError for anything else."""
    return RoutingProfile.model_validate_json(content)


def _check_opds(reader: ProfileReader, opds: OpdsFile, areas: AreasFile) -> None:
    reader.require_unique(_OPDS, ("opds",), [opd.code for opd in opds.opds], "code")
    districts = {district.code for district in areas.districts}
    served: dict[str, str] = {}
    for index, opd in enumerate(opds.opds):
        if opd.area_code is None:
            continue
        place = ("opds", index, "area_code")
        if opd.area_code not in districts:
            reader.complain(_OPDS, place, f"{_AREAS} has no district '{opd.area_code}'")
        elif opd.area_code in served:
            reader.complain(_OPDS, place, f"{served[opd.area_code]} serves it already")
        served[opd.area_code] = opd.code


def _check_outlines(reader: ProfileReader, areas: AreasFile, outlines: Mapping[str, str]) -> None:
    known = {each.code for district in areas.districts for each in (district, *district.villages)}
    for code in outlines.keys() - known:
        reader.note(OUTLINES, 1, f"{_AREAS} has no district or village '{code}'")


def _check_topics(reader: ProfileReader, opds: OpdsFile, topics: TopicsFile) -> None:
    reader.require_unique(_TOPICS, ("topics",), [topic.code for topic in topics.topics], "code")
    known = {opd.code for opd in opds.opds}
    for index, topic in enumerate(topics.topics):
        if topic.opd is not None and topic.opd not in known:
            reader.complain(_TOPICS, ("topics", index, "opd"), f"{_OPDS} has no OPD '{topic.opd}'")
        words = [*topic.strong, *topic.keywords, *topic.hints]
        twice = sorted({word for word in words if words.count(word) > 1})
        if twice:
            message = f"stands in more than one list: {', '.join(twice)}"
            reader.complain(_TOPICS, ("topics", index), message)


def _check_examples(
    reader: ProfileReader, file: ExamplesFile | None, topics: Collection[str]
) -> None:
    seen: dict[str, str] = {}
    for topic, texts in (file.examples if file else {}).items():
        if topic not in topics:
            reader.complain(_EXAMPLES, ("examples", topic), f"{_TOPICS} has no topic '{topic}'")
        for index, text in enumerate(texts):
            if text in seen:
                place = ("examples", topic, index)
                reader.complain(_EXAMPLES, place, f"stands already under {seen[text]}")
            seen[text] = topic


def _check_rules(
    reader: ProfileReader, opds: OpdsFile, topics: TopicsFile, rules: RulesFile
) -> None:
    reader.require_unique(_RULES, ("rules",), [rule.id for rule in rules.rules], "id")
    known_opds = {opd.code for opd in opds.opds}
    known_topics = {topic.code for topic in topics.topics}
    fields = language(frozenset(known_opds), frozenset(known_topics))
    if rules.placing.unknown_place_opd not in known_opds:
        reader.complain(
            _RULES,
            ("placing", "unknown_place_opd"),
            f"{_OPDS} has no OPD '{rules.placing.unknown_place_opd}'",
        )
    for index, rule in enumerate(rules.rules):
        if rule.topic is not None and rule.topic not in known_topics:
            reader.complain(
                _RULES, ("rules", index, "topic"), f"{_TOPICS} has no topic '{rule.topic}'"
            )
        if rule.opd is not None and rule.opd not in known_opds:
            reader.complain(_RULES, ("rules", index, "opd"), f"{_OPDS} has no OPD '{rule.opd}'")
        if rule.when is not None:
            _check_condition(reader, index, rule.when, fields)


def _check_condition(reader: ProfileReader, index: int, when: str, fields: Language) -> None:
    try:
        fields.compile(when)
    except ExpressionInvalid as error:
        place = ("rules", index, "when")
        reader.complain_inside(_RULES, place, error.line, error.column, error.message)


def _topic(entry: TopicEntry) -> Topic:
    return Topic(
        entry.code,
        entry.name,
        entry.opd,
        tuple(entry.strong),
        tuple(entry.keywords),
        tuple(entry.hints),
        entry.priority,
        entry.place,
    )


def _areas(areas: AreasFile, outlines: Mapping[str, str]) -> Iterator[Area]:
    for district in areas.districts:
        for each in (district, *district.villages):
            yield Area(each.code, each.name, outlines.get(each.code))
