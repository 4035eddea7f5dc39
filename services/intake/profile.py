"""Intake's part of a Pemda's profile: its name, bounds and areas, channels, partners, privacy."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from services.intake import partner_profile, privacy_profile
from services.intake.conversation_profile import Conversation
from services.intake.messages_profile import FILE as MESSAGES
from services.intake.messages_profile import MessagesFile, check_messages
from services.intake.partner_profile import OutsideProfile, read_outside
from services.intake.privacy_profile import PrivacyFile
from shared.catalogue.definition import Service
from shared.catalogue.reading import read_services
from shared.profile import (
    ProfileInvalid,
    ProfilePart,
    ProfileProblem,
    ProfileReader,
    indonesian_zone,
)

_PEMDA, _CHANNELS, _PRIVACY = "pemda.yaml", "channels.yaml", privacy_profile.FILE
FILES = (_PEMDA, _CHANNELS, _PRIVACY, MESSAGES, *partner_profile.FILES)
_OPDS = "opds.yaml"

Name = Annotated[str, StringConstraints(min_length=2, max_length=120)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=300)]
RegionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}(\.[0-9]{2})?$")]
DistrictCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}$")]
VillageCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}$")]
ChannelCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
OpdCode = Annotated[str, StringConstraints(min_length=2, max_length=32)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
ChannelKind = Literal["form", "chat", "social", "text", "voice", "partner", "desk"]


class Bounds(ProfilePart):
    """The box around the Pemda, in degrees of WGS 84; its edges belong to it."""

    south: Latitude
    north: Latitude
    west: Longitude
    east: Longitude

    @model_validator(mode="after")
    def _is_a_box(self) -> "Bounds":
        if self.south >= self.north or self.west >= self.east:
            raise ValueError("south must be below north, and west before east")
        return self

    def contains(self, lat: float, lon: float) -> bool:
        """Tell whether a point lies in the box; no number (NaN) lies in it."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


class PublicContact(ProfilePart):
    """How citizens reach the Pemda."""

    emergency: Text
    hotline: Text | None = None
    whatsapp: Text | None = None
    email: Text | None = None
    site: Text | None = None


class Village(ProfilePart):
    """A kelurahan or desa."""

    code: VillageCode
    name: Name


class District(ProfilePart):
    """A kecamatan and its villages."""

    code: DistrictCode
    name: Name
    villages: tuple[Village, ...] = ()


class PemdaFile(ProfilePart):
    """pemda.yaml."""

    name: Name
    short_name: Name
    kind: Literal["kota", "kabupaten", "provinsi"]
    region_code: RegionCode
    zone: str
    bounds: Bounds
    contact: PublicContact
    districts: tuple[District, ...] = Field(min_length=1)

    _zone = field_validator("zone")(indonesian_zone)


class Channel(ProfilePart):
    """A way by which complaints come in; `name` is what citizens read."""

    code: ChannelCode
    name: Text
    kind: ChannelKind
    enabled: bool = True
    note: Text | None = None


class Account(ProfilePart):
    """An account that complaints come to; with `opd`, it is that agency's own.

    `platform_id` is what the platform calls it in its webhooks, where that is not the handle: the
    id of a phone number, a page or an account.
    """

    channel: ChannelCode
    handle: Text
    platform_id: Text | None = None
    opd: OpdCode | None = None

    @property
    def known_as(self) -> str:
        """Return what the platform calls it."""
        return self.platform_id or self.handle


class SimilarTerms(ProfilePart):
    """What may be the same matter: within how many metres and days, how alike (0 to 1)."""

    metres: Annotated[float, Field(ge=20, le=5_000)] = 250
    days: Annotated[float, Field(ge=1, le=365)] = 30
    least_score: Annotated[float, Field(gt=0, le=1)] = 0.6
    most: Annotated[int, Field(ge=1, le=10)] = 3


class ChannelsFile(ProfilePart):
    """channels.yaml."""

    default_channel: ChannelCode
    channels: tuple[Channel, ...] = Field(min_length=1)
    accounts: tuple[Account, ...] = ()
    conversation: Conversation = Conversation()
    similar: SimilarTerms = SimilarTerms()


class IntakeProfile(ProfilePart):
    """What intake needs of a Pemda's profile, and stores."""

    pemda: PemdaFile
    default_channel: ChannelCode
    channels: tuple[Channel, ...]
    accounts: tuple[Account, ...]
    privacy: PrivacyFile
    outside: OutsideProfile = OutsideProfile()
    conversation: Conversation = Conversation()
    similar: SimilarTerms = SimilarTerms()
    # A profile that was stored before there were messages has none, and writes to nobody.
    messages: MessagesFile | None = None
    #: Names of the OPDs by their codes.
    opds: dict[str, str] = {}
    #: The service catalogue.
    services: tuple[Service, ...] = ()

    def area_names(self) -> dict[str, str]:
        """Return the name of every district and village by its code."""
        names = {district.code: district.name for district in self.pemda.districts}
        for district in self.pemda.districts:
            names |= {village.code: village.name for village in district.villages}
        return names

    def area_codes(self) -> frozenset[str]:
        """Return the codes of every district and village."""
        codes: set[str] = set()
        for district in self.pemda.districts:
            codes.add(district.code)
            codes.update(village.code for village in district.villages)
        return frozenset(codes)

    def topic_names(self) -> dict[str, str]:
        """Return the names of the topics by their codes."""
        return {service.code: service.name for service in self.outside.services}


def check(folder: Path) -> list[ProfileProblem]:
    """Return what is wrong with intake's files, in the order of file and line."""
    try:
        read(folder)
    except ProfileInvalid as invalid:
        return list(invalid.problems)
    return []


def read(folder: Path) -> IntakeProfile:
    """Return intake's part of the profile in a folder.

    Raises:
        ProfileInvalid: with every problem found, each with its file and line.
    """
    reader = ProfileReader(folder)
    pemda = reader.read(_PEMDA, PemdaFile)
    channels = reader.read(_CHANNELS, ChannelsFile)
    messages = reader.read(MESSAGES, MessagesFile)
    privacy = reader.read(_PRIVACY, PrivacyFile)
    if pemda:
        _check_areas(reader, pemda)
    if pemda and messages:
        check_messages(reader, messages, pemda.short_name)
    if channels:
        _check_channels(reader, channels)
    outside = read_outside(reader)
    services = read_services(folder, reader)
    if privacy:
        privacy_profile.check_privacy(reader, privacy)
    reader.finish()
    # Without a problem every file was read; this is said for the type checker.
    if not (pemda and channels and messages and privacy):
        raise ProfileInvalid(reader.problems)
    return IntakeProfile(
        pemda=pemda,
        default_channel=channels.default_channel,
        channels=channels.channels,
        accounts=channels.accounts,
        outside=outside,
        conversation=channels.conversation,
        similar=channels.similar,
        messages=messages,
        opds=reader.names(_OPDS, "opds"),
        privacy=privacy,
        services=services,
    )


def _check_areas(reader: ProfileReader, pemda: PemdaFile) -> None:
    codes = [district.code for district in pemda.districts]
    reader.require_unique(_PEMDA, ("districts",), codes, "code")
    for index, district in enumerate(pemda.districts):
        place = ("districts", index)
        if not district.code.startswith(f"{pemda.region_code}."):
            reader.complain(_PEMDA, (*place, "code"), f"is not inside {pemda.region_code}")
        villages = [village.code for village in district.villages]
        reader.require_unique(_PEMDA, (*place, "villages"), villages, "code")
        for number, code in enumerate(villages):
            if not code.startswith(f"{district.code}."):
                where = (*place, "villages", number, "code")
                reader.complain(_PEMDA, where, f"is not inside {district.code}")


def _check_channels(reader: ProfileReader, file: ChannelsFile) -> None:
    codes = [channel.code for channel in file.channels]
    reader.require_unique(_CHANNELS, ("channels",), codes, "code")
    if file.default_channel not in codes:
        reader.complain(
            _CHANNELS, ("default_channel",), f"there is no channel '{file.default_channel}'"
        )
    handles = [(account.channel, account.handle) for account in file.accounts]
    reader.require_unique(_CHANNELS, ("accounts",), handles, "handle")
    names = [(account.channel, account.known_as) for account in file.accounts]
    reader.require_unique(_CHANNELS, ("accounts",), names, "platform_id")
    opds = reader.codes(_OPDS, "opds")
    for index, account in enumerate(file.accounts):
        place = ("accounts", index)
        if account.channel not in codes:
            reader.complain(
                _CHANNELS, (*place, "channel"), f"there is no channel '{account.channel}'"
            )
        if account.opd is not None and account.opd not in opds:
            reader.complain(_CHANNELS, (*place, "opd"), f"{_OPDS} has no OPD '{account.opd}'")


def dump(profile: IntakeProfile) -> str:
    """Write a profile as JSON, the way it is stored."""
    return profile.model_dump_json()


def parse(content: str) -> IntakeProfile:
    """Read what `dump` wrote; raises pydantic's ValidationError for anything else."""
    return IntakeProfile.model_validate_json(content)
