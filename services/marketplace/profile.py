"""Marketplace's part of a Pemda's profile: the accounts that promote, and what may be promoted."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.profile import ProfileInvalid, ProfilePart, ProfileProblem, ProfileReader

FILES = ("marketplace.yaml",)
_MARKETPLACE = FILES[0]

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Name = Annotated[str, StringConstraints(min_length=2, max_length=120)]


class PromotionAccount(ProfilePart):
    """A social account whose followers are shown the products of small traders."""

    id: Slug
    platform: Literal["instagram", "facebook", "x", "tiktok", "whatsapp", "telegram"]
    handle: Name
    owner: Name
    slots_per_week: Annotated[int, Field(ge=1, le=100)]


class Category(ProfilePart):
    """A kind of product."""

    code: Slug
    name: Name


class MarketplaceProfile(ProfilePart):
    """marketplace.yaml."""

    accounts: tuple[PromotionAccount, ...] = Field(min_length=1)
    categories: tuple[Category, ...] = Field(min_length=1)


def check(folder: Path) -> list[ProfileProblem]:
    """Return what is wrong with marketplace's file, in the order of lines."""
    try:
        read(folder)
    except ProfileInvalid as invalid:
        return list(invalid.problems)
    return []


def read(folder: Path) -> MarketplaceProfile:
    """Return marketplace's part of the profile in a folder.

    Raises:
        ProfileInvalid: with every problem found, each with its file and line.
    """
    reader = ProfileReader(folder)
    profile = reader.read(_MARKETPLACE, MarketplaceProfile)
    if profile:
        ids = [account.id for account in profile.accounts]
        reader.require_unique(_MARKETPLACE, ("accounts",), ids, "id")
        codes = [category.code for category in profile.categories]
        reader.require_unique(_MARKETPLACE, ("categories",), codes, "code")
    reader.finish()
    if profile is None:
        raise ProfileInvalid(reader.problems)
    return profile


def dump(profile: MarketplaceProfile) -> str:
    """Write a profile as JSON, the way it is stored."""
    return profile.model_dump_json()


def parse(content: str) -> MarketplaceProfile:
    """Read what `dump` wrote; raises pydantic's ValidationError for anything else."""
    return MarketplaceProfile.model_validate_json(content)
