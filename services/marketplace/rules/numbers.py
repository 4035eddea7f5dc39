"""Numbers of permits: NIB, P-IRT and halal certificates, as the profile says they look."""

import re

_SEPARATORS = str.maketrans("", "", " .")


def tidy_number(written: str, form: str) -> str | None:
    """Return a number without blanks and dots, or None where it does not have the form."""
    number = written.translate(_SEPARATORS).upper()
    return number if re.fullmatch(form, number) else None
