"""Parameters that may be left out: of a query, or of a header."""

from typing import Annotated, Any, TypeVar

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

T = TypeVar("T")


class _NeverNull:
    """Keeps null out of a schema: a parameter is there or not, and never null.

    pydantic's `SkipJsonSchema[None]` would do the same for the schema, and make a union of it: each
    wrong value were refused twice, once for not being null, under the names of the branches.
    """

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core_schema)
        others = [each for each in schema.pop("anyOf") if each != {"type": "null"}]
        return {**others[0], **schema} if len(others) == 1 else {"anyOf": others, **schema}


OrAbsent = Annotated[T | None, _NeverNull()]
