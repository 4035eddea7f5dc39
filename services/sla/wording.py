"""Times, spans and stages as Indonesian sentences. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from shared.indonesian import ZONES, write_weekday

STAGES: Final[Mapping[str, str]] = {
    "verification": "verifikasi",
    "first_response": "tanggapan pertama",
    "follow_up": "tindak lanjut",
    "resolution": "penyelesaian",
    "closing": "penutupan tanpa tanggapan pelapor",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "met": "tepat waktu",
    "missed": "terlambat",
    "cancelled": "tidak dihitung lagi",
    "merged": "digabung dengan laporan lain",
}
_UNITS: Final = ((86_400, "hari"), (3_600, "jam"), (60, "menit"), (1, "detik"))


def time_in_words(at: datetime, zone: str) -> str:
    """Write an instant in the Pemda's zone, such as "Senin, 9 Maret 2026 pukul 09.00.00 WIB"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{write_weekday(local)} pukul {local:%H.%M.%S} {ZONES.get(zone, zone)}"


def span_in_words(span: timedelta) -> str:
    """Write a span of time, such as "2 jam 30 menit"."""
    left = int(span.total_seconds())
    words = []
    for size, name in _UNITS:
        number, left = divmod(left, size)
        if number:
            words.append(f"{number} {name}")
    return " ".join(words) or "0 detik"


def stage_in_words(stage: str) -> str:
    """Name a stage; one of a service's own keeps its code."""
    return STAGES.get(stage, stage)
