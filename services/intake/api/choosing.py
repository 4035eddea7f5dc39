"""How the queries of the doors for staff are declared: texts, codes and days, alike at each."""

from typing import Annotated, Any, Final

from fastapi import Query
from pydantic.json_schema import SkipJsonSchema

from shared.written import WrittenDay

#: Postgres' texts have no NUL.
NUL_FREE: Final = r"^[^\u0000]*$"


def written(description: str, example: str, *, shortest: int = 0, longest: int = 200) -> Any:
    """Declare a text that somebody writes, by its characters."""
    return Query(
        min_length=shortest or None,
        max_length=longest,
        pattern=NUL_FREE,
        description=description,
        examples=[example],
    )


def code(description: str, example: str) -> Any:
    """Declare a code: of an OPD, of a topic or of a service."""
    return written(description, example, shortest=1, longest=100)


# A parameter is there or not, and never null: so the schema shall not say that it may be.
Since = Annotated[
    WrittenDay | SkipJsonSchema[None], Query(description="From this day on, in the Pemda's zone.")
]
Until = Annotated[
    WrittenDay | SkipJsonSchema[None],
    Query(description="Up to this day, which belongs to it."),
]
