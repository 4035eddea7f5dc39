"""Survey's settings, from variables that begin with `TANGGAP_SURVEY_`."""

from typing import Annotated

from limits import parse
from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


def _is_a_limit(notation: str) -> str:
    parse(notation)
    return notation


RateLimitNotation = Annotated[str, AfterValidator(_is_a_limit)]


class SurveySettings(ServiceSettings):
    """What survey has of its own; the key of survey links is among the shared settings."""

    model_config = SettingsConfigDict(env_prefix="TANGGAP_SURVEY_", extra="ignore")

    answer_writers: int = Field(
        2, ge=1, le=8, description="Transactions in which answers are written at one time."
    )
    answer_group: int = Field(
        64, ge=1, le=500, description="Answers that share a transaction, at most."
    )
    limit_network: RateLimitNotation = Field(
        "300 per hour",
        description=(
            "Answers of one public address (IPv6: one /64) at the public form and by links; "
            "behind an address of a mobile operator stand thousands."
        ),
    )
    limit_kiosk: RateLimitNotation = Field(
        "1 per 10 second",
        description="Answers of one kiosk: nobody reads nine questions faster than that.",
    )
    limit_public: RateLimitNotation = Field(
        "20 per hour",
        description=(
            "Ideas for innovations, and reports that one was adopted, of one public address."
        ),
    )
    paper_megabytes: int = Field(
        5, ge=1, le=50, description="Megabytes of one file of paper forms, at most."
    )
    public_url: str = Field(
        "http://127.0.0.1:8000",
        description="Where citizens reach survey from outside: what QR codes and links begin with.",
        pattern=r"^https?://[^\s]*[^/\s]$",
    )
