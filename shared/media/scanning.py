"""An optional virus scanner, ClamAV's daemon: once it is configured, nothing passes unscanned."""

from io import BytesIO
from typing import Final

import structlog
from aioclamd import ClamdAsyncClient, ClamdError

from shared.media.refusals import MalwareFound, ScannerUnavailable

log = structlog.get_logger(__name__)

_SECONDS: Final = 30.0
_CHUNK: Final = 256 * 1024


class Scanner:
    """Asks a clamd over TCP, `host:port`."""

    def __init__(self, address: str) -> None:
        """Nothing connects before the first file."""
        host, _, port = address.rpartition(":")
        self._client = ClamdAsyncClient(host, int(port), timeout=_SECONDS)

    async def check(self, data: bytes) -> None:
        """Raise MalwareFound, or ScannerUnavailable where there is no verdict."""
        try:
            verdict = await self._client.instream(_LargeChunks(data))
        except (ClamdError, OSError) as error:
            log.warning("scanner_unavailable", error=repr(error)[:200])
            raise ScannerUnavailable from error
        status, reason = (verdict or {}).get("stream", ("", None))
        if status == "FOUND":
            log.warning("malware_found", signature=reason)
            raise MalwareFound
        if status != "OK":
            log.warning("scanner_unavailable", error=f"verdict {status!r}")
            raise ScannerUnavailable


class _LargeChunks(BytesIO):
    """Gives more at once than it is asked for: the client would go to a thread for each KiB."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(max(size or -1, _CHUNK))
