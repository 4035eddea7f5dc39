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
