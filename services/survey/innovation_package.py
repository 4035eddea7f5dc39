"""A displayed innovation as a package: JSON with a schema and a checksum, for other cities to read.

The checksum shows that a package is whole as its city made it; it does not prove which city it was.
"""

import json
from hashlib import sha256
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from services.survey.innovation_schemas import (
    Figure,
    FormOfInnovation,
    Initiator,
    InnovationDocument,
    InnovationEvidence,
    ItemCode,
    ProfileSnippet,
)
from services.survey.rules.innovation_stages import Criterion
from shared.text import CleanText

SCHEMA: Final = "tanggap.innovation/1"

# Wider than what a form takes: masking may have made a text shorter or longer.
PackedName = Annotated[CleanText, Field(min_length=1, max_length=800)]
PackedText = Annotated[CleanText, Field(max_length=30_000)]
Checksum = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]

_CONTENT: dict[str, Any] = {
    "origin": {
        "pemda": "Pemerintah Kota Misal Jaya",
        "region_code": "98.01",
        "innovation_id": "019b76da-a800-7000-8000-00000000d001",
    },
    "title": "Antrean Cerah: ambil nomor dari rumah",
    "problem": "Warga menunggu di loket sejak subuh.",
    "idea": "Nomor antrean diambil dari rumah.",
    "initiator": "opd",
    "form": "pelayanan-publik",
    "digital": True,
    "opd_name": "Dinas Kependudukan dan Pencatatan Sipil",
    "evidence": [],
    "entries": [
        {"code": "biaya", "name": "Biaya (rupiah)", "stage": "design", "value": 15000000.0}
    ],
    "criteria": {"manfaat": "Waktu tunggu turun dari dua jam menjadi lima belas menit."},
    "documents": [],
    "snippets": [],
}


class PackageOrigin(BaseModel):
    """Whose innovation it is."""

    model_config = ConfigDict(extra="forbid")
    pemda: PackedName
    region_code: Annotated[CleanText, Field(max_length=13)]
    innovation_id: Annotated[CleanText, Field(min_length=1, max_length=64)]


class PackageEntry(BaseModel):
    """What one stage held, with the name that its city gives it."""

    model_config = ConfigDict(extra="forbid")
    code: ItemCode
    name: PackedName
    stage: ItemCode
    value: PackedText | Figure


class PackageContent(BaseModel):
    """What the checksum is of."""

    model_config = ConfigDict(extra="forbid")
    origin: PackageOrigin
    title: PackedName
    problem: PackedText
    idea: PackedText
    initiator: Initiator
    form: FormOfInnovation
    digital: StrictBool
    opd_name: PackedName | None
    evidence: list[InnovationEvidence] = Field(max_length=20)
    entries: list[PackageEntry] = Field(max_length=200)
    criteria: dict[Criterion, PackedText]
    documents: list[InnovationDocument] = Field(max_length=20)
    snippets: list[ProfileSnippet] = Field(max_length=5)


def checksum_of(content: PackageContent) -> str:
    """Return the SHA-256 of the content as canonical JSON: sorted keys, no spaces, UTF-8."""
    canonical = json.dumps(
        content.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return f"sha256:{sha256(canonical.encode('utf-8', 'replace')).hexdigest()}"


class InnovationPackage(BaseModel):
    """A package as it is exported, and imported elsewhere."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"schema": SCHEMA, "checksum": "sha256:" + "0" * 64, "content": _CONTENT}]
        },
        populate_by_name=True,
    )
    schema_name: Literal["tanggap.innovation/1"] = Field(alias="schema")
    checksum: Checksum
    content: PackageContent


def pack(content: PackageContent) -> InnovationPackage:
    """Return the package of a content."""
    return InnovationPackage(schema_name=SCHEMA, checksum=checksum_of(content), content=content)


class ImportForm(BaseModel):
    """A package, and the OPD that is to try the innovation here."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "package": {
                        "schema": SCHEMA,
                        "checksum": "sha256:" + "0" * 64,
                        "content": _CONTENT,
                    },
                    "opd": "DUKCAPIL",
                }
            ]
        },
    )
    package: InnovationPackage
    opd: Annotated[CleanText, Field(min_length=2, max_length=32)]


class ImportedView(BaseModel):
    """What an import made, or had made before; and how its city is told.

    `report_to` is a path at the origin, to which `report` is posted.
    """

    innovation_id: str
    created: bool
    title: str
    stage: str
    report_to: str
    report: dict[str, Any]
