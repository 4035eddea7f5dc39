"""What survey's doors answer about units and forms."""

from pydantic import BaseModel, Field


class ServiceShown(BaseModel):
    """A service that is asked about."""

    code: str = Field(examples=["ktp-el"])
    name: str = Field(examples=["KTP elektronik"])


class UnitShown(BaseModel):
    """A unit that is asked about."""

    code: str = Field(examples=["dukcapil"])
    name: str = Field(examples=["Loket Kependudukan dan Pencatatan Sipil"])
    opd: str = Field(examples=["DUKCAPIL"])
    services: list[ServiceShown]


class UnitsShown(BaseModel):
    """All units, and the period that is running."""

    period: str = Field(examples=["2026-03"])
    period_name: str = Field(examples=["Maret 2026"])
    units: list[UnitShown]


class Option(BaseModel):
    """One answer that may be chosen: what is sent, and what is read."""

    value: str = Field(examples=["3"])
    label: str = Field(examples=["Cepat"])


class Asked(BaseModel):
    """One question, as a group of radio buttons or a text field.

    `field` is where the answer stands in the JSON that is sent, `name` the field's name in a plain
    HTML form; `legend` is the accessible name of the group, and every option has a label.
    """

    code: str = Field(examples=["U3"])
    name: str = Field(examples=["U3"])
    field: str = Field(examples=["/scores/U3"])
    kind: str = Field(description="`choice` or `text`.", examples=["choice"])
    legend: str = Field(examples=["Bagaimana kecepatan waktu dalam memberikan pelayanan?"])
    options: list[Option] = Field(default_factory=list)
    longest: int | None = Field(None, description="Most characters of a text.")
    required: bool = False


class SurveyForm(BaseModel):
    """All that a front end needs to ask: questions in the order of the unit, in one language."""

    unit: str = Field(examples=["dukcapil"])
    unit_name: str = Field(examples=["Loket Kependudukan dan Pencatatan Sipil"])
    period: str = Field(examples=["2026-03"])
    period_name: str = Field(examples=["Maret 2026"])
    language: str = Field(examples=["id"])
    languages: list[Option] = Field(description="Languages that the form is offered in.")
    texts: dict[str, str] = Field(
        description="Headings, hints and words on buttons.",
        examples=[{"send": "Kirim jawaban"}],
    )
    service: Asked
    elements: list[Asked] = Field(description="The nine elements.")
    extras: list[Asked]
    respondent: list[Asked]
    comment: Asked
