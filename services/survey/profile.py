"""Survey's part of a Pemda's profile: the service units whose satisfaction index is measured."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.profile import ProfileInvalid, ProfilePart, ProfileProblem, ProfileReader

FILES = ("survey.yaml",)
_SURVEY = FILES[0]
_OPDS = "opds.yaml"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Name = Annotated[str, StringConstraints(min_length=2, max_length=120)]
OpdCode = Annotated[str, StringConstraints(min_length=2, max_length=32)]


class SurveyUnit(ProfilePart):
    """A unit that citizens are asked about, and the services that it gives."""

    code: Slug
    name: Name
    opd: OpdCode
    services: tuple[Name, ...] = Field(min_length=1)


class SurveyProfile(ProfilePart):
    """survey.yaml: how often is asked, and about which units."""

    period: Literal["monthly", "quarterly", "half_yearly", "yearly"]
    units: tuple[SurveyUnit, ...] = Field(min_length=1)


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
    profile = reader.read(_SURVEY, SurveyProfile)
    if profile:
        codes = [unit.code for unit in profile.units]
        reader.require_unique(_SURVEY, ("units",), codes, "code")
        opds = reader.codes(_OPDS, "opds")
        for index, unit in enumerate(profile.units):
            if unit.opd not in opds:
                reader.complain(
                    _SURVEY, ("units", index, "opd"), f"{_OPDS} has no OPD '{unit.opd}'"
                )
    reader.finish()
    if profile is None:
        raise ProfileInvalid(reader.problems)
    return profile


def dump(profile: SurveyProfile) -> str:
    """Write a profile as JSON, the way it is stored."""
    return profile.model_dump_json()


def parse(content: str) -> SurveyProfile:
    """Read what `dump` wrote; raises pydantic's ValidationError for anything else."""
    return SurveyProfile.model_validate_json(content)
