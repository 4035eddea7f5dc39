"""The states of a promotion slot, and what leads from one to the next. Pure."""

from enum import StrEnum
from typing import Final


class SlotState(StrEnum):
    """Where a slot stands.

    `unsure`: a request left and no answer came, so the platform is asked; `held`: nobody could tell
    whether it went out, and a person decides; `ready`: staff copy and post it themselves.
    """

    PROPOSED = "proposed"
    APPROVED = "approved"
    PUBLISHING = "publishing"
    UNSURE = "unsure"
    HELD = "held"
    READY = "ready"
    PUBLISHED = "published"
    FAILED = "failed"
    MISSED = "missed"
    CANCELLED = "cancelled"
    EMPTY = "empty"


#: What staff may still change: nothing of it has gone out.
CHANGEABLE: Final = frozenset({SlotState.PROPOSED, SlotState.APPROVED, SlotState.EMPTY})
#: Nothing came of these: the trader has their turn back.
IN_VAIN: Final = frozenset(
    {SlotState.FAILED, SlotState.MISSED, SlotState.CANCELLED, SlotState.EMPTY}
)
#: What the worker looks at by `next_try_at`.
WATCHED: Final = frozenset(
    {SlotState.PROPOSED, SlotState.APPROVED, SlotState.PUBLISHING, SlotState.UNSURE}
)
#: How often a platform is asked whether it has a post, and seconds between.
LOOKS: Final = 3
LOOK_SECONDS: Final = 40


def back_off_seconds(tries: int, asked: float | None = None) -> float:
    """Return when to try again: what the platform asked for, else 30 s doubled, 15 min at most."""
    doubled: float = 30.0 * 2 ** min(max(tries - 1, 0), 5)
    return max(asked or 0.0, min(doubled, 900.0))
