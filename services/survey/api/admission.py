"""Who may answer how often, beside what claims keep out: by network, and a kiosk by its pace.

A network that is not public is a proxy or a front end of the Pemda's own, and behind it stands
everybody: it has no limit. Callers are counted in memory, by hashes under a key of this process.
"""

import hmac
import secrets
from typing import Annotated, Final

from fastapi import Header, Request

from services.survey.errors import DeviceMissing
from services.survey.settings import SurveySettings
from shared.clock import Clock
from shared.limiting import RateLimit
from shared.networks import network_of
from shared.parameters import OrAbsent

COOKIE: Final = "survey_device"
_SHORTEST: Final = 16
_LONGEST: Final = 128

DeviceId = Annotated[
    OrAbsent[str],
    Header(
        alias="X-Device-Id",
        min_length=_SHORTEST,
        max_length=_LONGEST,
        pattern=r"^[\x21-\x7e]+$",
        description="What an app calls its device; kept as a hash until the period ends.",
        examples=["2f1c8b7e-3c55-4a86-8f0e-6d3a0c9b7f11"],
    ),
]


class Admission:
    """The limits at the doors through which answers come."""

    def __init__(self, settings: SurveySettings, clock: Clock) -> None:
        """Begin to count."""
        self._key = secrets.token_bytes(32)
        self._network = RateLimit(clock, settings.limit_network)
        self._kiosk = RateLimit(clock, settings.limit_kiosk)

    def admit_request(self, request: Request) -> None:
        """Count an answer by its network; raises TooManyRequests."""
        network = network_of(request.client.host if request.client else "")
        if network is not None:
            self._network.hit(self._hash(network))

    def admit_kiosk(self, code: str) -> None:
        """Count an answer of a kiosk; raises TooManyRequests."""
        self._kiosk.hit(self._hash(code))

    def _hash(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(), "sha256")


def device_of(request: Request, header: str | None) -> str:
    """Return what tells this device from others; raises DeviceMissing."""
    device = header or request.cookies.get(COOKIE, "")
    if not _SHORTEST <= len(device) <= _LONGEST:
        raise DeviceMissing
    return device
