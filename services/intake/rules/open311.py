"""Open311 GeoReport v2 on the wire: parameters in, XML or JSON out. Pure.

An empty parameter equals an absent one. Lists are an array in JSON and a wrapper in XML.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, SubElement, tostring

from services.intake.rules.progress import OPEN_STATES, STATES

Format = Literal["xml", "json"]
Status = Literal["open", "closed"]
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "xml": "text/xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
}
#: What a span of time may be, and how long a list is at most.
LONGEST_SPAN: Final = timedelta(days=90)
MOST_REQUESTS: Final = 1000
MOST_FIELDS: Final = 200
MOST_PAGES: Final = 1000
_SINGULAR: Final[Mapping[str, str]] = {
    "services": "service",
    "service_requests": "request",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
_ATTRIBUTE: Final = re.compile(r"attribute\[([^\[\]]{1,100})\](\[\])?")
# What XML 1.0 cannot carry, however it is escaped.
_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


class ParameterWrong(ValueError):
    """A parameter says what cannot be; the text says which and why, in Indonesian."""


@dataclass(frozen=True, slots=True)
class Form:
    """A submitted form: plain fields, and the answers to a service's attributes."""

    fields: Mapping[str, str]
    attributes: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Window:
    """Which requests a list shows: a span of time, its page, states and services (all if None)."""

    start: datetime
    end: datetime
    states: tuple[str, ...]
    services: tuple[str, ...] | None
    limit: int
    offset: int


def status_of(state: str) -> Status:
    """Return what Open311 calls a state."""
    return "open" if state in OPEN_STATES else "closed"


def read_form(body: bytes) -> Form:
    """Read a form-encoded body; raises ParameterWrong."""
    try:
        pairs = parse_qsl(
            body.decode(), strict_parsing=bool(body), errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise ParameterWrong("Kirim isian sebagai application/x-www-form-urlencoded.") from error
    fields: dict[str, str] = {}
    attributes: dict[str, list[str]] = {}
    for name, value in pairs:
        found = _ATTRIBUTE.fullmatch(name)
        if "\0" in value:
            raise ParameterWrong(f"{name}: karakter NUL tidak diterima.")
        if found:
            attributes.setdefault(found[1], []).append(value)
        else:
            fields[name] = value.strip()
    given = {name: value for name, value in fields.items() if value}
    return Form(given, {code: tuple(values) for code, values in attributes.items()})


def read_window(parameters: Mapping[str, str], now: datetime) -> Window:
    """Read what a list is asked to show; raises ParameterWrong."""
    start = _time_of(parameters, "start_date")
    end = _time_of(parameters, "end_date")
    if start is None:
        start = (end or now) - LONGEST_SPAN
    if end is None:
        end = min(now, start + LONGEST_SPAN)
    if end - start > LONGEST_SPAN:
        raise ParameterWrong("start_date dan end_date paling jauh berjarak 90 hari.")
    size = _number_of(parameters, "page_size", MOST_REQUESTS, MOST_REQUESTS)
    page = _number_of(parameters, "page", 1, MOST_PAGES)
    services = parameters.get("service_code")
    return Window(
        start=start,
        end=end,
        states=_states_of(parameters),
        services=split_list(services) if services else None,
        limit=size,
        offset=(page - 1) * size,
    )


def split_list(written: str) -> tuple[str, ...]:
    """Return the values of a list with commas between them; NUL can be in none that is known."""
    values = (value.strip() for value in written.split(",")[:MOST_REQUESTS])
    return tuple(value for value in values if value and "\0" not in value)


def read_degrees(fields: Mapping[str, str]) -> tuple[float | None, float | None]:
    """Return lat and long, both or none; raises ParameterWrong."""
    lat, lon = (_degrees_of(fields, name) for name in ("lat", "long"))
    if (lat is None) != (lon is None):
        raise ParameterWrong("Isi lat dan long kedua-duanya.")
    return lat, lon


def render(wrapper: str, content: Any, form: Format) -> bytes:
    """Write plain data (what `model_dump(mode="json")` gives) in the format that was asked for."""
    if form == "json":
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
    root = Element(wrapper)
    _fill(root, wrapper, content)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _fill(element: Element, name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for key, each in value.items():
            _fill(SubElement(element, key), key, each)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            _fill(SubElement(element, _SINGULAR[name]), _SINGULAR[name], each)
    elif value is not None:
        written = str(value).lower() if isinstance(value, bool) else str(value)
        element.text = _NOT_IN_XML.sub("", written)


def _time_of(parameters: Mapping[str, str], name: str) -> datetime | None:
    written = parameters.get(name)
    if not written:
        return None
    try:
        # A plus that was not escaped has become a space on its way.
        time = datetime.fromisoformat(written.strip().replace(" ", "+"))
    except ValueError as error:
        raise ParameterWrong(f"{name}: tulis seperti 2026-03-01T00:00:00+07:00.") from error
    if time.tzinfo is None:
        raise ParameterWrong(f"{name}: sebutkan zona waktu (Z atau +07:00).")
    if not _EARLIEST <= time <= _LATEST:
        raise ParameterWrong(f"{name}: di luar rentang waktu yang dilayani.")
    return time.astimezone(UTC)


def _number_of(parameters: Mapping[str, str], name: str, default: int, most: int) -> int:
    written = parameters.get(name)
    if not written:
        return default
    if not (written.isascii() and written.isdigit()) or not 0 < int(written[:9]) <= most:
        raise ParameterWrong(f"{name}: bilangan 1 sampai {most}.")
    return int(written)


def _states_of(parameters: Mapping[str, str]) -> tuple[str, ...]:
    wanted = set(split_list(parameters.get("status", "")))
    if not wanted <= {"open", "closed"}:
        raise ParameterWrong("status: open atau closed.")
    return tuple(state for state in STATES if not wanted or status_of(state) in wanted)


def _degrees_of(fields: Mapping[str, str], name: str) -> float | None:
    written = fields.get(name)
    if written is None:
        return None
    try:
        degrees = float(written)
    except ValueError as error:
        raise ParameterWrong(f"{name}: bilangan dalam derajat desimal.") from error
    # No number (NaN) is between any two.
    if not -180 <= degrees <= 180:
        raise ParameterWrong(f"{name}: bilangan dalam derajat desimal.")
    return degrees


def keywords_of(words: Iterable[str]) -> str:
    """Write keywords as one text; a comma inside a word would make two of it."""
    return ",".join(word.replace(",", " ") for word in words)
