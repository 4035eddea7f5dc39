"""What a row of an old log may say, and how it becomes an entry of the bank; pure, no I/O.

Rows come as a spreadsheet writes them: any column names, dates as people in Indonesia write them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from shared.contracts.event import Classification
from shared.masking import PersonMask

#: What a row may say, by our own names; `person` is masked in the text and kept nowhere.
FIELDS: Final = (
    "key",
    "text",
    "title",
    "submitted_at",
    "responded_at",
    "resolved_at",
    "opd",
    "topic",
    "area",
    "lat",
    "lon",
    "channel",
    "classification",
    "secret",
    "person",
)
REQUIRED: Final = ("text", "submitted_at")

_NAMESPACE: Final = uuid5(NAMESPACE_URL, "urn:tanggap:archive")
_LONGEST: Final = {"text": 32_000, "title": 500}
_LONGEST_CODE: Final = 100
_CLASSIFICATIONS: Final = frozenset(get_args(Classification))
_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD: Final = timedelta(days=1)
_YES: Final = frozenset(("1", "true", "ya", "yes", "y", "rahasia"))
_NO: Final = frozenset(("", "0", "false", "tidak", "no", "n", "anonim"))
# As they begin, in Indonesian and in English: Mei and May, Agu and Aug, Okt and Oct, Des and Dec.
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mar", "apr", "mei may", "jun", "jul", "agu aug", "sep", "okt oct", "nov",
         "des dec"),
        1,
    )
    for name in names.split()
}  # fmt: skip
_TIME: Final = r"(?:[ ,T]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?)?"
_DAY_FIRST: Final = re.compile(
    rf"(?P<day>\d{{1,2}})[/.-](?P<month>\d{{1,2}})[/.-](?P<year>\d{{4}}){_TIME}"
)
_DAY_NAMED: Final = re.compile(
    rf"(?P<day>\d{{1,2}})[ -](?P<month>[A-Za-z]{{3,9}})[ -](?P<year>\d{{4}}){_TIME}"
)


class RowRefused(Exception):
    """A row says what cannot be; its text says what, and quotes nothing that a citizen wrote."""


@dataclass(frozen=True, slots=True)
class Names:
    """What codes and names of the Pemda's profile mean, in small letters; values are codes."""

    zone: ZoneInfo
    opds: Mapping[str, str]
    topics: Mapping[str, str]
    areas: Mapping[str, str]


def named(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the codes of items by code and by name; a name of two items means neither."""
    known: dict[str, str] = {}
    ambiguous: set[str] = set()
    for code, name in items:
        folded = name.casefold()
        if known.setdefault(folded, code) != code:
            ambiguous.add(folded)
        known[code.casefold()] = code
    return {name: code for name, code in known.items() if name not in ambiguous}


def read_row(row: Mapping[str, str], names: Names, source: str, now: datetime) -> dict[str, Any]:
    """Return the entry that a row of an old log makes, with its text masked.

    Its id follows from the source and the row's own key, or from what the row says where it has
    none, so that the same row is the same entry however often it comes. Raises RowRefused.
    """
    text = _text(row, "text")
    if not text:
        raise RowRefused("Kolom text kosong.")
    submitted_at = _time(row, "submitted_at", names.zone, now)
    if submitted_at is None:
        raise RowRefused("Kolom submitted_at kosong.")
    mask = PersonMask(filter(None, (row.get("person", ""),)))
    title = _text(row, "title")
    return {
        "entry_id": str(_entry_id(row, source)),
        "submitted_at": submitted_at,
        "channel": _code(row, "channel"),
        "classification": _classification(row),
        "opd": _known(row, "opd", names.opds),
        "topic": _topic(row, names.topics),
        "area_code": _known(row, "area", names.areas),
        "lat": _degrees(row, "lat", 90),
        "lon": _degrees(row, "lon", 180),
        "secret": _is_secret(row),
        "title": mask.mask(title)[: _LONGEST["title"]] if title else None,
        "text": mask.mask(text)[: _LONGEST["text"]],
        "responded_at": _time(row, "responded_at", names.zone, now, not_before=submitted_at),
        "resolved_at": _time(row, "resolved_at", names.zone, now, not_before=submitted_at),
    }


def read_time(written: str, zone: ZoneInfo) -> datetime | None:
    """Read a time as ISO 8601, `23/09/2024 08:15` or `23 Sep 2024`; None for anything else.

    Without an offset it is the Pemda's time. Day comes before month, as people write it here.
    """
    found = _DAY_FIRST.fullmatch(written) or _DAY_NAMED.fullmatch(written)
    try:
        if found is None:
            read = datetime.fromisoformat(written)
            return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
        month = found["month"]
        return datetime(
            int(found["year"]),
            int(month) if month.isdigit() else _MONTHS[month[:3].lower()],
            int(found["day"]),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            int(found["second"] or 0),
            tzinfo=zone,
        ).astimezone(UTC)
    except (ValueError, KeyError, OverflowError):
        return None


def _entry_id(row: Mapping[str, str], source: str) -> UUID:
    key = row.get("key", "").strip()
    said = [key] if key else [row.get(field, "") for field in FIELDS if field != "person"]
    name = "\0".join([source, "key" if key else "row", *said])
    return uuid5(_NAMESPACE, name.encode("utf-8", "replace").decode())


def _text(row: Mapping[str, str], field: str) -> str:
    text = row.get(field, "").strip()
    if "\0" in text or not _is_utf8(text):
        raise RowRefused(f"Kolom {field} memuat tanda yang tidak dapat disimpan.")
    return text


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _time(
    row: Mapping[str, str],
    field: str,
    zone: ZoneInfo,
    now: datetime,
    not_before: datetime = _EARLIEST,
) -> datetime | None:
    written = row.get(field, "").strip()
    if not written:
        return None
    read = read_time(written, zone)
    if read is None:
        raise RowRefused(f"Kolom {field} bukan waktu. Contoh: 2024-09-23 08:15 atau 23 Sep 2024.")
    if read > now + _AHEAD:
        raise RowRefused(f"Kolom {field} ada di masa depan.")
    if read < not_before:
        raise RowRefused(f"Kolom {field} terlalu lama, atau lebih dahulu daripada submitted_at.")
    return read


def _code(row: Mapping[str, str], field: str) -> str | None:
    code = _text(row, field)
    if len(code) > _LONGEST_CODE:
        raise RowRefused(f"Kolom {field} lebih panjang daripada {_LONGEST_CODE} huruf.")
    return code or None


def _known(row: Mapping[str, str], field: str, known: Mapping[str, str]) -> str | None:
    """Return the profile's code: another city's OPD or village must not pass for one of ours."""
    written = _code(row, field)
    if written is None:
        return None
    code = known.get(written.casefold())
    if code is None:
        raise RowRefused(f"Kolom {field} menyebut yang tidak ada di profil Pemda.")
    return code


def _topic(row: Mapping[str, str], known: Mapping[str, str]) -> str | None:
    """Return the profile's code, or the old log's own word: its topics were others."""
    written = _code(row, "topic")
    return None if written is None else known.get(written.casefold(), written)


def _classification(row: Mapping[str, str]) -> str:
    written = _code(row, "classification") or "complaint"
    if written not in _CLASSIFICATIONS:
        allowed = ", ".join(sorted(_CLASSIFICATIONS))
        raise RowRefused(f"Kolom classification harus salah satu dari {allowed}.")
    return written


def _degrees(row: Mapping[str, str], field: str, most: float) -> float | None:
    written = row.get(field, "").strip()
    if not written:
        return None
    try:
        degrees = float(written.replace(",", "."))
    except ValueError:
        degrees = float("nan")
    if not -most <= degrees <= most:
        raise RowRefused(f"Kolom {field} bukan derajat antara -{most:g} dan {most:g}.")
    return degrees


def _is_secret(row: Mapping[str, str]) -> bool:
    # As SP4N writes it: "Anonim|Rahasia".
    said = {part.strip().casefold() for part in row.get("secret", "").split("|")}
    if not said <= _YES | _NO:
        raise RowRefused("Kolom secret harus ya atau tidak.")
    return not said.isdisjoint(_YES)
