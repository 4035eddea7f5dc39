"""Phone numbers of traders: mobile numbers, for a code has to reach them."""

import re
from typing import Final

_MOBILE: Final = re.compile(r"(?:\+62|62|0)(8[1-9][0-9]{7,10})")
_SEPARATORS: Final = str.maketrans("", "", " -.()")


def normalise_mobile(written: str) -> str | None:
    """Return an Indonesian mobile number as E.164, or None."""
    mobile = _MOBILE.fullmatch(written.translate(_SEPARATORS))
    return f"+62{mobile[1]}" if mobile else None


def show_last_digits(phone: str) -> str:
    """Return a number as its owner recognises it and nobody else can use it."""
    return f"••••{phone[-4:]}"
