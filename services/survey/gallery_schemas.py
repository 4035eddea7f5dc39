"""What everybody may read of displayed innovations."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.survey.innovation_package import PackageContent
from services.survey.innovation_schemas import AdoptionView, FormOfInnovation


class GalleryItem(BaseModel):
    """A displayed innovation as the gallery lists it."""

    innovation_id: str
    title: str
    problem: str
    idea: str
    form: FormOfInnovation
    digital: bool
    opd_name: str | None
    displayed_at: datetime
    final_score: float | None
    adoptions: int = Field(description="How many others adopted it, as the coordinator confirmed.")


class GalleryList(BaseModel):
    """A page of the gallery, what was displayed last first."""

    items: list[GalleryItem]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


class GalleryDetail(GalleryItem):
    """A displayed innovation with what its package holds, and who adopted it."""

    content: PackageContent
    adopted_by: list[AdoptionView]
