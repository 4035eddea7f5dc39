"""Intake's settings, from variables that begin with `TANGGAP_INTAKE_`."""

from typing import Annotated

from limits import parse
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.messaging.settings import MessagingSettings
from shared.settings import ServiceSettings
from shared.standard_webhooks import read_keys


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
    files_per_complaint: int = Field(
        10, ge=1, le=100, description="Files that each side may add to a complaint."
    )
    megabytes_per_complaint: int = Field(
        60, ge=1, le=2000, description="Megabytes of the files that each side may add."
    )
    upload_hours: int = Field(
        24, ge=1, le=168, description="Hours for which a file waits for its complaint."
    )
    upload_megabytes: int = Field(
        2000, ge=1, description="Megabytes of all files that wait for a complaint, at most."
    )
    uploads_at_once: int = Field(
        8, ge=1, le=200, description="Files that are received at one time, each in memory."
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
    whatsapp_app_secret: SecretStr | None = Field(
        None, description="App secret that signs WhatsApp's webhooks. Unset: they are refused."
    )
    whatsapp_verify_token: SecretStr | None = Field(
        None, description="Verify token that was given with WhatsApp's webhook address."
    )
    telegram_webhook_secret: SecretStr | None = Field(
        None,
        description=(
            "`secret_token` of Telegram's setWebhook, the same for every bot. Unset: refused."
        ),
    )
    facebook_app_secret: SecretStr | None = Field(
        None, description="App secret that signs the webhooks of pages. Unset: they are refused."
    )
    facebook_verify_token: SecretStr | None = Field(
        None, description="Verify token that was given with the webhook address of pages."
    )
    instagram_app_secret: SecretStr | None = Field(
        None, description="App secret that signs Instagram's webhooks. Unset: they are refused."
    )
    instagram_verify_token: SecretStr | None = Field(
        None, description="Verify token that was given with Instagram's webhook address."
    )
    x_consumer_secret: SecretStr | None = Field(
        None,
        description=(
            "Consumer secret of the app at X: signs webhooks and answers its check of our address. "
            "Unset: they are refused."
        ),
    )
    media_hosts: str = Field(
        "fbcdn.net,fbsbx.com,cdninstagram.com,twimg.com,ton.twitter.com",
        description=(
            "Hosts, with commas between them, from which pictures are fetched whose address a "
            "message names (pages, Instagram, X), with all below them."
        ),
    )
    gammu_url: SecretStr | None = Field(
        None,
        description=(
            "Gammu SMSD's Postgres, `postgresql://…`: SMS are read from its `inbox`. "
            "Unset: none are."
        ),
    )
    gammu_account: str = Field(
        "", description="The number that those SMS are sent to, as the profile's accounts name it."
    )
    gammu_poll_seconds: float = Field(
        2.0, gt=0, le=300, description="How often Gammu's inbox is looked at."
    )
    public_url: str = Field(
        "http://127.0.0.1:8000",
        pattern=r"^https?://[^\s]*[^/\s]$",
        description=(
            "Address before `/intake/…` by which the public reaches this service: the QR of a "
            "document that is issued leads there."
        ),
    )
    partner_sp4n_keys: SecretStr | None = Field(
        None,
        description=(
            "`whsec_…` keys of SP4N-LAPOR or what stands before it, both ways; several with commas "
            "for a change of keys. Unset: its reports are refused."
        ),
    )
    partner_call112_keys: SecretStr | None = Field(
        None, description="The same for the call centre 112."
    )
    partner_sms_keys: SecretStr | None = Field(None, description="The same for the SMS gateway.")
    partner_sp4n_url: str | None = Field(
        None,
        description="Where SP4N-LAPOR is told of each status, signed. Unset: it is told of none.",
    )
    partner_call112_url: str | None = Field(None, description="The same for the call centre 112.")
    open311_keys: SecretStr | None = Field(
        None,
        description=(
            "API keys of Open311 clients that may submit, with commas between them. "
            "Unset: nobody submits by Open311."
        ),
    )

    messaging: MessagingSettings = Field(
        default_factory=MessagingSettings,
        description="How messages go out; the same for every service.",
        exclude=True,
    )

    def open311_key_list(self) -> tuple[str, ...]:
        """Return the keys of Open311 clients."""
        configured = self.open311_keys.get_secret_value() if self.open311_keys else ""
        return tuple(key.strip() for key in configured.split(",") if key.strip())

    def partner_urls(self) -> dict[str, str]:
        """Return where each partner is told of statuses."""
        configured = {"sp4n": self.partner_sp4n_url, "call112": self.partner_call112_url}
        return {partner: url for partner, url in configured.items() if url}

    def partner_secrets(self) -> dict[str, SecretStr]:
        """Return each partner's keys as they are configured."""
        configured = {
            "sp4n": self.partner_sp4n_keys,
            "call112": self.partner_call112_keys,
            "sms": self.partner_sms_keys,
        }
        return {partner: keys for partner, keys in configured.items() if keys is not None}

    def partner_keys(self) -> dict[str, tuple[bytes, ...]]:
        """Return each partner's keys; raises WebhookKeyInvalid."""
        return {
            partner: read_keys(keys.get_secret_value())
            for partner, keys in self.partner_secrets().items()
        }
