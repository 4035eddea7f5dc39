"""Shows dispositions as the API gives them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.routing.disposition_schemas import (
    DispositionInTree,
    DispositionTree,
    DispositionView,
    OpenDisposition,
)
from services.routing.stage_tables import Disposition


def view_disposition(given: Disposition, now: datetime) -> DispositionView:
    """Return a disposition."""
    return DispositionView.model_validate(_shown(given.model_dump(), now))


def view_open(row: Mapping[Any, Any], now: datetime) -> OpenDisposition:
    """Return a disposition that waits for an answer, with its case."""
    return OpenDisposition.model_validate(_shown(dict(row), now))


def view_tree(known: Sequence[Disposition], now: datetime) -> DispositionTree:
    """Return the dispositions of a case, each followed by those below it."""
    return DispositionTree(items=list(_in_order(known, now)))


def _in_order(known: Sequence[Disposition], now: datetime) -> Iterator[DispositionInTree]:
    waiting = [(each, 0) for each in reversed(known) if each.parent is None]
    while waiting:
        given, deep = waiting.pop()
        shown = _shown(given.model_dump(), now)
        yield DispositionInTree.model_validate({**shown, "depth": deep})
        waiting += [(each, deep + 1) for each in reversed(known) if each.parent == given.part]


def _shown(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {**row, "late": row["state"] == "open" and row["due_at"] < now}
