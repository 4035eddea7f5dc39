"""Survey's settings, from variables that begin with `TANGGAP_SURVEY_`."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class SurveySettings(ServiceSettings):
    """What survey has of its own: so far nothing beside its database."""

    model_config = SettingsConfigDict(env_prefix="TANGGAP_SURVEY_", extra="ignore")
