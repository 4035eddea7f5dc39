"""Marketplace's part of a Pemda's profile: who may trade, what with, and the accounts that promote.

It also looks at the codes of `opds.yaml`, and at the name, zone and villages of `pemda.yaml`, which
others own.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.marketplace.promotion_profile import Promotion, PromotionAccount
from services.marketplace.trade_profile import Category, Reason, Trade
from shared.profile import (
    ProfileInvalid,
    ProfilePart,
    ProfileProblem,
    ProfileReader,
    indonesian_zone,
)

FILES = ("marketplace.yaml",)
_MARKETPLACE = FILES[0]
_OPDS, _PEMDA = "opds.yaml", "pemda.yaml"


class Village(ProfilePart):
    """A village or urban ward (*desa, kelurahan*) and the district that it lies in."""

    code: str
    name: str
    district: str


class Bounds(ProfilePart):
    """The box around the Pemda, in degrees of WGS 84; its edges belong to it."""

    south: float
    north: float
    west: float
    east: float

    def contains(self, lat: float, lon: float) -> bool:
        """Tell whether a point lies in the box; no number (NaN) lies in it."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


class Place(ProfilePart):
    """What marketplace knows of the Pemda itself, from `pemda.yaml`."""

    short_name: str
    zone: str
    bounds: Bounds
    villages: tuple[Village, ...]


class MarketplaceFile(ProfilePart):
    """marketplace.yaml."""

    trade: Trade
    promotion: Promotion
    accounts: tuple[PromotionAccount, ...] = Field(min_length=1)
    categories: tuple[Category, ...] = Field(min_length=1)


class MarketplaceProfile(MarketplaceFile):
    """What is stored: marketplace.yaml, and where it holds."""

    place: Place


class _Outside(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Area(_Outside):
    code: str
    name: str


class _District(_Area):
    villages: tuple[_Area, ...] = ()


class _Pemda(_Outside):
    short_name: str
    zone: Annotated[str, AfterValidator(indonesian_zone)]
    bounds: dict[str, float]
    districts: tuple[_District, ...] = ()


def check(folder: Path) -> list[ProfileProblem]:
    """Return what is wrong with marketplace's file, in the order of lines."""
    try:
        read(folder)
    except ProfileInvalid as invalid:
        return [problem for problem in invalid.problems if problem.file == _MARKETPLACE]
    return []


def read(folder: Path) -> MarketplaceProfile:
    """Return marketplace's part of the profile in a folder.

    Raises:
        ProfileInvalid: with every problem found, each with its file and line.
    """
    reader = ProfileReader(folder)
    file = reader.read(_MARKETPLACE, MarketplaceFile)
    pemda = reader.read(_PEMDA, _Pemda)
    if file:
        _check(reader, file)
    reader.finish()
    if file is None or pemda is None:
        raise ProfileInvalid(reader.problems)
    return MarketplaceProfile(**_values(file), place=_place_of(pemda))


def dump(profile: MarketplaceProfile) -> str:
    """Write a profile as JSON, the way it is stored."""
    return profile.model_dump_json()


def parse(content: str) -> MarketplaceProfile:
    """Read what `dump` wrote; raises pydantic's ValidationError for anything else."""
    return MarketplaceProfile.model_validate_json(content)


def _check(reader: ProfileReader, file: MarketplaceFile) -> None:
    ids = [account.id for account in file.accounts]
    reader.require_unique(_MARKETPLACE, ("accounts",), ids, "id")
    codes = [category.code for category in file.categories]
    reader.require_unique(_MARKETPLACE, ("categories",), codes, "code")
    opds = reader.codes(_OPDS, "opds")
    if opds and file.trade.opd not in opds:
        message = f"there is no OPD '{file.trade.opd}' in {_OPDS}"
        reader.complain(_MARKETPLACE, ("trade", "opd"), message)
    for name in ("verification", "suspension", "moderation"):
        reasons: Sequence[Reason] = getattr(file.trade.reasons, name)
        place = ("trade", "reasons", name)
        reader.require_unique(_MARKETPLACE, place, [each.code for each in reasons], "code")
    captions = [each.id for each in file.promotion.captions]
    reader.require_unique(_MARKETPLACE, ("promotion", "captions"), captions, "id")
    for number, account in enumerate(file.accounts):
        if account.caption not in captions:
            message = f"there is no caption '{account.caption}'"
            reader.complain(_MARKETPLACE, ("accounts", number, "caption"), message)
    goods = [each.code for each in file.trade.prohibited]
    reader.require_unique(_MARKETPLACE, ("trade", "prohibited"), goods, "code")


def _values(file: MarketplaceFile) -> dict[str, Any]:
    return {name: getattr(file, name) for name in MarketplaceFile.model_fields}


def _place_of(pemda: _Pemda) -> Place:
    villages = tuple(
        Village(code=village.code, name=village.name, district=district.name)
        for district in pemda.districts
        for village in district.villages
    )
    return Place(
        short_name=pemda.short_name,
        zone=pemda.zone,
        bounds=Bounds.model_validate(pemda.bounds),
        villages=villages,
    )
