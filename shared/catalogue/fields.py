"""The fields of a form, as a service's file writes them: a closed list of types.

A field that is `personal` never leaves intake. Citizens' NIK, phone and files are personal whatever
the file says; so is every field that says who the applicant is.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.profile import ProfilePart

#: The name of a field, of a stage's answer or of a score, as expressions and templates write it.
FieldCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
#: The code of a service, a stage, a decision or a document.
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Label = Annotated[str, StringConstraints(min_length=2, max_length=200)]
Sentence = Annotated[str, StringConstraints(min_length=5, max_length=1000)]
#: A condition in `shared.expressions`.
Condition = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
#: Which of the applicant's own data a field is: they are kept like a reporter's.
Identity = Literal["name", "phone", "email", "nik"]
#: A text with places such as `{nama}` that are filled in; see `shared.catalogue.templates`.
Template = Annotated[str, StringConstraints(min_length=1, max_length=4_000)]
FileKind = Literal["image", "document"]

MOST_TEXT = 4_000
MOST_ROWS = 50
MOST_FILES = 20
MOST_OPTIONS = 200


class FieldBase(ProfilePart):
    """What every field has.

    `when` is a condition over the other answers: where it does not hold, the field is not asked,
    and not answered. `personal` data never leave intake: neither an event nor another service has
    them. `identity`, where a type has it, says which of the applicant's own data it is.
    """

    code: FieldCode
    label: Label
    help: Sentence | None = None
    required: bool = False
    personal: bool = False
    when: Condition | None = None

    @property
    def is_personal(self) -> bool:
        """Tell whether its answers stay in intake."""
        return self.personal


class TextField(FieldBase):
    """Words; `lines` above 1 asks for a larger box."""

    type: Literal["text"]
    identity: Literal["name", "email"] | None = None
    min_length: Annotated[int, Field(ge=1, le=MOST_TEXT)] = 1
    max_length: Annotated[int, Field(ge=1, le=MOST_TEXT)] = 300
    lines: Annotated[int, Field(ge=1, le=20)] = 1
    pattern: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="A regular expression that the whole text must match."
    )

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.min_length > self.max_length:
            raise ValueError("min_length is above max_length")
        return self

    @property
    def is_personal(self) -> bool:
        """Tell whether its answers stay in intake."""
        return self.personal or self.identity is not None


class NumberField(FieldBase):
    """A number; `unit` is written behind it, such as Rp or m²."""

    type: Literal["number"]
    min: float | None = None
    max: float | None = None
    whole: bool = Field(False, description="Only whole numbers.")
    unit: Annotated[str, StringConstraints(max_length=20)] | None = None

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")
        return self


class DateField(FieldBase):
    """A day, written 2026-03-09.

    Expressions know it as `<code>_days_ago` (days from it to the day on which the form is checked,
    below 0 for a day to come) and `<code>_years_ago` (whole years, as one counts an age).
    """

    type: Literal["date"]
    past: bool = Field(False, description="Today at the latest.")
    future: bool = Field(False, description="Today at the earliest.")
    not_before: date | None = None

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.past and self.future:
            raise ValueError("a day is either past or future")
        return self


class Option(ProfilePart):
    """One answer to choose; `short` is how a number of a series writes it, else its value."""

    value: FieldCode
    label: Label
    short: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,20}$")] | None = None


class ChoiceField(FieldBase):
    """One of several answers."""

    type: Literal["choice"]
    options: tuple[Option, ...] = Field(min_length=2, max_length=MOST_OPTIONS)


class ManyField(FieldBase):
    """Any number of several answers; expressions ask `"value" in code`."""

    type: Literal["many"]
    options: tuple[Option, ...] = Field(min_length=1, max_length=MOST_OPTIONS)
    min: Annotated[int, Field(ge=0, le=MOST_OPTIONS)] = 0
    max: Annotated[int, Field(ge=1, le=MOST_OPTIONS)] = MOST_OPTIONS

    @model_validator(mode="after")
    def _can_be_chosen(self) -> Self:
        if self.min > min(self.max, len(self.options)):
            raise ValueError("min is above max, or above how many options there are")
        return self


class YesNoField(FieldBase):
    """Yes or no; with `must_be_yes` a statement that has to be agreed to."""

    type: Literal["yes_no"]
    must_be_yes: bool = False


class FileField(FieldBase):
    """Photos or documents, uploaded before and named by their tokens (by staff: their ids)."""

    type: Literal["file"]
    accept: tuple[FileKind, ...] = ("image", "document")
    min: Annotated[int, Field(ge=0, le=MOST_FILES)] = 1
    max: Annotated[int, Field(ge=1, le=MOST_FILES)] = 5

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.min > self.max:
            raise ValueError("min is above max")
        return self

    @property
    def is_personal(self) -> bool:
        """A file itself is read through intake alone; that it is there may be told."""
        return self.personal


class LocationField(FieldBase):
    """A place on the map: `{lat, lon, address?}`, both in degrees of WGS 84.

    The first that is not personal is the place of the case.
    """

    type: Literal["location"]


class NikField(FieldBase):
    """A NIK (or the number of a family card, which has as many digits): sixteen digits."""

    type: Literal["nik"]
    identity: Literal["nik"] | None = None

    @property
    def is_personal(self) -> bool:
        """Tell whether its answers stay in intake: always."""
        return True


class PhoneField(FieldBase):
    """A telephone number, in any spelling; without a country's code it is Indonesian."""

    type: Literal["phone"]
    identity: Literal["phone"] | None = None

    @property
    def is_personal(self) -> bool:
        """Tell whether its answers stay in intake: always."""
        return True


class AppointmentField(FieldBase):
    """A session of the service's `appointment`, by its id."""

    type: Literal["appointment"]


class GroupField(FieldBase):
    """A group of fields that is filled in several times, such as the witnesses.

    Expressions know how often, as `<code>_count`. Its answers are personal where any field is.
    """

    type: Literal["group"]
    fields: tuple["PlainField", ...] = Field(min_length=1, max_length=30)
    min: Annotated[int, Field(ge=0, le=MOST_ROWS)] = 0
    max: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 10

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.min > self.max:
            raise ValueError("min is above max")
        return self

    @property
    def is_personal(self) -> bool:
        """Tell whether its answers stay in intake."""
        return self.personal or any(field.is_personal for field in self.fields)


PlainField = Annotated[
    TextField | NumberField | DateField | ChoiceField | YesNoField | NikField | PhoneField,
    Field(discriminator="type"),
]
AnyField = Annotated[
    TextField
    | NumberField
    | DateField
    | ChoiceField
    | ManyField
    | YesNoField
    | FileField
    | LocationField
    | NikField
    | PhoneField
    | AppointmentField
    | GroupField,
    Field(discriminator="type"),
]


def identity_of(field: AnyField) -> Identity | None:
    """Return which of the applicant's own data a field is, if any."""
    found: Identity | None = getattr(field, "identity", None)
    return found
