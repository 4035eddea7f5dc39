"""Routing's part of a Pemda's profile: its OPDs, topics, keyword rules and place names.

It also reads the areas of `pemda.yaml`, which belong to intake, for the names of places.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from services.routing.catalogue import (
    Area,
    KeywordRule,
    Opd,
    Placing,
    Priority,
    RoutingProfile,
    Topic,
)
from services.routing.keywords import parse_keyword
from services.routing.text import split_words
from shared.profile import (
    ProfileInvalid,
    ProfilePart,
    ProfileProblem,
    ProfileReader,
)

FILES = ("opds.yaml", "topics.yaml", "rules.yaml")
_OPDS, _TOPICS, _RULES = FILES
_AREAS = "pemda.yaml"

OpdCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{1,31}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
AreaCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}(\.[0-9]{2,4}){1,3}$")]
Name = Annotated[str, StringConstraints(min_length=2, max_length=120)]
Sentence = Annotated[str, StringConstraints(min_length=10, max_length=300)]
Keyword = Annotated[str, StringConstraints(min_length=2, max_length=60)]
Share = Annotated[float, Field(ge=0, le=1)]
OpdKind = Literal[
    "setda", "setwan", "inspektorat", "dinas", "badan", "satuan", "kecamatan", "bumd", "blud"
]


class OpdEntry(ProfilePart):
    """One OPD of opds.yaml."""

    code: OpdCode
    name: Name
    kind: OpdKind
    area_code: AreaCode | None = None

    @model_validator(mode="after")
    def _has_its_area(self) -> "OpdEntry":
        if (self.kind == "kecamatan") != (self.area_code is not None):
            raise ValueError("area_code is for an OPD of kind kecamatan, which needs one")
        return self


class OpdsFile(ProfilePart):
    """opds.yaml."""

    opds: list[OpdEntry] = Field(min_length=1)


class TopicEntry(ProfilePart):
    """One topic of topics.yaml."""

    code: Slug
    name: Name
    opd: OpdCode | None = None
    place: bool = False
    priority: Priority = "normal"
    strong: list[Keyword] = []
    keywords: list[Keyword] = []
    hints: list[Keyword] = []

    @field_validator("strong", "keywords", "hints")
    @classmethod
    def _are_usable(cls, keywords: list[str]) -> list[str]:
        return _usable(keywords)

    @model_validator(mode="after")
    def _has_an_owner(self) -> "TopicEntry":
        if self.place == (self.opd is not None):
            raise ValueError("a topic has either an opd or place: true")
        if not self.strong and not self.keywords:
            raise ValueError("a topic needs words under strong or keywords")
        return self


class TopicsFile(ProfilePart):
    """topics.yaml."""

    topics: list[TopicEntry] = Field(min_length=1)


class RuleEntry(ProfilePart):
    """One rule of rules.yaml; without topic and opd it sends to the triage desk."""

    id: Slug
    reason: Sentence
    topic: Slug | None = None
    opd: OpdCode | None = None
    triage: bool = False
    all: list[Keyword] = []
    any: list[Keyword] = []
    none: list[Keyword] = []

    @field_validator("all", "any", "none")
    @classmethod
    def _are_usable(cls, keywords: list[str]) -> list[str]:
        return _usable(keywords)

    @model_validator(mode="after")
    def _is_whole(self) -> "RuleEntry":
        if not self.all and not self.any:
            raise ValueError("a rule needs words under all or any")
        if [self.topic is not None, self.opd is not None, self.triage].count(True) != 1:
            raise ValueError("a rule has exactly one of topic, opd and triage: true")
        return self


class PlacingEntry(ProfilePart):
    """How sure topic keywords must be, and which OPD is proposed where the place is unknown."""

    min_confidence: Share
    min_margin: Share
    unknown_place_opd: OpdCode


class RulesFile(ProfilePart):
    """rules.yaml."""

    placing: PlacingEntry
    spellings: dict[str, str] = {}
    rules: list[RuleEntry]

    @field_validator("spellings")
    @classmethod
    def _are_single_words(cls, spellings: dict[str, str]) -> dict[str, str]:
        for pair in spellings.items():
            for word in pair:
                if split_words(word) != [word]:
                    raise ValueError(f"'{word}' is not one word in lower-case letters")
        return spellings


class _Village(ProfilePart):
    model_config = ConfigDict(extra="ignore")

    code: str
    name: str


class _District(_Village):
    villages: list[_Village] = []


class _AreasFile(ProfilePart):
    model_config = ConfigDict(extra="ignore")

    districts: list[_District] = []


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
    areas = reader.read(_AREAS, _AreasFile)
    if opds and areas:
        _check_opds(reader, opds, areas)
    if opds and topics:
        _check_topics(reader, opds, topics)
    if opds and topics and rules:
        _check_rules(reader, opds, topics, rules)
    reader.finish()
    # Without a problem every file was read; this is said for the type checker.
    if not (opds and topics and rules and areas):
        raise ProfileInvalid(reader.problems)
    return RoutingProfile(
        opds=tuple(Opd(each.code, each.name, each.kind, each.area_code) for each in opds.opds),
        topics=tuple(
            Topic(
                each.code,
                each.name,
                each.opd,
                tuple(each.strong),
                tuple(each.keywords),
                tuple(each.hints),
                each.priority,
                each.place,
            )
            for each in topics.topics
        ),
        rules=tuple(
            KeywordRule(
                each.id,
                each.reason,
                each.topic,
                each.opd,
                tuple(each.all),
                tuple(each.any),
                tuple(each.none),
            )
            for each in rules.rules
        ),
        areas=_areas(areas),
        placing=Placing(**rules.placing.model_dump()),
        spellings=tuple(sorted(rules.spellings.items())),
    )


def dump(profile: RoutingProfile) -> str:
    """Return the profile as the JSON that `parse` reads, for the service's own database."""
    return profile.model_dump_json()


def parse(content: str) -> RoutingProfile:
    """Return the profile that `dump` wrote; raises pydantic's ValidationError for anything else."""
    return RoutingProfile.model_validate_json(content)


def _check_opds(reader: ProfileReader, opds: OpdsFile, areas: _AreasFile) -> None:
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


def _check_rules(
    reader: ProfileReader, opds: OpdsFile, topics: TopicsFile, rules: RulesFile
) -> None:
    reader.require_unique(_RULES, ("rules",), [rule.id for rule in rules.rules], "id")
    known_opds = {opd.code for opd in opds.opds}
    known_topics = {topic.code for topic in topics.topics}
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


def _areas(areas: _AreasFile) -> tuple[Area, ...]:
    found: list[Area] = []
    for district in areas.districts:
        found.append(Area(district.code, district.name))
        found += [Area(village.code, village.name) for village in district.villages]
    return tuple(found)


def _usable(keywords: list[str]) -> list[str]:
    for keyword in keywords:
        parse_keyword(keyword, {})
    if len(set(keywords)) != len(keywords):
        twice = next(word for word in keywords if keywords.count(word) > 1)
        raise ValueError(f"'{twice}' stands here twice")
    return keywords
