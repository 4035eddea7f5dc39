"""What is said of QR sheets: where they hang, and how many complaints came by them."""

from datetime import datetime

from pydantic import BaseModel, Field


class PosterCount(BaseModel):
    """A sheet and what came by it; one that is not in the profile any more has no medium."""

    code: str = Field(examples=["pasar-induk"])
    medium: str | None = Field(examples=["Spanduk"])
    place: str | None = Field(examples=["Gerbang utara Pasar Induk"])
    sheet: str | None = Field(examples=["/intake/v1/posters/pasar-induk.html"])
    complaints: int
    last_30_days: int
    last_at: datetime | None


class PosterCounts(BaseModel):
    """All sheets, the most fruitful first."""

    posters: list[PosterCount]
