"""What a form may say: addresses and device times; numbers are in `shared.personal_numbers`."""

import re
from datetime import datetime, timedelta
from typing import Final

#: How far a device's clock may run ahead of ours.
DEVICE_TIME_TOLERANCE: Final = timedelta(minutes=5)

_EMAIL: Final = re.compile(r"[^@\s<>()\[\],;:\"]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}")


def is_email(written: str) -> bool:
    """Tell whether this has the form of an e-mail address."""
    return _EMAIL.fullmatch(written) is not None


def is_in_the_future(device_time: datetime, now: datetime) -> bool:
    """Tell whether a device's time lies further ahead than a badly set clock explains."""
    return device_time > now + DEVICE_TIME_TOLERANCE
