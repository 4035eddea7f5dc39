"""What Open311 GeoReport v2 answers, in its own words (wiki.open311.org/GeoReport_v2)."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

_CODE = "K7M3PXA92W"


class Open311Service(BaseModel):
    """A kind of matter that may be reported; with `metadata`, its definition asks for more."""

    service_code: str = Field(examples=["pju-padam"])
    service_name: str = Field(examples=["Lampu jalan padam"])
    description: str
    metadata: bool
    type: Literal["realtime", "batch", "blackbox"]
    keywords: str = Field(description="With commas between them.")
    group: str


class Open311Value(BaseModel):
    """One value of a list to choose from."""

    key: str
    name: str


class Open311Attribute(BaseModel):
    """One thing that a service asks for."""

    variable: bool
    code: str
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
    required: bool
    datatype_description: str
    order: int = Field(ge=1)
    description: str
    values: list[Open311Value] = []


class Open311Definition(BaseModel):
    """What a service asks for."""

    service_code: str
    attributes: list[Open311Attribute]


class Open311Created(BaseModel):
    """A request was taken in; its id is the tracking code."""

    service_request_id: str = Field(examples=[_CODE])
    service_notice: str
    account_id: str | None = None


class Open311Token(BaseModel):
    """The request that a token stands for. Ids are given at once, so both are the same here."""

    service_request_id: str = Field(examples=[_CODE])
    token: str = Field(examples=[_CODE])


class Open311Request(BaseModel):
    """A complaint as the public may see it: masked, and never a secret one."""

    service_request_id: str = Field(examples=[_CODE])
    status: Literal["open", "closed"]
    status_notes: str | None
    service_name: str | None
    service_code: str | None
    description: str
    agency_responsible: str | None
    service_notice: str | None
    requested_datetime: datetime
    updated_datetime: datetime
    expected_datetime: datetime | None
    address: str | None
    address_id: str | None
    zipcode: str | None
    lat: float | None
    long: float | None
    media_url: str | None


class Open311Endpoint(BaseModel):
    """Where the API is spoken."""

    specification: str
    url: str
    changeset: datetime
    type: Literal["production", "test"]
    formats: list[str]


class Open311Discovery(BaseModel):
    """What a client needs to begin."""

    changeset: datetime
    contact: str
    key_service: str
    endpoints: list[Open311Endpoint]


class Open311Error(BaseModel):
    """What is wrong with a request."""

    code: int
    description: str
