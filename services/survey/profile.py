"""Survey's part of a Pemda's profile: units, services, questions, weights, themes of comments."""

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, StringConstraints, field_validator

from services.survey.innovation_profile import INNOVATION, InnovationFile, read_innovation
from services.survey.official import ANSWERS, LANGUAGES, NAMES, QUESTIONS, Language
from services.survey.rules.index import (
    ELEMENTS,
    EXACT_WEIGHTS,
    ROUNDED_WEIGHTS,
    Weights,
    weights_problem,
)
from services.survey.rules.periods import Cadence
from shared.profile import (
    ProfileInvalid,
    ProfilePart,
    ProfileProblem,
    ProfileReader,
    indonesian_zone,
)
from shared.yaml_lines import Location

FILES = ("survey.yaml", INNOVATION)
_SURVEY = FILES[0]
_OPDS = "opds.yaml"
_PEMDA = "pemda.yaml"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Name = Annotated[str, StringConstraints(min_length=2, max_length=120)]
OpdCode = Annotated[str, StringConstraints(min_length=2, max_length=32)]
Question = Annotated[str, StringConstraints(min_length=3, max_length=400)]
Choice = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Words = dict[Language, Question]
Element = Literal["U1", "U2", "U3", "U4", "U5", "U6", "U7", "U8", "U9"]


class SurveyService(ProfilePart):
    """One service of a unit; its code stands in links and in the files of paper forms."""

    code: Slug
    name: Name


class SurveyUnit(ProfilePart):
    """A unit that citizens are asked about, and the services that it gives.

    `population` is how many are served in one period: the size of the sample follows from it.
    `order` is the order in which the nine elements are asked.
    """

    code: Slug
    name: Name
    opd: OpdCode
    population: int | None = Field(default=None, ge=1, le=100_000_000)
    services: tuple[SurveyService, ...] = Field(min_length=1)
    order: tuple[Element, ...] = ELEMENTS

    def service_name(self, code: str) -> str | None:
        """Return the name of a service; None where the unit has none of this code."""
        return next((each.name for each in self.services if each.code == code), None)


class Wording(ProfilePart):
    """How a Pemda asks one of the nine elements, and its answers for the scores 1 to 4."""

    code: Element
    question: Words | None = None
    answers: dict[Language, tuple[Choice, Choice, Choice, Choice]] | None = None


class ExtraQuestion(ProfilePart):
    """A question beside the nine; it counts for no index. A scale has two to ten answers."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    kind: Literal["scale", "text"]
    question: Words
    answers: dict[Language, tuple[Choice, ...]] | None = None
    units: tuple[Slug, ...] = ()


class Theme(ProfilePart):
    """What comments may be about, and the words by which that is seen."""

    code: Slug
    name: Name
    words: tuple[Annotated[str, StringConstraints(min_length=2, max_length=40)], ...] = Field(
        min_length=1
    )


class SurveyFile(ProfilePart):
    """survey.yaml, as it is written."""

    period: Cadence
    grace_days: int = Field(default=7, ge=0, le=60)
    smallest_group: int = Field(default=5, ge=2, le=100)
    languages: tuple[Language, ...] = LANGUAGES
    weights: Literal["exact", "rounded"] | dict[Element, str | int | float] = "exact"
    combined: Literal["mean_of_units", "all_answers"] = "mean_of_units"
    fallback_unit: Slug | None = None
    wordings: tuple[Wording, ...] = ()
    extra_questions: tuple[ExtraQuestion, ...] = ()
    themes: tuple[Theme, ...] = ()
    units: tuple[SurveyUnit, ...] = Field(min_length=1)


class SurveyProfile(SurveyFile):
    """survey.yaml, with what other files say: innovation.yaml, the Pemda, and names of OPDs."""

    innovation: InnovationFile
    pemda: str = "Pemerintah daerah"
    region_code: str = ""
    zone: str = "Asia/Jakarta"
    opd_names: dict[str, str] = Field(default_factory=dict)

    @cached_property
    def by_code(self) -> Mapping[str, SurveyUnit]:
        """The units by their codes."""
        return {unit.code: unit for unit in self.units}

    @cached_property
    def place(self) -> ZoneInfo:
        """The zone in which days and periods begin."""
        return ZoneInfo(self.zone)

    @cached_property
    def element_weights(self) -> Weights:
        """The weight of each element."""
        return _weights(self.weights)

    @cached_property
    def element_words(self) -> Mapping[str, Wording]:
        """Question and answers of each element, the profile's or the official ones."""
        own = {each.code: each for each in self.wordings}
        return {code: _completed(code, own.get(code)) for code in ELEMENTS}

    def extras_of(self, unit: str) -> tuple[ExtraQuestion, ...]:
        """Return the extra questions that a unit asks."""
        return tuple(each for each in self.extra_questions if not each.units or unit in each.units)


class _Pemda(BaseModel):
    """What survey reads of pemda.yaml, which is intake's."""

    name: str
    region_code: str
    zone: str

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        return indonesian_zone(zone)


def element_name(code: str, language: Language = "id") -> str:
    """Return what tables call an element."""
    return NAMES[code][language]


def check(folder: Path) -> list[ProfileProblem]:
    """Return what is wrong with survey's file, in the order of lines."""
    try:
        read(folder)
    except ProfileInvalid as invalid:
        return list(invalid.problems)
    return []


def read(folder: Path) -> SurveyProfile:
    """Return survey's part of the profile in a folder.

    Raises:
        ProfileInvalid: with every problem found, each with its file and line.
    """
    reader = ProfileReader(folder)
    file = reader.read(_SURVEY, SurveyFile)
    pemda = reader.read(_PEMDA, _Pemda)
    innovation = read_innovation(reader)
    if file:
        _check_units(reader, file)
        _check_weights(reader, file)
        _check_questions(reader, file)
    reader.finish()
    if file is None or pemda is None or innovation is None:
        raise ProfileInvalid(reader.problems)
    return SurveyProfile(
        **file.model_dump(),
        innovation=innovation,
        opd_names=reader.names(_OPDS, "opds"),
        pemda=pemda.name,
        region_code=pemda.region_code,
        zone=pemda.zone,
    )


def dump(profile: SurveyProfile) -> str:
    """Write a profile as JSON, the way it is stored."""
    return profile.model_dump_json()


def parse(content: str) -> SurveyProfile:
    """Read what `dump` wrote; raises pydantic's ValidationError for anything else."""
    return SurveyProfile.model_validate_json(content)


def _check_units(reader: ProfileReader, file: SurveyFile) -> None:
    reader.require_unique(_SURVEY, ("units",), [unit.code for unit in file.units], "code")
    opds = reader.codes(_OPDS, "opds")
    for index, unit in enumerate(file.units):
        here: Location = ("units", index)
        if unit.opd not in opds:
            reader.complain(_SURVEY, (*here, "opd"), f"{_OPDS} has no OPD '{unit.opd}'")
        services = [service.code for service in unit.services]
        reader.require_unique(_SURVEY, (*here, "services"), services, "code")
        if unit.population is None:
            reader.complain(
                _SURVEY,
                here,
                f"unit '{unit.code}' has no population: how many are served in one period? "
                "The size of its sample follows from it",
            )
        if sorted(unit.order) != list(ELEMENTS):
            reader.complain(_SURVEY, (*here, "order"), "must name each of U1 to U9 exactly once")
    if file.fallback_unit and file.fallback_unit not in {unit.code for unit in file.units}:
        reader.complain(_SURVEY, ("fallback_unit",), f"there is no unit '{file.fallback_unit}'")


def _check_weights(reader: ProfileReader, file: SurveyFile) -> None:
    if isinstance(file.weights, str):
        return
    try:
        problem = weights_problem(_weights(file.weights))
    except (ValueError, ZeroDivisionError):
        problem = "a weight is a number or a fraction, such as 0.2 or 1/9"
    if problem:
        reader.complain(_SURVEY, ("weights",), problem)


def _check_questions(reader: ProfileReader, file: SurveyFile) -> None:
    reader.require_unique(_SURVEY, ("wordings",), [each.code for each in file.wordings], "code")
    codes = [each.code for each in file.extra_questions]
    reader.require_unique(_SURVEY, ("extra_questions",), codes, "code")
    reader.require_unique(_SURVEY, ("themes",), [each.code for each in file.themes], "code")
    if "id" not in file.languages:
        reader.complain(_SURVEY, ("languages",), "Indonesian (id) must be among them")
    units = {unit.code for unit in file.units}
    wanted = set(file.languages)
    for index, extra in enumerate(file.extra_questions):
        here: Location = ("extra_questions", index)
        if missing := sorted(wanted - set(extra.question)):
            reader.complain(_SURVEY, (*here, "question"), f"not in {', '.join(missing)}")
        for code in extra.units:
            if code not in units:
                reader.complain(_SURVEY, (*here, "units"), f"there is no unit '{code}'")
        if problem := _scale_problem(extra, wanted):
            reader.complain(_SURVEY, here, problem)


def _scale_problem(extra: ExtraQuestion, wanted: set[Language]) -> str | None:
    if extra.kind == "text":
        return "a question for free text has no answers" if extra.answers else None
    answers = extra.answers or {}
    if missing := sorted(wanted - set(answers)):
        return f"a scale needs answers, in {', '.join(missing)}"
    lengths = {len(each) for each in answers.values()}
    if len(lengths) != 1 or not 2 <= lengths.pop() <= 10:
        return "a scale has two to ten answers, as many in each language"
    return None


def _weights(given: str | Mapping[Element, str | int | float]) -> Weights:
    if isinstance(given, str):
        return EXACT_WEIGHTS if given == "exact" else ROUNDED_WEIGHTS
    # By way of text: 0.1 shall be a tenth, not the float that is nearest to it.
    return {code: Fraction(str(weight)) for code, weight in given.items()}


def _completed(code: str, own: Wording | None) -> Wording:
    question = {**QUESTIONS[code], **((own and own.question) or {})}
    answers = {**ANSWERS[code], **((own and own.answers) or {})}
    return Wording.model_validate({"code": code, "question": question, "answers": answers})
