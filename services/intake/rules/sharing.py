"""What the reporters of merged complaints see of the case that leads: its work, no person."""

from typing import Final

#: Steps of the work, in the words of the timeline. What one reporter said, was asked, or thought of
#: the result is between that reporter and the officers.
SHARED_KINDS: Final = frozenset(
    {
        "triaged",
        "assigned",
        "returned",
        "contribution_requested",
        "contribution_done",
        "answered",
        "progressed",
        "resolved",
        "rejected",
        "reopened",
        "reconsidered",
        "split",
        "closed",
        "stage_entered",
        "deadline_missed",
        "escalated",
    }
)


def shared_detail(kind: str, detail: str | None) -> str | None:
    """Return the detail of a shared entry: that the other reporter was satisfied is not told."""
    return None if kind == "closed" else detail
