"""Days and times as forms and queries take them: written out, never as a number.

Pydantic alone would take a number, also one in quotation marks, for seconds since 1970.
"""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator

from shared.contracts.event import UtcDatetime


def _written_as(kind: str, example: str) -> BeforeValidator:
    def check(given: Any) -> Any:
        if not isinstance(given, str) or given.lstrip("-").replace(".", "", 1).isdigit():
            raise ValueError(f"harus berupa {kind} tertulis, seperti {example}")
        return given

    return BeforeValidator(check)


WrittenDay = Annotated[date, _written_as("tanggal", "2026-03-09")]
WrittenTime = Annotated[UtcDatetime, _written_as("waktu", "2026-03-10T00:00:00Z")]
