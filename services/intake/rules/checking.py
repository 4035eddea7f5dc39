"""What a form may say: phone numbers, NIK, places and device times."""

import re
from datetime import datetime, timedelta
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
#: How far a device's clock may run ahead of ours.
DEVICE_TIME_TOLERANCE: Final = timedelta(minutes=5)

_NIK: Final = re.compile(r"[0-9]{16}")
_NIK_SEPARATORS: Final = str.maketrans("", "", " .-")
_EMAIL: Final = re.compile(r"[^@\s<>()\[\],;:\"]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}")
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


def is_email(written: str) -> bool:
    """Tell whether this has the form of an e-mail address."""
    return _EMAIL.fullmatch(written) is not None


def is_in_the_future(device_time: datetime, now: datetime) -> bool:
    """Tell whether a device's time lies further ahead than a badly set clock explains."""
    return device_time > now + DEVICE_TIME_TOLERANCE
