"""What is told of documents: to whom they were issued, to staff, and to anybody with a code."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

DocumentStatus = Literal["valid", "withdrawn", "expired"]

Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=5, max_length=500),
    Field(pattern=r"^[^\u0000]*$", description="Why; it is kept in the audit log."),
]


class PublicValue(BaseModel):
    """A label and what stands for it."""

    label: str
    value: str


class ConfirmedDocument(BaseModel):
    """What anybody may know of a document that was issued; nothing in it is personal."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "verification_code": "K7M3-PXA2-WQ4D-ZT6E",
                    "status": "valid",
                    "title": "Izin papan nama",
                    "number": "001/DPMPTSP/III/2026",
                    "issued_on": "2026-03-09",
                    "valid_until": "2027-03-09",
                    "withdrawn_on": None,
                    "issuer": "Pemerintah Kota Contoh Raya",
                    "opd": "DPMPTSP",
                    "opd_name": "Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu",
                    "public": [{"label": "Jenis papan", "value": "Papan nama"}],
                    "media_type": "application/pdf",
                    "size": 4074,
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                }
            ]
        }
    )

    verification_code: str
    status: DocumentStatus
    title: str
    number: str | None
    issued_on: date
    valid_until: date | None = Field(description="The last day on which it is valid.")
    withdrawn_on: date | None
    issuer: str
    opd: str
    opd_name: str
    public: list[PublicValue] = Field(description="Answers that everybody may see.")
    media_type: str
    size: int
    sha256: str = Field(description="Of the file, so that somebody who has one may compare it.")


class DocumentView(BaseModel):
    """A document of an application."""

    document_id: str
    code: str = Field(description="As the service's file names it.")
    title: str
    number: str | None
    status: DocumentStatus
    issued_at: datetime
    valid_until: date | None
    verification_code: str
    confirm_path: str = Field(description="The page that confirms it.")
    media_type: str
    size: int
    available: bool = Field(description="False once the applicant's data were erased.")
    withdrawn_reason: str | None


class DocumentList(BaseModel):
    """The documents of an application, the oldest first."""

    documents: list[DocumentView]


class DocumentReasonForm(BaseModel):
    """Why a document is read, or withdrawn."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "Pemeriksaan izin di lapangan."}]},
    )

    reason: Reason
