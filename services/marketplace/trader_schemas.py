"""Requests and answers about traders: codes, registration, sessions, the trader's own account."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.ids import UUID_PATTERN
from shared.text import CleanText

Channel = Literal["whatsapp", "sms"]
Size = Literal["mikro", "kecil", "menengah"]
TraderStateName = Literal["pending", "active", "refused", "suspended", "erased"]
Uuid = Annotated[str, Field(pattern=UUID_PATTERN)]
BusinessName = Annotated[CleanText, Field(min_length=3, max_length=80)]
Describing = Annotated[CleanText, Field(max_length=1000)]
Rupiah = Annotated[int, Field(strict=True, ge=0, le=10**15)]

_CODE_ID = "019b76da-a800-7000-8000-00000000d001"
_TRADER_ID = "019b76da-a800-7000-8000-00000000d002"


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CodeWish(_Form):
    """Ask for a one-time code."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"phone": "0812 0000 0101"}]}
    )

    phone: Annotated[CleanText, Field(min_length=8, max_length=24)]
    channel: Channel | None = Field(None, description="Left out: the first that is connected.")


class CodeSent(BaseModel):
    """A code is on its way; the answer is the same whether the number is known or not."""

    code_id: str = Field(examples=[_CODE_ID])
    channel: Channel
    phone: str = Field(description="The last digits.", examples=["••••0101"])
    expires_at: datetime


class CodeProof(_Form):
    """The code that arrived, and which one it is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"code_id": _CODE_ID, "code": "012345"}]},
    )

    code_id: Uuid
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class SizeForm(_Form):
    """A figure by which the legal size is told; it is not kept."""

    basis: Literal["capital", "annual_sales"] = Field(
        description="Capital without land and building of a new business, or sales in a year."
    )
    rupiah: Rupiah


class PointForm(_Form):
    """A place that buyers are shown, in degrees of WGS 84."""

    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class ConsentForm(_Form):
    """What a trader agrees to: the wording of this version, and whether the number is shown."""

    version: Annotated[CleanText, Field(min_length=1, max_length=32)]
    show_phone: bool = Field(description="Whether buyers see the WhatsApp number.")


class RegistrationForm(CodeProof):
    """Register a business with the code that was sent to its owner's number."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "code_id": _CODE_ID,
                    "code": "012345",
                    "name": "Keripik Bu Contoh",
                    "owner_name": "Ibu Contoh",
                    "village": "99.71.01.1001",
                    "size": {"basis": "annual_sales", "rupiah": 90_000_000},
                    "consent": {"version": "2026-01", "show_phone": True},
                }
            ]
        },
    )

    name: BusinessName
    owner_name: Annotated[CleanText, Field(min_length=2, max_length=80)]
    village: Annotated[CleanText, Field(max_length=32)]
    size: SizeForm
    consent: ConsentForm
    nib: Annotated[CleanText, Field(max_length=32)] | None = None
    description: Describing = ""
    location: PointForm | None = None


class Tokens(BaseModel):
    """What a trader's device shows from now on; keep the refresh token secret."""

    trader_id: str = Field(examples=[_TRADER_ID])
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a kind
    expires_in: int = Field(description="Seconds for which the access token is valid.")
    refresh_token: str


class RefreshForm(_Form):
    """Ask for new tokens, or end the session."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"refresh_token": f"{_CODE_ID}.ABCDEFGHIJKLMNOPQRST"},
            ]
        },
    )

    refresh_token: Annotated[str, Field(min_length=10, max_length=100)]


class SessionEnded(BaseModel):
    """The device is logged out; its access token still runs out by itself."""

    ended: Literal[True] = True


class ConsentText(BaseModel):
    """The wording that traders agree to at present."""

    version: str
    text: str


class TraderFactView(BaseModel):
    """What was done, when, and why; who did it is shown to staff alone."""

    happened_at: datetime
    action: str
    by: str | None
    reason: str | None
    text: str | None


class OwnTrader(BaseModel):
    """A trader as they see themselves."""

    trader_id: str
    state: TraderStateName
    version: int
    name: str
    owner_name: str
    phone: str
    show_phone: bool
    description: str
    nib: str | None
    size: Size
    village: str
    village_name: str
    location: PointForm | None
    consent_version: str
    consent_current: bool = Field(description="Whether it is the present wording.")
    reason: str | None = Field(description="The code of the last decision, if it was against.")
    reason_text: str | None
    appealed_at: datetime | None
    registered_at: datetime
    verified_at: datetime | None
    page: str = Field(description="Where the public sees the trader, once verified.")


class TraderChange(_Form):
    """Change one's own account; what is left out stays as it is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"description": "Keripik singkong sejak 2010."}]},
    )

    name: BusinessName | None = None
    owner_name: Annotated[CleanText, Field(min_length=2, max_length=80)] | None = None
    description: Describing | None = None
    village: Annotated[CleanText, Field(max_length=32)] | None = None
    size: SizeForm | None = None
    nib: Annotated[CleanText, Field(max_length=32)] | None = None
    location: PointForm | None = None
    consent: ConsentForm | None = None
    verify_again: bool = Field(
        False,
        description=(
            "Needed of a verified trader who changes name, owner, village, size or NIB: goods are "
            "not shown until a curator has verified them again."
        ),
    )

    @model_validator(mode="after")
    def _changes_something(self) -> "TraderChange":
        if not self.model_fields_set - {"verify_again"}:
            raise ValueError("sebutkan apa yang diubah")
        return self

    def given(self) -> dict[str, Any]:
        """Return what was given."""
        names = self.model_fields_set - {"verify_again"}
        return {name: getattr(self, name) for name in names}


class AppealForm(_Form):
    """Object to one's suspension."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "Barang itu sudah saya tarik bulan lalu."}]},
    )

    text: Annotated[CleanText, Field(min_length=10, max_length=2000)]


class AccountErasure(_Form):
    """Erase one's account for good."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"confirm": "HAPUS"}]}
    )

    confirm: Literal["HAPUS"]


class ErasedTrader(BaseModel):
    """What is left: that there was a trader, and when they were erased."""

    trader_id: str
    state: Literal["erased"]
