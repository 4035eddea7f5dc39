"""The states of traders and products, and what leads from one to the next."""

from enum import StrEnum
from typing import Final


class TraderState(StrEnum):
    """Where a trader stands."""

    PENDING = "pending"
    ACTIVE = "active"
    REFUSED = "refused"
    SUSPENDED = "suspended"
    ERASED = "erased"


class TraderAction(StrEnum):
    """What is done to a trader."""

    RESUBMIT = "resubmit"
    CHANGE = "change"
    VERIFY = "verify"
    REFUSE = "refuse"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    ERASE = "erase"


class ProductState(StrEnum):
    """Where a product stands; an approved one is shown while a change of it is looked at."""

    DRAFT = "draft"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class RevisionState(StrEnum):
    """Where one version of a product's words and photos stands."""

    DRAFT = "draft"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    # A newer one was approved, or written before this one was decided on.
    REPLACED = "replaced"


_P, _A, _R, _S = (
    TraderState.PENDING,
    TraderState.ACTIVE,
    TraderState.REFUSED,
    TraderState.SUSPENDED,
)
_TRADER: Final[dict[tuple[TraderState, TraderAction], TraderState]] = {
    (_P, TraderAction.VERIFY): _A,
    (_P, TraderAction.REFUSE): _R,
    (_R, TraderAction.RESUBMIT): _P,
    (_R, TraderAction.VERIFY): _A,
    # What was verified is no longer what stands there.
    (_A, TraderAction.CHANGE): _P,
    (_A, TraderAction.SUSPEND): _S,
    (_S, TraderAction.REINSTATE): _A,
    **{(state, TraderAction.ERASE): TraderState.ERASED for state in (_P, _A, _R, _S)},
}


def next_trader_state(state: TraderState, action: TraderAction) -> TraderState | None:
    """Return the state that an action leads to, None where it is not legal."""
    return _TRADER.get((state, action))


def legal_trader_actions(state: TraderState) -> list[TraderAction]:
    """Return what may be done to a trader in a state."""
    return [action for action in TraderAction if (state, action) in _TRADER]


def may_offer(state: TraderState) -> bool:
    """Tell whether a trader may write and send in products; they are shown once it is active."""
    return state in {TraderState.PENDING, TraderState.ACTIVE, TraderState.REFUSED}
