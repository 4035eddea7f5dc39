"""What is sent and answered about notice, secrecy, unmasking, proof and breaches."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from services.intake.schemas import MOST_REASON
from shared.text import CleanText
from shared.written import WrittenTime

IdentityField = Literal["name", "phone", "email", "nik", "sender"]
Purpose = Literal["handling", "safety", "legal_order"]
Reason = Annotated[CleanText, Field(min_length=5, max_length=MOST_REASON)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

_ID = "019b76da-a800-7000-8000-00000000a001"
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def form_like(example: dict[str, Any]) -> ConfigDict:
    """Configure a form: nothing beside its fields, no input in errors, and an example."""
    return ConfigDict(
        extra="forbid", hide_input_in_errors=True, json_schema_extra={"examples": [example]}
    )


class PrivacyNotice(BaseModel):
    """What people are told about their data; complaints keep the version that was in force."""

    version: str = Field(examples=["2026-01"])
    text: str


class SecrecyForm(BaseModel):
    """Whether the content is hidden from the public (Rahasia)."""

    model_config = form_like({"secret": True})

    secret: StrictBool


class StaffSecrecyForm(BaseModel):
    """The same for staff, who say why."""

    model_config = form_like({"secret": True, "reason": "Menyangkut keselamatan seorang anak."})

    secret: StrictBool
    reason: Reason


class Secrecy(BaseModel):
    """Whether a complaint is secret now, and who made it so."""

    tracking_code: str
    secret: bool
    secret_by: Literal["reporter", "rule", "desk"] | None = None


class UnmaskForm(BaseModel):
    """Which of the reporter's fields are to be shown, and why."""

    model_config = form_like(
        {
            "fields": ["name", "phone"],
            "reason": "Petugas lapangan perlu menelepon pelapor untuk masuk ke rumahnya.",
        }
    )

    fields: Annotated[list[IdentityField], Field(min_length=1, max_length=5)]
    reason: Reason
    purpose: Purpose = Field(
        "handling",
        description="For an anonymous reporter it must be `safety` or `legal_order`.",
    )


class UnmaskedIdentity(BaseModel):
    """The fields that were asked for; one that the reporter never gave is null."""

    complaint_id: str
    anonymous: bool
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    nik: str | None = None
    sender: str | None = None


class AuditRoot(BaseModel):
    """What a day's end fixed; hashes are SHA-256 in hex."""

    day: date
    complaints: int = Field(description="Receipts in the day's tree.")
    complaint_root: Hash = Field(examples=[_HASH])
    audit_entries: int = Field(description="Entries of the audit log by then.")
    audit_hash: Hash = Field(examples=[_HASH])
    previous: Hash = Field(examples=[_HASH])
    root: Hash = Field(examples=[_HASH])
    closed_at: datetime


class AuditRoots(BaseModel):
    """Roots, the newest first."""

    roots: list[AuditRoot]


class PathStep(BaseModel):
    """One step from a leaf to the root: the hash beside, and on which side it stands."""

    side: Literal["left", "right"]
    hash: Hash


class Proof(BaseModel):
    """What shows that a complaint stood in a day's root; docs/audit.md says how to check it."""

    complaint_id: str
    submitted_at: datetime
    salt: str
    receipt: Hash
    place: int
    path: list[PathStep]
    root: AuditRoot


class BreachForm(BaseModel):
    """Personal data got where they should not: which, of how many, how, and what is done."""

    model_config = form_like(
        {
            "what": ["nama", "nomor telepon"],
            "people": 12,
            "how": "Daftar pelapor terkirim ke alamat surel yang salah.",
            "remedy": "Penerima diminta menghapus, akses dicabut.",
            "discovered_at": "2026-03-09T01:00:00Z",
        }
    )

    what: Annotated[
        list[Annotated[CleanText, Field(min_length=2, max_length=100)]],
        Field(min_length=1, max_length=30),
    ]
    people: Annotated[int, Field(ge=0, le=1_000_000_000, strict=True)]
    how: Annotated[CleanText, Field(min_length=5, max_length=4_000)]
    remedy: Annotated[CleanText, Field(min_length=5, max_length=4_000)]
    discovered_at: WrittenTime


class BreachToldForm(BaseModel):
    """Who was told of a breach, and when."""

    model_config = form_like({"whom": "authority", "told_at": "2026-03-09T02:00:00Z"})

    whom: Literal["subjects", "authority"]
    told_at: WrittenTime
    remedy: Annotated[CleanText, Field(min_length=5, max_length=4_000)] | None = None


class BreachView(BaseModel):
    """A breach in the register; both must be told by `notify_by` (3 x 24 hours)."""

    breach_id: str = Field(examples=[_ID])
    what: list[str]
    people: int
    how: str
    remedy: str
    discovered_at: datetime
    notify_by: datetime
    overdue: bool
    recorded_by: str
    recorded_at: datetime
    subjects_told_at: datetime | None = None
    authority_told_at: datetime | None = None


class BreachList(BaseModel):
    """The register, the newest discovery first."""

    breaches: list[BreachView]
