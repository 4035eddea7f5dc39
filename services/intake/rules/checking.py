"""What a form may say of a device's time; addresses are in `shared.text`."""

from datetime import datetime, timedelta
from typing import Final

#: How far a device's clock may run ahead of ours.
DEVICE_TIME_TOLERANCE: Final = timedelta(minutes=5)


def is_in_the_future(device_time: datetime, now: datetime) -> bool:
    """Tell whether a device's time lies further ahead than a badly set clock explains."""
    return device_time > now + DEVICE_TIME_TOLERANCE
