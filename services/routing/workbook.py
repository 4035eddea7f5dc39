"""work.yaml of a profile: how to answer, what needs a photo, who helps from outside, practice."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.routing.codes import OpdCode, Slug
from shared.profile import ProfilePart

Name = Annotated[str, StringConstraints(min_length=2, max_length=120)]
Paragraph = Annotated[str, StringConstraints(min_length=10, max_length=2_000)]
Word = Annotated[str, StringConstraints(min_length=2, max_length=60)]


class Guide(ProfilePart):
    """How to answer complaints of a topic; with `evidence`, a closing needs a photo."""

    topic: Slug
    guide: Paragraph
    evidence: Literal["photo"] | None = None


class ExternalBody(ProfilePart):
    """A body outside the Pemda that may be asked; it is reminded after `remind_days`."""

    code: OpdCode
    name: Name
    contact: Name | None = None
    remind_days: int = Field(3, ge=1, le=60)


class Point(ProfilePart):
    """What a complete answer says; any of the words shows that it does."""

    point: Name
    words: tuple[Word, ...] = Field(min_length=1)


class Scenario(ProfilePart):
    """An invented case to practise with: whose it is, and what a complete answer says."""

    code: Slug
    title: Name
    text: Paragraph
    opd: OpdCode
    topic: Slug
    points: tuple[Point, ...] = Field(min_length=1)


class WorkFile(ProfilePart):
    """work.yaml."""

    guides: tuple[Guide, ...] = ()
    external: tuple[ExternalBody, ...] = ()
    practice: tuple[Scenario, ...] = ()


class WorkBook(BaseModel):
    """What routing stores of work.yaml."""

    model_config = ConfigDict(frozen=True)

    guides: tuple[Guide, ...] = ()
    external: tuple[ExternalBody, ...] = ()
    practice: tuple[Scenario, ...] = ()
