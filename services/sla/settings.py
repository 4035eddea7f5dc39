"""Sla's settings, from variables that begin with `TANGGAP_SLA_`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.messaging.settings import MessagingSettings
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
    gather_seconds: float = Field(
        0.5,
        ge=0,
        le=5,
        description=(
            "For how long after some events the next ones gather, to be handled together: of a "
            "case of which several things are heard, the clocks are reckoned once. 0: never."
        ),
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
    notice_seconds: float = Field(
        1.0,
        gt=0,
        le=60,
        description="How often notices to staff are looked for without a nudge.",
    )
    staff_url: str = Field(
        "http://127.0.0.1:8000/routing/v1/cases/{id}",
        description="Where staff open a case, for links in notices; `{id}` is the case's id.",
    )
    messaging: MessagingSettings = Field(
        default_factory=MessagingSettings,
        description="How messages go out; the same for every service.",
        exclude=True,
    )
