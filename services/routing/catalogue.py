"""What the rules of routing know of a Pemda: its OPDs, topics, keyword rules and places."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.routing.workbook import WorkBook
from shared.catalogue.definition import Service

Priority = Literal["normal", "high", "emergency"]


@dataclass(frozen=True, slots=True)
class Opd:
    """An agency; `area_code` is the sub-district that an OPD of kind kecamatan serves."""

    code: str
    name: str
    kind: str
    area_code: str | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """What complaints are about, and its OPD; with `place`, that of the sub-district it is in.

    Strong keywords decide nearly alone, hints only support.
    """

    code: str
    name: str
    opd: str | None
    strong: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    priority: Priority = "normal"
    place: bool = False


@dataclass(frozen=True, slots=True)
class TopicExamples:
    """Invented sentences such as people write about a topic."""

    topic: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeywordRule:
    """Matches when every word of `all_of`, one of `any_of` and none of `none_of` is there.

    With `when`, an expression, that must hold too. The rule names a topic, or an OPD, or the
    sub-district of the place, or none of them: then the triage desk decides.
    """

    id: str
    reason: str
    topic: str | None = None
    opd: str | None = None
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    when: str | None = None
    place: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A sub-district or village by code (`99.71.01`, `99.71.01.1001`) and name.

    `outline` is its border as the text of a GeoJSON geometry, where the profile has one.
    """

    code: str
    name: str
    outline: str | None = None


@dataclass(frozen=True, slots=True)
class Placing:
    """How sure the topics' keywords must be (0 to 1), and who is proposed for an unknown place.

    `wanted_precision` is the share that a model must get right of what it places by itself.
    """

    min_confidence: float
    min_margin: float
    unknown_place_opd: str
    wanted_precision: float = 0.9


class RoutingProfile(BaseModel):
    """What routing needs of a Pemda's profile, and stores; the rules are in their order."""

    model_config = ConfigDict(frozen=True)

    opds: tuple[Opd, ...]
    topics: tuple[Topic, ...]
    rules: tuple[KeywordRule, ...]
    areas: tuple[Area, ...]
    placing: Placing
    spellings: tuple[tuple[str, str], ...] = ()
    zone: str = "Asia/Jakarta"
    work: WorkBook = WorkBook()
    examples: tuple[TopicExamples, ...] = ()
    services: tuple[Service, ...] = ()
    pemda: str = ""
