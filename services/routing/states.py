"""The states of a case and what leads from one to another: the one table that all else follows.

Pure. `docs/states.md` is drawn from this table, and a test holds the two equal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal


class State(StrEnum):
    """Where a case is; the values are those of `CaseState` in the contracts."""

    TRIAGE = "triage"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    WAITING_CITIZEN = "waiting_citizen"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REJECTED = "rejected"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What happens to a case. Staff do those of STAFF_ACTIONS; all others follow from events."""

    ASSIGN = "assign"
    RETURN = "return"
    RESPOND = "respond"
    PROGRESS = "progress"
    REQUEST_INFORMATION = "request-information"
    RESOLVE = "resolve"
    REJECT = "reject"
    CLOSE = "close"
    RECONSIDER = "reconsider"
    MERGE = "merge"
    UNMERGE = "unmerge"
    SPLIT = "split"
    # Of an application, in a stage of its service.
    DECIDE = "decide"
    # From the citizen, through intake.
    WITHDRAW = "withdraw"
    RECEIVE_INFORMATION = "receive-information"
    CONFIRM = "confirm"
    REOPEN = "reopen"
    # From sla: the closing clock ran out.
    EXPIRE = "expire"


#: Actions with a route of their own.
STAFF_ACTIONS: Final = (
    Action.ASSIGN,
    Action.RETURN,
    Action.RESPOND,
    Action.PROGRESS,
    Action.REQUEST_INFORMATION,
    Action.RESOLVE,
    Action.REJECT,
    Action.CLOSE,
    Action.RECONSIDER,
    Action.REOPEN,
    Action.MERGE,
    Action.UNMERGE,
    Action.SPLIT,
)

#: A service's stages say what these would: an application is decided instead.
STAGE_DECIDES: Final = (Action.ASSIGN, Action.RETURN, Action.RESOLVE, Action.REJECT)
#: An application stands alone, whatever becomes of it.
NEVER_OF_APPLICATIONS: Final = (Action.MERGE, Action.UNMERGE, Action.SPLIT)

#: After these the case waits for the citizen, and sla's closing clock runs.
BEGIN_WAITING: Final = (Action.REQUEST_INFORMATION, Action.RESOLVE)

WHAT_IT_WAS: Final = "what it was"
"""Where `unmerge` leads: the state that the case had before it was merged."""

Next = State | Literal["what it was"]


@dataclass(frozen=True, slots=True)
class Row:
    """One state: where each action leads, and what Open311 and SP4N-LAPOR call it.

    SP4N tells by whom a case was closed, so `sp4n` may be several names.
    """

    open311: Literal["open", "closed"]
    sp4n: tuple[str, ...]
    actions: Mapping[Action, Next]


_WORK: Final[Mapping[Action, Next]] = {
    Action.ASSIGN: State.ASSIGNED,
    Action.RETURN: State.TRIAGE,
    Action.RESPOND: State.IN_PROGRESS,
    Action.PROGRESS: State.IN_PROGRESS,
    Action.REQUEST_INFORMATION: State.WAITING_CITIZEN,
    Action.RESOLVE: State.RESOLVED,
    Action.REJECT: State.REJECTED,
    Action.MERGE: State.MERGED,
    Action.WITHDRAW: State.WITHDRAWN,
    Action.DECIDE: State.IN_PROGRESS,
}

STATES: Final[Mapping[State, Row]] = {
    State.TRIAGE: Row(
        "open",
        ("belum terdisposisi",),
        {
            Action.ASSIGN: State.ASSIGNED,
            Action.REJECT: State.REJECTED,
            Action.MERGE: State.MERGED,
            Action.SPLIT: State.ASSIGNED,
            Action.WITHDRAW: State.WITHDRAWN,
        },
    ),
    # To be split leaves a case where it is: its leading part stays with the OPD that has it.
    State.ASSIGNED: Row("open", ("Terdisposisi",), {**_WORK, Action.SPLIT: State.ASSIGNED}),
    State.IN_PROGRESS: Row(
        "open", ("Ditindaklanjuti",), {**_WORK, Action.SPLIT: State.IN_PROGRESS}
    ),
    State.WAITING_CITIZEN: Row(
        "open",
        ("Menunggu Kelengkapan Informasi",),
        {
            Action.RECEIVE_INFORMATION: State.IN_PROGRESS,
            Action.RESOLVE: State.RESOLVED,
            Action.REJECT: State.REJECTED,
            Action.EXPIRE: State.CLOSED,
            Action.WITHDRAW: State.WITHDRAWN,
        },
    ),
    State.RESOLVED: Row(
        "closed",
        ("Ditindaklanjuti",),
        {
            Action.CONFIRM: State.CLOSED,
            Action.EXPIRE: State.CLOSED,
            Action.CLOSE: State.CLOSED,
            Action.REOPEN: State.ASSIGNED,
            Action.WITHDRAW: State.WITHDRAWN,
        },
    ),
    State.CLOSED: Row(
        "closed",
        ("Ditutup oleh Pelapor", "Ditutup oleh Admin", "Ditutup oleh Sistem"),
        # By a citizen within a window only, which `may_reopen` of their operations knows.
        {Action.REOPEN: State.ASSIGNED, Action.WITHDRAW: State.WITHDRAWN},
    ),
    # A withdrawal is taken while intake shows an open case, and is final even where the case had
    # ended here by then: intake and sla cannot know what routing did before it heard of it.
    State.REJECTED: Row(
        "closed",
        ("Diarsipkan",),
        {Action.RECONSIDER: State.TRIAGE, Action.WITHDRAW: State.WITHDRAWN},
    ),
    State.MERGED: Row(
        "closed",
        ("Diarsipkan",),
        {Action.UNMERGE: WHAT_IT_WAS, Action.WITHDRAW: State.WITHDRAWN},
    ),
    State.WITHDRAWN: Row("closed", ("Diarsipkan oleh Pelapor",), {}),
}

OPEN_STATES: Final = tuple(state for state, row in STATES.items() if row.open311 == "open")


class IllegalAction(ValueError):
    """The table does not have this action in this state."""

    def __init__(self, state: State, action: Action) -> None:
        """Name the state and the action."""
        super().__init__(f"{action} is not legal for a case that is {state}")
        self.state = state
        self.action = action


def is_legal(state: State, action: Action) -> bool:
    """Tell whether the table has this action in this state."""
    return action in STATES[state].actions


def next_state(state: State, action: Action, before_merge: State | None = None) -> State:
    """Return where an action leads; raises IllegalAction where the table has nothing.

    `before_merge` is the state that a merged case had, and needed for `unmerge` alone.
    """
    following = STATES[state].actions.get(action)
    if following is None:
        raise IllegalAction(state, action)
    if following != WHAT_IT_WAS:
        return following
    if before_merge is None:
        raise ValueError("unmerge needs the state before the merge")
    return before_merge


def legal_actions(state: State) -> tuple[Action, ...]:
    """Return the actions that staff may take by request now, in the order of `Action`."""
    return tuple(action for action in STAFF_ACTIONS if is_legal(state, action))


def legal_of_application(state: State, *, in_stage: bool) -> tuple[Action, ...]:
    """Return what staff may do with an application now, in a stage of its service or in none."""
    refused = {*NEVER_OF_APPLICATIONS, *(STAGE_DECIDES if in_stage else ())}
    plain = tuple(action for action in legal_actions(state) if action not in refused)
    return (*plain, Action.DECIDE) if in_stage else plain


def draw_table() -> str:
    """Return the table as the Markdown of docs/states.md."""
    lines = [
        "# The states of a case",
        "",
        "Drawn from `services/routing/states.py`; what is not listed is answered with 409 and the",
        "actions that are legal instead. Routing alone changes a case's state.",
        "",
        *_drawn(
            ("State", "May become", "Open311", "SP4N"),
            (
                (f"`{state}`", _become(row), row.open311, " / ".join(row.sp4n))
                for state, row in STATES.items()
            ),
        ),
        "",
        "Staff act by `POST /routing/v1/cases/{complaint_id}/<action>` with one of",
        ", ".join(f"`{action}`" for action in STAFF_ACTIONS) + ".",
        "The citizen's `withdraw`, `receive-information`, `confirm` and `reopen` come from",
        "intake's events, `expire` from sla's closing clock. A citizen's “saya juga” is a `merge`.",
        "An application in a stage of its service is decided by `POST …/decide`: it goes on, or",
        "takes the way of `assign`, `resolve`, `reject` or `request-information`.",
        "A citizen has a closed case reopened only within `TANGGAP_ROUTING_REOPEN_DAYS`, the desk",
        "whenever there is a reason.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> triage",
        "    [*] --> assigned",
        *_arrows(),
        "```",
    ]
    return "\n".join(lines) + "\n"


def _become(row: Row) -> str:
    by_next: dict[str, list[str]] = {}
    for action, following in row.actions.items():
        by_next.setdefault(str(following), []).append(str(action))
    return (
        ", ".join(f"{following} ({', '.join(by)})" for following, by in by_next.items())
        or "nothing"
    )


def _arrows() -> Iterable[str]:
    for state, row in STATES.items():
        by_next: dict[Next, list[str]] = {}
        for action, following in row.actions.items():
            by_next.setdefault(following, []).append(str(action))
        for following, by in by_next.items():
            target = "[*]" if following == WHAT_IT_WAS else str(following)
            yield f"    {state} --> {target}: {', '.join(by)}"


def _drawn(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"
