"""What ties a request, its events and their effects together, carried in context variables."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from shared.ids import new_id


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
