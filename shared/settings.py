"""Settings that every service shares, from the environment; each field's description documents it.

`docs/settings.md` is generated from these descriptions, and a test holds it to them.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class CoreSettings(BaseSettings):
    """What the whole deployment shares; variables begin with `TANGGAP_`."""

    model_config = SettingsConfigDict(env_prefix="TANGGAP_", extra="ignore")

    home: Path = Field(
        Path(".tanggap"),
        description="Folder for the data of the embedded servers, keys and caches.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(
        8000, ge=1, le=65535, description="Port of `make run`; `make stack` uses 8001 to 8005."
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        description=(
            "Addresses or networks of reverse proxies, with commas between them: from these "
            "alone `X-Forwarded-For` is believed."
        ),
    )
    kafka_bootstrap: str | None = Field(
        None,
        description="Kafka's `host:port,…`. Unset: the in-process bus on Postgres (one process).",
    )
    bus_database_url: str | None = Field(
        None, description="Postgres database of the in-process bus. Unset: the embedded server's."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged."
    )
    log_output: Literal["json", "console"] = Field(
        "json", description="Form of log lines: `json` for machines, `console` for people."
    )
    otlp_endpoint: str | None = Field(
        None, description="OTLP/HTTP endpoint for traces. Unset: no traces are exported."
    )
    oidc_issuer: str = Field(
        "tanggap-local",
        description="Expected `iss` of staff tokens. The default is the local issuer.",
    )
    oidc_audience: str = Field("tanggap", description="Expected `aud` of staff tokens.")
    oidc_jwks_url: str | None = Field(
        None,
        description="JWKS of the OIDC provider. Unset: the local issuer's key below the home.",
    )
    oidc_roles_claim: str = Field(
        "roles",
        description="Dotted path of the roles in a token, such as `realm_access.roles`.",
    )
    oidc_opd_claim: str = Field("opd", description="Claim that holds the OPD of staff.")
    master_key: SecretStr | None = Field(
        None,
        description=(
            "32 bytes in base64: wraps personal keys, signs tracking secrets in intake. Several, "
            "separated by commas, for a change of keys: the first is used, the others still open. "
            "Unset: made once and kept below the home; set it from a secret store in production."
        ),
    )
    survey_link_key: SecretStr | None = Field(
        None,
        description=(
            "32 bytes in base64, the same for intake and survey: signs the links by which citizens "
            "are invited to a survey. Several, separated by commas, for a change of keys. Unset: "
            "nobody is invited."
        ),
    )
    clock_file: Path | None = Field(
        None,
        description=(
            "File by which `tanggap demo` steers the clock of a running system. "
            "For demonstrations; leave unset in production."
        ),
    )
    instance: str | None = Field(
        None, description="Stable name of this replica, for static membership in Kafka groups."
    )
    relay_batch: int = Field(400, ge=1, le=5000, description="Outbox rows read at once.")
    relay_poll_seconds: float = Field(
        0.25, gt=0, le=60, description="How often the outbox is looked at without a nudge."
    )
    database_pool: int = Field(10, ge=2, le=100, description="Connections per service and process.")
    patience_seconds: float = Field(
        5.0,
        gt=0,
        le=60,
        description=(
            "How long in a rush a report, an action or a search waits for its turn. Later it is "
            "answered 503 without being done, so that those who still wait are served in time."
        ),
    )
    gauge_seconds: float = Field(
        5.0, gt=0, le=300, description="How old gauges read from the database may be."
    )


class ServiceSettings(BaseSettings):
    """What each service has of its own; subclasses set the prefix `TANGGAP_<SERVICE>_`."""

    model_config = SettingsConfigDict(extra="ignore")

    database_url: str = Field(
        "",
        description=(
            "The service's own database, `postgresql+asyncpg://…`. Unset: the embedded server's."
        ),
    )
    core: CoreSettings = Field(
        default_factory=CoreSettings, description="The shared settings.", exclude=True
    )
