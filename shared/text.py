"""Text that a request may carry: without NUL, which Postgres cannot hold, nor lone surrogates.

Lone surrogates, which no UTF-8 can carry, are refused by pydantic itself in every `str`.
"""

from typing import Annotated

from pydantic import StringConstraints

#: Any text, stripped; give it bounds with `Field(min_length=…, max_length=…)`. The limit is a
#: pattern because it then stands in OpenAPI, and is checked without a call back into Python.
CleanText = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\u0000]*$")]
