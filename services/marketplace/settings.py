"""Marketplace's settings, from variables that begin with `TANGGAP_MARKETPLACE_`."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class MarketplaceSettings(ServiceSettings):
    """What marketplace has of its own: so far nothing beside its database."""

    model_config = SettingsConfigDict(env_prefix="TANGGAP_MARKETPLACE_", extra="ignore")
