"""Intake's settings, from variables that begin with `TANGGAP_INTAKE_`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class IntakeSettings(ServiceSettings):
    """What intake has of its own; the master key of identities is among the shared settings."""

    model_config = SettingsConfigDict(env_prefix="TANGGAP_INTAKE_", extra="ignore")

    submit_writers: int = Field(
        2, ge=1, le=8, description="Transactions in which submissions are written at one time."
    )
    submit_group: int = Field(
        64, ge=1, le=500, description="Submissions that share a transaction, at most."
    )
