"""Text that a request may carry, and the form of an e-mail address.

Without NUL, which Postgres cannot hold, nor lone surrogates.

Lone surrogates, which no UTF-8 can carry, are refused by pydantic itself in every `str`.
"""

import re
from typing import Annotated, Final

from pydantic import StringConstraints

#: Any text, stripped; give it bounds with `Field(min_length=…, max_length=…)`. The limit is a
#: pattern because it then stands in OpenAPI, and is checked without a call back into Python.
CleanText = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\u0000]*$")]

_EMAIL: Final = re.compile(r"[^@\s<>()\[\],;:\"]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}")


def is_email(written: str) -> bool:
    """Tell whether this has the form of an e-mail address."""
    return _EMAIL.fullmatch(written) is not None
