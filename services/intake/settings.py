"""Intake's settings, from variables that begin with `TANGGAP_INTAKE_`."""

from typing import Annotated

from limits import parse
from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


def _is_a_limit(notation: str) -> str:
    parse(notation)
    return notation


#: As the library `limits` writes it: `30 per hour`, `5/minute`.
RateLimitNotation = Annotated[str, AfterValidator(_is_a_limit)]


class IntakeSettings(ServiceSettings):
    """What intake has of its own; the master key of identities is among the shared settings."""

    model_config = SettingsConfigDict(env_prefix="TANGGAP_INTAKE_", extra="ignore")

    submit_writers: int = Field(
        2, ge=1, le=8, description="Transactions in which submissions are written at one time."
    )
    submit_group: int = Field(
        64, ge=1, le=500, description="Submissions that share a transaction, at most."
    )
    limit_sender: RateLimitNotation = Field(
        "30 per hour", description="Complaints of one phone number or platform account."
    )
    limit_device: RateLimitNotation = Field(
        "60 per hour", description="Requests of one device (`X-Device-Id`) at the citizens' doors."
    )
    limit_network: RateLimitNotation = Field(
        "600 per hour",
        description=(
            "Requests of one public address (IPv6: one /64) at the citizens' doors; behind an "
            "address of a mobile operator stand thousands."
        ),
    )
