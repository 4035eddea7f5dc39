"""Who may submit how often: by network, by device, and by sender.

A network is the caller's address as uvicorn knows it (`TANGGAP_TRUSTED_PROXIES`). An address that
is not public is a proxy or a front end of the Pemda's own, and behind it stands everybody: it has
no limit here. Callers are counted by keyed hashes, in memory alone.
"""

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from services.intake.settings import IntakeSettings
from shared.clock import Clock
from shared.limiting import RateLimit
from shared.networks import network_of
from shared.vault import Vault

DEVICE_HEADER = "X-Device-Id"
SHORTEST_DEVICE = 8
LONGEST_DEVICE = 128


class Admission:
    """The limits at the citizens' doors."""

    def __init__(self, settings: IntakeSettings, vault: Vault, clock: Clock) -> None:
        """Begin to count."""
        self._vault = vault
        self._network = RateLimit(clock, settings.limit_network)
        self._device = RateLimit(clock, settings.limit_device)
        self._sender = RateLimit(clock, settings.limit_sender)

    def admit_request(self, request: Request) -> None:
        """Count a request by its network and device; raises TooManyRequests."""
        network = network_of(request.client.host if request.client else "")
        if network is not None:
            self._network.hit(self._vault.blind_index("network", network))
        device = read_device(request.headers.get(DEVICE_HEADER))
        if device is not None:
            self._device.hit(self._vault.blind_index("device", device))

    def admit_sender(self, sender: bytes | None) -> None:
        """Count a submission by its sender (a keyed hash), if known; raises TooManyRequests."""
        if sender is not None:
            self._sender.hit(sender)


def read_device(given: str | None) -> str | None:
    """Check what a client calls its device; raises RequestValidationError."""
    if given is None or (
        SHORTEST_DEVICE <= len(given) <= LONGEST_DEVICE and given.isascii() and given.isprintable()
    ):
        return given
    message = f"{SHORTEST_DEVICE} sampai {LONGEST_DEVICE} huruf, angka atau tanda ASCII"
    raise RequestValidationError(
        [{"type": "value_error", "loc": ("header", DEVICE_HEADER), "msg": message}]
    )
