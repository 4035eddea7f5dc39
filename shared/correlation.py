"""What ties a request, its events and their effects together, carried in context variables."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from shared.ids import UUID_PATTERN, new_id

_UUID: Final = re.compile(UUID_PATTERN, re.IGNORECASE)
# A trace id, in which no digits look like a mobile number or a NIK.
_HEX: Final = re.compile(r"(?!.*(?:8\d{8}|\d{16}))[0-9a-f]{16,32}", re.IGNORECASE)
_TOKEN: Final = re.compile(r"[A-Za-z0-9._-]{8,40}")
_SEPARATOR: Final = re.compile(r"[._-]")
_NUMBER: Final = re.compile(r"\d{8}")


@dataclass(frozen=True, slots=True)
class Correlation:
    """The story that the present work belongs to, and what caused it."""

    correlation_id: str
    causation_id: str | None = None


_current: ContextVar[Correlation | None] = ContextVar("correlation", default=None)


def present_correlation() -> Correlation | None:
    """Return the present story, if there is one."""
    return _current.get()


def current_correlation() -> Correlation:
    """Return the present story; outside any, a new one."""
    return _current.get() or Correlation(new_id())


@contextmanager
def correlated(correlation_id: str, causation_id: str | None = None) -> Iterator[None]:
    """Let everything inside belong to one story."""
    token = _current.set(Correlation(correlation_id, causation_id))
    try:
        yield
    finally:
        _current.reset(token)


def is_safe_id(given: str) -> bool:
    """Tell whether a client's own id may stand in logs and events, which mask no id.

    A UUID, hexadecimal digits, or a short token in which no number is long enough to be a person's.
    """
    if _UUID.fullmatch(given) or _HEX.fullmatch(given):
        return True
    return bool(_TOKEN.fullmatch(given)) and not _NUMBER.search(_SEPARATOR.sub("", given))
