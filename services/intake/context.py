"""What intake's doors and operations are given at start."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from services.intake.metrics import IntakeMetrics
from services.intake.profile import Account, IntakeProfile
from services.intake.rules.meanings import Keywords
from services.intake.rules.secrecy import SecrecyRules
from services.intake.rules.tracking import RandomBelow
from shared.catalogue.shelf import Shelf
from shared.media.store import FileStore
from shared.media.workshop import Workshop
from shared.vault import Vault


def _nobody(_channel: str) -> None:
    """Wake nobody: nothing sends."""


@dataclass(frozen=True, slots=True)
class Sending:
    """By which channels this deployment writes to citizens, and what wakes a channel's worker.

    With `survey_keys`, those whose case was closed may be invited to a survey.
    """

    channels: frozenset[str] = frozenset()
    nudge: Callable[[str], None] = _nobody
    survey_keys: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class FileRoom:
    """Where files are cleaned and kept, and how much of them there may be.

    `most_files` and `most_bytes` are for each side of a complaint; files that no complaint has
    wait for `waiting_time`, `most_waiting_bytes` altogether. `places` are those of files that are
    being received.
    """

    workshop: Workshop
    store: FileStore
    places: asyncio.Semaphore
    most_files: int
    most_bytes: int
    waiting_time: timedelta
    most_waiting_bytes: int


@dataclass(frozen=True, slots=True)
class IntakeContext:
    """The vault, what the Pemda's profile allows, files, the source of codes, and the metrics.

    `keys_in_flight` are the Idempotency-Keys that this process works on now. `accounts` are the
    Pemda's own accounts, by channel and what the platform calls them. `channel_kinds` are the kinds
    of all channels, `sending` is how citizens are written to. `catalogue` holds the services;
    `public_url` is how the public reaches this one, without a path.
    """

    vault: Vault
    profile: IntakeProfile
    area_codes: frozenset[str]
    channels: frozenset[str]
    accounts: Mapping[tuple[str, str], Account]
    keywords: Keywords
    channel_kinds: Mapping[str, str]
    files: FileRoom
    secrecy: SecrecyRules
    metrics: IntakeMetrics
    sending: Sending
    catalogue: Shelf
    zone: ZoneInfo
    public_url: str = "http://127.0.0.1:8000"
    random_below: RandomBelow = secrets.randbelow
    keys_in_flight: set[str] = field(default_factory=set)


def make_context(
    vault: Vault,
    profile: IntakeProfile,
    files: FileRoom,
    metrics: IntakeMetrics,
    random_below: RandomBelow = secrets.randbelow,
    sending: Sending | None = None,
    public_url: str = "http://127.0.0.1:8000",
) -> IntakeContext:
    """Make ready what a profile says."""
    channels = frozenset(channel.code for channel in profile.channels if channel.enabled)
    metrics.expect_channels(channels)
    return IntakeContext(
        vault=vault,
        profile=profile,
        area_codes=profile.area_codes(),
        channels=channels,
        channel_kinds={channel.code: channel.kind for channel in profile.channels},
        files=files,
        secrecy=profile.privacy.secrecy_rules(),
        metrics=metrics,
        sending=sending or Sending(),
        catalogue=Shelf(profile.services),
        zone=ZoneInfo(profile.pemda.zone),
        public_url=public_url,
        random_below=random_below,
        accounts={(each.channel, each.known_as): each for each in profile.accounts},
        keywords=profile.conversation.keywords(),
    )
