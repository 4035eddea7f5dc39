"""The port to every platform that promotes, and the accounts that may be published on."""

from dataclasses import dataclass, field
from typing import Protocol

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.messaging.port import Refused

_CREDENTIAL = "JSON object of the profile's account to {}."


def _accounts(what: str) -> dict[str, SecretStr]:
    made: dict[str, SecretStr] = Field(default_factory=dict, description=_CREDENTIAL.format(what))
    return made


class PublishingSettings(BaseSettings):
    """Accounts that promotion is published on; variables begin with `TANGGAP_MARKETPLACE_PUBLISH_`.

    They are apart from those by which complaints are answered and codes are sent.
    """

    model_config = SettingsConfigDict(env_prefix="TANGGAP_MARKETPLACE_PUBLISH_", extra="ignore")

    telegram_url: str = Field("https://api.telegram.org", description="Telegram's Bot API.")
    telegram: dict[str, SecretStr] = _accounts("`@channel|bot token`; the bot is its admin")
    facebook_url: str = Field(
        "https://graph.facebook.com/v23.0", description="Graph API with its version, for pages."
    )
    facebook: dict[str, SecretStr] = _accounts("`page id|page access token`")
    instagram_url: str = Field(
        "https://graph.instagram.com/v23.0",
        description="Graph API with its version, for Instagram's professional accounts.",
    )
    instagram: dict[str, SecretStr] = _accounts("`user id|access token`")
    x_url: str = Field("https://api.x.com", description="X's API.")
    x_consumer_key: str = Field("", description="Key of the app at X (OAuth 1.0a).")
    x_consumer_secret: SecretStr | None = Field(None, description="Secret of the app at X.")
    x: dict[str, SecretStr] = _accounts("`user id|token|token secret`")
    timeout_seconds: float = Field(
        20.0, gt=0, le=60, description="How long a platform may take to answer."
    )
    poll_seconds: float = Field(
        5.0, gt=0, le=60, description="How often it is looked whether a slot is due."
    )
    lease_seconds: float = Field(
        180.0,
        gt=0,
        le=3600,
        description=(
            "After how long a slot that a process began to publish, and never reported on, counts "
            "as unsure. Longer than any platform may take."
        ),
    )


@dataclass(frozen=True, slots=True)
class Post:
    """What goes out: the same at every attempt. `link` is unlike that of every other post."""

    account_id: str
    caption: str
    link: str
    picture_url: str


@dataclass(frozen=True, slots=True)
class Posted:
    """The platform has it, under this id."""

    platform_id: str | None


class Publisher(Protocol):
    """Publishes by one platform.

    `can_ask` says that the platform tells what an account has posted, so that an unsure attempt can
    be settled without a person.
    """

    can_ask: bool

    async def publish(self, post: Post) -> Posted:
        """Publish once; raises Refused, TryLater or Unsure, and nothing else."""
        ...

    async def find(self, post: Post) -> Posted | None:
        """Look whether the account has this post; raises what `publish` raises."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


@dataclass(frozen=True, slots=True)
class Credential:
    """Whose account it is at the platform, and the secrets to it."""

    owner: str
    token: str = field(repr=False)


def credential_of(accounts: dict[str, SecretStr], account_id: str) -> Credential:
    """Return an account's credential; raises Refused."""
    if account_id not in accounts:
        raise Refused("no credentials for this account")
    owner, _, token = accounts[account_id].get_secret_value().partition("|")
    return Credential(owner, token)
