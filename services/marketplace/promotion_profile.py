"""What a Pemda's profile says of promotion: social accounts, their rhythm, captions, fairness."""

from datetime import date, time
from string import Formatter
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from services.marketplace.rules.rhythm import DAYS, Day
from services.marketplace.trade_profile import Name, Slug
from shared.profile import ProfilePart

Hour = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Hashtag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]{1,49}$")]

#: What a caption may name; each is filled in with words that a curator has approved.
CAPTION_FIELDS: Final = frozenset(
    {"name", "price", "unit", "trader", "village", "district", "category", "link", "hashtags"}
)
#: These have no interface for posting, or none that a Pemda gets: somebody copies and posts.
_ONLY_COPIED: Final = frozenset({"tiktok", "whatsapp"})


class Rhythm(ProfilePart):
    """When an account promotes: hours in the Pemda's zone, days of the week, and days off."""

    days: tuple[Day, ...] = Field(DAYS, min_length=1)
    hours: tuple[Hour, ...] = Field(min_length=1, max_length=24)
    days_off: tuple[date, ...] = ()

    @property
    def times(self) -> tuple[time, ...]:
        """The hours as times of day, in order."""
        return tuple(sorted({time.fromisoformat(hour) for hour in self.hours}))


class Caption(ProfilePart):
    """A text around a product, in Indonesian, with the fields of CAPTION_FIELDS in braces."""

    id: Slug
    text: Annotated[str, StringConstraints(min_length=10, max_length=2000)]

    @field_validator("text")
    @classmethod
    def _names_what_there_is(cls, text: str) -> str:
        try:
            named = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        except ValueError as error:
            raise ValueError(f"the braces do not fit together: {error}") from error
        if unknown := sorted(named - CAPTION_FIELDS):
            raise ValueError(
                f"there is no {', '.join(unknown)}; there are {', '.join(sorted(CAPTION_FIELDS))}"
            )
        if missing := sorted({"name", "link"} - named):
            raise ValueError(f"there is no place for {', '.join(missing)}")
        return text


class PromotionAccount(ProfilePart):
    """A social account whose followers are shown the products of small traders.

    `publish: copy` is "copy and post yourself": staff are shown caption, picture and link.
    """

    id: Slug
    platform: Literal["instagram", "facebook", "x", "tiktok", "whatsapp", "telegram"]
    handle: Name
    owner: Name
    publish: Literal["platform", "copy"] = "platform"
    rhythm: Rhythm
    caption: Slug

    @model_validator(mode="after")
    def _can_be_published(self) -> "PromotionAccount":
        if self.platform in _ONLY_COPIED and self.publish != "copy":
            raise ValueError(f"{self.platform} is posted to by hand: write `publish: copy`")
        return self


class Fairness(ProfilePart):
    """How the next trader is drawn: among how many, and how far goods are spread.

    `window` is among how many of those who have waited longest; `spread_over` is over how many
    earlier slots the same village, category or size counts against a trader.
    """

    window: Annotated[int, Field(ge=1, le=200)] = 24
    spread_over: Annotated[int, Field(ge=0, le=100)] = 8


class Promotion(ProfilePart):
    """The section `promotion` of marketplace.yaml.

    A slot is planned `plan_hours` before it, so that staff can approve it, and is missed when it is
    not out `late_minutes` after its time.
    """

    plan_hours: Annotated[int, Field(ge=1, le=24 * 14)] = 72
    late_minutes: Annotated[int, Field(ge=5, le=24 * 60)] = 180
    fairness: Fairness = Fairness()
    hashtags: tuple[Hashtag, ...] = Field((), max_length=10)
    captions: tuple[Caption, ...] = Field(min_length=1)
    order_text: Annotated[str, StringConstraints(min_length=5, max_length=300)] = (
        "Halo, saya tertarik dengan {name} yang saya lihat di Lapak."
    )
    follow_up_text: Annotated[str, StringConstraints(min_length=10, max_length=600)] = (
        "Seminggu lalu {name} Anda dipromosikan. Berapa yang terjual karenanya? Catat di Lapak: "
        "{link}"
    )
    follow_up_template: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")] | None = (
        None
    )
