"""Routing's settings, from variables that begin with `TANGGAP_ROUTING_`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class RoutingSettings(ServiceSettings):
    """What routing has of its own."""

    model_config = SettingsConfigDict(env_prefix="TANGGAP_ROUTING_", extra="ignore")

    reopen_days: float = Field(
        14.0,
        ge=0,
        le=3650,
        description="For how many days after it was closed a citizen may have a case reopened.",
    )
    model_seconds: float = Field(
        5.0,
        gt=0,
        le=3600,
        description="How often a running service looks whether another model was promoted.",
    )
    classify_limit: str = Field(
        "120 per minute",
        description="How often one member of staff may ask to classify a text, per process.",
    )
