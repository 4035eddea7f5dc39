"""Sla's settings, from variables that begin with `TANGGAP_SLA_`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class SlaSettings(ServiceSettings):
    """What sla has of its own."""

    model_config = SettingsConfigDict(env_prefix="TANGGAP_SLA_", extra="ignore")

    scan_seconds: float = Field(
        0.5,
        gt=0,
        le=5,
        description="How long at most the search for due clocks sleeps; less if one is due sooner.",
    )
    scan_batch: int = Field(
        500, ge=1, le=2000, description="Due clocks that are handled in one transaction."
    )
    board_seconds: float = Field(
        1.0,
        gt=0,
        le=60,
        description="How often at most the board is read, however many look at it.",
    )
    stream_seconds: float = Field(
        600,
        gt=0,
        le=3600,
        description="How long one stream of the board lasts before the listener connects again.",
    )
