"""Numbers that belong to a person, brought into one form: telephone numbers and NIK."""

import re
from typing import Final

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    parse,
)

REGION: Final = "ID"

_NIK: Final = re.compile(r"[0-9]{16}")
_NIK_SEPARATORS: Final = str.maketrans("", "", " .-")
_LOCAL_MOBILE: Final = re.compile(r"(?:\+62|62|0)(8[1-9][0-9]{7,10})")


def normalise_phone(written: str) -> str | None:
    """Return a phone number as E.164, or None for what can be no number.

    A number without a country's code is an Indonesian one. Length alone is judged: a new range of
    numbers must not keep a citizen out.
    """
    mobile = _LOCAL_MOBILE.fullmatch(written.replace(" ", "").replace("-", ""))
    if mobile:
        # What nearly everyone has, twenty times as fast.
        return f"+62{mobile[1]}"
    try:
        number = parse(written, REGION)
    except NumberParseException:
        return None
    if is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return format_number(number, PhoneNumberFormat.E164)


def normalise_nik(written: str) -> str | None:
    """Return the sixteen digits of a NIK, or None."""
    nik = written.translate(_NIK_SEPARATORS)
    return nik if _NIK.fullmatch(nik) else None
