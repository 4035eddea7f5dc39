"""What a Pemda's profile says of traders and goods: sizes, kinds, reasons, consent, bans."""

import re
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from shared.profile import ProfilePart

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Name = Annotated[str, StringConstraints(min_length=2, max_length=120)]
Sentence = Annotated[str, StringConstraints(min_length=5, max_length=500)]
Word = Annotated[str, StringConstraints(min_length=2, max_length=60)]
Rupiah = Annotated[int, Field(ge=1, le=10**15)]
OpdCode = Annotated[str, StringConstraints(min_length=2, max_length=32)]
Month = Annotated[int, Field(ge=1, le=12)]
SizeName = Literal["mikro", "kecil", "menengah"]


class SizeLimit(ProfilePart):
    """Up to which capital, or which sales in a year, a business is of a size. Rupiah.

    PP 7/2021, articles 35 and 36: capital for a business that is new, sales for one that was there
    before the regulation; capital is without land and the building of the business.
    """

    size: SizeName
    capital: Rupiah
    annual_sales: Rupiah


class Category(ProfilePart):
    """A kind of product; of `produce` a season and a quantity may be told."""

    code: Slug
    name: Name
    produce: bool = False


class Reason(ProfilePart):
    """Why staff decided against a trader or product: a code, and the sentence that is shown."""

    code: Slug
    text: Sentence


class ProhibitedGoods(ProfilePart):
    """Words of goods that may not be offered (`refuse`), or that a curator looks at (`flag`).

    A word stands for itself alone, `*` at its end also for what begins with it.
    """

    code: Slug
    name: Name
    action: Literal["refuse", "flag"]
    words: tuple[Word, ...] = Field(min_length=1)

    @field_validator("words")
    @classmethod
    def _are_words(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        for word in words:
            if not re.fullmatch(r"[a-z0-9]+([ -][a-z0-9]+)*\*?", word):
                raise ValueError(
                    f"'{word}' must be small letters and digits, `*` at most at its end"
                )
        return words


class Consent(ProfilePart):
    """What a trader agrees to; a new wording is a new version, to which they agree again."""

    version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.-]{1,32}$")]
    text: Annotated[str, StringConstraints(min_length=40, max_length=4000)]


class CodeMessage(ProfilePart):
    """The words around a one-time code; WhatsApp may ask for a template that Meta approved."""

    text: Annotated[str, StringConstraints(min_length=10, max_length=300)]
    whatsapp_template: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")] | None = None

    @field_validator("text")
    @classmethod
    def _holds_the_code(cls, text: str) -> str:
        if "{code}" not in text:
            raise ValueError("there is no place for {code}")
        if re.sub(r"\{(code|minutes)\}", "", text).count("{"):
            raise ValueError("only {code} and {minutes} are filled in")
        return text


class NumberFormats(ProfilePart):
    """What numbers of permits look like, as regular expressions of the whole number."""

    nib: str = r"[0-9]{13}"
    pirt: str = r"[0-9]{13}-?[0-9]{2}"
    halal: str = r"ID[0-9]{17}"

    @model_validator(mode="after")
    def _are_expressions(self) -> "NumberFormats":
        for name in type(self).model_fields:
            try:
                re.compile(getattr(self, name))
            except re.error as error:
                raise ValueError(f"{name} is no regular expression: {error}") from error
        return self


class Reasons(ProfilePart):
    """The reasons that staff choose from, each with the sentence that the trader reads."""

    verification: tuple[Reason, ...] = Field(min_length=1)
    suspension: tuple[Reason, ...] = Field(min_length=1)
    moderation: tuple[Reason, ...] = Field(min_length=1)


class Trade(ProfilePart):
    """The section `trade` of marketplace.yaml; `opd` is the agency whose curators decide."""

    opd: OpdCode
    consent: Consent
    code_message: CodeMessage
    sizes: tuple[SizeLimit, ...]
    numbers: NumberFormats = NumberFormats()
    highest_price: Rupiah = 1_000_000_000
    most_products: Annotated[int, Field(ge=1, le=10_000)] = 200
    reasons: Reasons
    prohibited: tuple[ProhibitedGoods, ...] = ()

    @field_validator("sizes")
    @classmethod
    def _grow(cls, sizes: tuple[SizeLimit, ...]) -> tuple[SizeLimit, ...]:
        if [each.size for each in sizes] != ["mikro", "kecil", "menengah"]:
            raise ValueError("must be mikro, kecil, menengah, in this order")
        for smaller, larger in pairwise(sizes):
            if smaller.capital >= larger.capital or smaller.annual_sales >= larger.annual_sales:
                raise ValueError(
                    f"the limits of {larger.size} must be above those of {smaller.size}"
                )
        return sizes
