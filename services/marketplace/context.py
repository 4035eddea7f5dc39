"""What marketplace's doors and operations are given at start."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from services.marketplace.metrics import MarketplaceMetrics
from services.marketplace.profile import MarketplaceProfile, Village
from services.marketplace.rules.prohibited import ProhibitedWords
from services.marketplace.trade_profile import Category
from shared.media.store import FileStore
from shared.media.workshop import Workshop
from shared.vault import Vault


def _nobody(_channel: str) -> None:
    """Wake nobody: nothing sends."""


@dataclass(frozen=True, slots=True)
class CodeSending:
    """By which channels codes go out, the first being what traders get unasked, and their limits.

    `nudge` wakes a channel's worker.
    """

    channels: tuple[str, ...] = ()
    nudge: Callable[[str], None] = _nobody
    valid_for: timedelta = timedelta(minutes=10)
    most_tries: int = 5
    most_per_hour: int = 5


@dataclass(frozen=True, slots=True)
class PhotoRoom:
    """Where photos are cleaned and kept; `places` are those of photos that are being received."""

    workshop: Workshop
    store: FileStore
    places: asyncio.Semaphore
    most_bytes: int
    most_per_product: int
    waiting_time: timedelta


@dataclass(frozen=True, slots=True)
class MarketplaceContext:
    """The vault, the profile made ready, photos, how codes go out, and the metrics.

    `public_url` is how the public reaches this service, without a path. `claim_time` is how long a
    curator has a product in hand.
    """

    vault: Vault
    profile: MarketplaceProfile
    profile_version: str
    villages: Mapping[str, Village]
    categories: Mapping[str, Category]
    prohibited: ProhibitedWords
    photos: PhotoRoom
    sending: CodeSending
    metrics: MarketplaceMetrics
    public_url: str
    session_time: timedelta
    claim_time: timedelta
    random_below: Callable[[int], int] = secrets.randbelow

    @property
    def category_names(self) -> dict[str, str]:
        """What the kinds of products are called, by code."""
        return {each.code: each.name for each in self.profile.categories}

    def product_url(self, product_id: str) -> str:
        """Return the address of a product's page."""
        return f"{self.public_url}/marketplace/produk/{product_id}"

    def share_card_url(self, product_id: str) -> str:
        """Return the address of a product's share picture."""
        return f"{self.product_url(product_id)}/kartu.jpg"

    @property
    def zone(self) -> ZoneInfo:
        """The Pemda's time zone."""
        return ZoneInfo(self.profile.place.zone)


def make_context(
    vault: Vault,
    profile: MarketplaceProfile,
    profile_version: str,
    photos: PhotoRoom,
    metrics: MarketplaceMetrics,
    *,
    public_url: str = "http://127.0.0.1:8000",
    session_time: timedelta = timedelta(days=60),
    claim_time: timedelta = timedelta(minutes=15),
    sending: CodeSending | None = None,
) -> MarketplaceContext:
    """Make ready what a profile says."""
    return MarketplaceContext(
        vault=vault,
        profile=profile,
        profile_version=profile_version,
        villages={each.code: each for each in profile.place.villages},
        categories={each.code: each for each in profile.categories},
        prohibited=ProhibitedWords(profile.trade.prohibited),
        photos=photos,
        sending=sending or CodeSending(),
        metrics=metrics,
        public_url=public_url,
        session_time=session_time,
        claim_time=claim_time,
    )
