"""The files of routing's part of a profile, as they are written: OPDs, topics, rules, areas."""

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from services.routing.catalogue import Priority
from services.routing.codes import OpdCode, Slug
from services.routing.keywords import parse_keyword
from services.routing.text import split_words
from shared.masking import mask_identifiers
from shared.profile import ProfilePart, indonesian_zone


def _names_nobody(text: str) -> str:
    """Refuse what only a real citizen's text has: a phone number, an e-mail address, a NIK."""
    if mask_identifiers(text).count("[") > text.count("["):
        raise ValueError("an example is invented, and has no phone number, e-mail or NIK")
    return text


AreaCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}(\.[0-9]{2,4}){1,3}$")]
Name = Annotated[str, StringConstraints(min_length=2, max_length=120)]
Sentence = Annotated[str, StringConstraints(min_length=10, max_length=300)]
Keyword = Annotated[str, StringConstraints(min_length=2, max_length=60)]
ExampleText = Annotated[
    str, StringConstraints(min_length=10, max_length=300), AfterValidator(_names_nobody)
]
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


class ExamplesFile(ProfilePart):
    """examples.yaml: by topic, invented sentences such as people write."""

    examples: dict[Slug, Annotated[list[ExampleText], Field(min_length=3, max_length=8)]]


class RuleEntry(ProfilePart):
    """One rule of rules.yaml; `when` is an expression over how the complaint came."""

    id: Slug
    reason: Sentence
    topic: Slug | None = None
    opd: OpdCode | None = None
    place: bool = False
    triage: bool = False
    when: str | None = None
    all: list[Keyword] = []
    any: list[Keyword] = []
    none: list[Keyword] = []

    @field_validator("all", "any", "none")
    @classmethod
    def _are_usable(cls, keywords: list[str]) -> list[str]:
        return _usable(keywords)

    @model_validator(mode="after")
    def _is_whole(self) -> "RuleEntry":
        if not self.all and not self.any and self.when is None:
            raise ValueError("a rule needs words under all or any, or an expression under when")
        targets = [self.topic is not None, self.opd is not None, self.place, self.triage]
        if targets.count(True) != 1:
            raise ValueError("a rule has exactly one of topic, opd, place: true and triage: true")
        return self


class PlacingEntry(ProfilePart):
    """How sure keywords and a model must be, and who is proposed where the place is unknown."""

    min_confidence: Share
    min_margin: Share
    unknown_place_opd: OpdCode
    wanted_precision: Annotated[float, Field(ge=0.5, le=0.999)] = 0.9


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


class AreasFile(ProfilePart):
    """What routing reads of pemda.yaml."""

    model_config = ConfigDict(extra="ignore")

    name: str = ""
    zone: Annotated[str, AfterValidator(indonesian_zone)] = "Asia/Jakarta"
    districts: list[_District] = []


def _usable(keywords: list[str]) -> list[str]:
    for keyword in keywords:
        parse_keyword(keyword, {})
    if len(set(keywords)) != len(keywords):
        twice = next(word for word in keywords if keywords.count(word) > 1)
        raise ValueError(f"'{twice}' stands here twice")
    return keywords
