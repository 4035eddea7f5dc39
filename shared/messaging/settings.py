"""What sending needs to know of the platforms, from variables that begin with `TANGGAP_SEND_`.

A channel whose credentials are unset does not send; its messages are not even queued.
"""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_TOKENS = "JSON object of {account} to {secret}; the first is used where none is named."


def _tokens(account: str, secret: str) -> dict[str, SecretStr]:
    description = _TOKENS.format(account=account, secret=secret)
    field: dict[str, SecretStr] = Field(default_factory=dict, description=description)
    return field


class MessagingSettings(BaseSettings):
    """Addresses, versions and credentials of the platforms; the same for every service."""

    model_config = SettingsConfigDict(env_prefix="TANGGAP_SEND_", extra="ignore")

    whatsapp_url: str = Field(
        "https://graph.facebook.com/v23.0", description="WhatsApp Cloud API with its version."
    )
    whatsapp_tokens: dict[str, SecretStr] = _tokens("phone number id", "access token")
    telegram_url: str = Field("https://api.telegram.org", description="Telegram's Bot API.")
    telegram_tokens: dict[str, SecretStr] = _tokens("bot name", "bot token")
    messenger_url: str = Field(
        "https://graph.facebook.com/v23.0", description="Graph API with its version, for pages."
    )
    messenger_tokens: dict[str, SecretStr] = _tokens("page id", "page access token")
    instagram_url: str = Field(
        "https://graph.instagram.com/v23.0",
        description="Graph API with its version, for Instagram's professional accounts.",
    )
    instagram_tokens: dict[str, SecretStr] = _tokens("account id", "access token")
    meta_tag: str | None = Field(
        None,
        description=(
            "Tag with which Messenger and Instagram are written to more than 24 hours after the "
            "citizen wrote, such as `HUMAN_AGENT`, if Meta allowed the app to. Unset: none."
        ),
    )
    x_url: str = Field("https://api.x.com", description="X's API.")
    x_consumer_key: str = Field("", description="Key of the app at X (OAuth 1.0a).")
    x_consumer_secret: SecretStr | None = Field(None, description="Secret of the app at X.")
    x_tokens: dict[str, SecretStr] = _tokens("user id", "`token:token secret`")
    sms_url: str | None = Field(None, description="Address of the HTTP gateway for SMS.")
    sms_form: Literal["json", "form", "query"] = Field(
        "json", description="How the gateway is given the fields."
    )
    sms_fields: dict[str, str] = Field(
        {"to": "{recipient}", "text": "{text}", "id": "{message_id}"},
        description=(
            "JSON object of the gateway's fields. A value is `{recipient}`, `{text}`, "
            "`{message_id}` or `{account}`, or goes to the gateway as it is."
        ),
    )
    sms_headers: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="JSON object of headers for the gateway, such as Authorization.",
    )
    sms_repeatable: bool = Field(
        False,
        description="Whether the gateway takes the same `{message_id}` for one SMS.",
    )
    gammu_url: SecretStr | None = Field(
        None,
        description=(
            "Gammu SMSD's Postgres, `postgresql+asyncpg://…`: SMS go out by it where no gateway is."
        ),
    )
    smtp_host: str | None = Field(None, description="Server that e-mail goes out by.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection to it is secured."
    )
    smtp_user: str | None = Field(None, description="Name to log in with, if any.")
    smtp_password: SecretStr | None = Field(None, description="Password to log in with.")
    mail_from: str = Field(
        "Tanggap <tanggap@localhost>", description="Sender of e-mail, name and address."
    )
    webhook_keys: dict[str, SecretStr] = Field(
        default_factory=dict,
        description=(
            "JSON object of a front end's name in the profile to its `whsec_…` keys, with commas "
            "between them; only those named here are told."
        ),
    )
    timeout_seconds: float = Field(
        15.0, gt=0, le=60, description="How long a platform may take to answer."
    )
    tries: int = Field(
        10, ge=1, le=50, description="Attempts before a message becomes a dead letter."
    )
    at_once: int = Field(8, ge=1, le=100, description="Messages under way per channel and process.")
    poll_seconds: float = Field(
        1.0, gt=0, le=60, description="How often the queue is looked at without a nudge."
    )
    lease_seconds: float = Field(
        120.0,
        gt=0,
        le=3600,
        description=(
            "After how long a message that a process began to send, and never reported on, counts "
            "as unsure. Longer than any platform may take."
        ),
    )
