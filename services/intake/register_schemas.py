"""What is asked and answered about registers."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

EntryStatus = Literal["valid", "expired", "withdrawn"]
CellValue = str | int | float | bool | list[str]


class RegisterColumn(BaseModel):
    """A column of a register."""

    code: str
    label: str
    public: bool


class RegisterView(BaseModel):
    """A register and its columns."""

    code: str
    title: str
    columns: list[RegisterColumn]
    has_map: bool


class RegisterList(BaseModel):
    """The registers that the caller may search."""

    registers: list[RegisterView]


class RegisterItem(BaseModel):
    """An entry: `cells` as they are stored, `texts` as people read them."""

    entry_id: str
    status: EntryStatus
    cells: dict[str, CellValue]
    texts: dict[str, str]
    lat: float | None
    lon: float | None
    address: str | None
    expires_on: date | None
    entered_at: datetime
    metres: float | None = Field(description="From the point that was asked for.")
    opd: str | None = Field(description="For staff: the OPD that entered it.")
    complaint_id: str | None = Field(description="For staff: the application it came from.")
    withdrawn_reason: str | None = Field(description="For staff.")


class RegisterPage(BaseModel):
    """Entries, the newest first; the nearest first where a point was given."""

    items: list[RegisterItem]
    next_cursor: str | None = None


class MapGeometry(BaseModel):
    """A point of GeoJSON: longitude, latitude."""

    type: Literal["Point"] = "Point"
    coordinates: tuple[float, float]


class MapFeature(BaseModel):
    """An entry as a feature of GeoJSON."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: MapGeometry
    properties: dict[str, Any]


class RegisterMap(BaseModel):
    """A FeatureCollection (RFC 7946); `more` says that there are entries beyond these."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "FeatureCollection",
                    "features": [
                        {
                            "type": "Feature",
                            "id": "019b76da-a800-7000-8000-00000000a004",
                            "geometry": {"type": "Point", "coordinates": [111.53, -7.63]},
                            "properties": {"status": "valid", "jenis": "Billboard"},
                        }
                    ],
                    "more": False,
                }
            ]
        }
    )

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[MapFeature]
    more: bool


class RefusedRow(BaseModel):
    """A row of a file that was not taken, and why."""

    line: int
    reason: str


class RegisterImport(BaseModel):
    """What became of a file's rows; the first refusals are told one by one."""

    added: int
    changed: int
    same: int
    refused: int
    refusals: list[RefusedRow]


class EntryWithdrawalForm(BaseModel):
    """Why an entry is withdrawn."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "Papan sudah dibongkar."}]}
    )

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=5, max_length=500),
        Field(pattern=r"^[^\u0000]*$"),
    ]
