"""Marketplace's settings, from variables that begin with `TANGGAP_MARKETPLACE_`."""

from pathlib import Path
from typing import Annotated

from limits import parse
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.marketplace.publishers.port import PublishingSettings
from shared.messaging.settings import MessagingSettings
from shared.settings import ServiceSettings


def _is_a_limit(notation: str) -> str:
    parse(notation)
    return notation


#: As the library `limits` writes it: `30 per hour`, `5/minute`.
LimitNotation = Annotated[str, AfterValidator(_is_a_limit)]


class MarketplaceMessagingSettings(MessagingSettings):
    """By which accounts traders are written to; variables begin with `TANGGAP_MARKETPLACE_SEND_`.

    They are apart from those of the complaint channels, so that neither can pose as the other.
    """

    model_config = SettingsConfigDict(env_prefix="TANGGAP_MARKETPLACE_SEND_", extra="ignore")


class MarketplaceSettings(ServiceSettings):
    """What marketplace has of its own."""

    model_config = SettingsConfigDict(env_prefix="TANGGAP_MARKETPLACE_", extra="ignore")

    public_url: str = Field(
        "http://127.0.0.1:8000",
        pattern=r"^https?://[^\s]*[^/\s]$",
        description="Address before `/marketplace/…` by which the public reaches this service.",
    )
    master_key: SecretStr | None = Field(
        None,
        description=(
            "32 bytes in base64: seals what traders alone, or staff with a reason, may read. "
            "Several, separated by commas, for a change of keys. Unset: made once and kept below "
            "the home; set it from a secret store in production."
        ),
    )
    folder: Path | None = Field(
        None,
        description=(
            "Folder in which photos and share pictures are kept, sealed; all replicas must see "
            "the same. Unset: `marketplace` below the home."
        ),
    )
    code_minutes: int = Field(
        10, ge=1, le=60, description="Minutes for which a one-time code is valid."
    )
    code_tries: int = Field(5, ge=1, le=10, description="Tries that a one-time code has.")
    codes_per_hour: int = Field(
        5, ge=1, le=100, description="One-time codes that one number gets in an hour."
    )
    limit_network: LimitNotation = Field(
        "60 per hour",
        description="One-time codes and tries of one public address (IPv6: one /64).",
    )
    token_minutes: int = Field(
        15, ge=1, le=120, description="Minutes for which a trader's access token is valid."
    )
    session_days: int = Field(
        60, ge=1, le=365, description="Days without use after which a trader gets a code again."
    )
    photos_per_product: int = Field(6, ge=1, le=20, description="Photos of one product, at most.")
    photo_bytes: int = Field(
        10 * 1024**2, ge=1024, le=50 * 1024**2, description="Bytes of a photo, at most."
    )
    uploads_at_once: int = Field(
        4, ge=1, le=100, description="Photos that are received at one time, each in memory."
    )
    upload_hours: int = Field(
        24, ge=1, le=168, description="Hours for which a photo waits for its product."
    )
    claim_minutes: int = Field(
        15, ge=1, le=240, description="Minutes for which a curator has a product in hand."
    )

    messaging: MarketplaceMessagingSettings = Field(
        default_factory=MarketplaceMessagingSettings,
        description="How one-time codes go out, by accounts of marketplace's own.",
        exclude=True,
    )
    publishing: PublishingSettings = Field(
        default_factory=PublishingSettings,
        description="On which accounts promotion is published.",
        exclude=True,
    )
