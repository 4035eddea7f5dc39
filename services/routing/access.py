"""Who may see which case, and do what with it; whatever is not listed is denied."""

import re
from hashlib import sha256
from typing import Final, Literal

from services.routing.states import Action
from shared.auth import Principal, Role

DESK: Final = (Role.TRIAGE, Role.ADMIN)
OPD_STAFF: Final = (Role.OFFICER, Role.HEAD)
WATCHERS: Final = (Role.LEADER, Role.SEKDA, Role.AUDITOR)
READERS: Final = (*DESK, *OPD_STAFF, *WATCHERS)

#: Which roles may do what. Officers and heads only with a case of their own OPD.
ROLES: Final[dict[Action, tuple[Role, ...]]] = {
    Action.ASSIGN: DESK,
    Action.RETURN: OPD_STAFF,
    Action.RESPOND: OPD_STAFF,
    Action.PROGRESS: OPD_STAFF,
    Action.REQUEST_INFORMATION: OPD_STAFF,
    Action.RESOLVE: OPD_STAFF,
    Action.REJECT: (*DESK, *OPD_STAFF),
    Action.CLOSE: DESK,
    Action.RECONSIDER: DESK,
    Action.REOPEN: DESK,
    Action.MERGE: (*DESK, *OPD_STAFF),
    Action.UNMERGE: (*DESK, *OPD_STAFF),
    # It gives work to other OPDs, so within an OPD it is for its head.
    Action.SPLIT: (*DESK, Role.HEAD),
    Action.DECIDE: OPD_STAFF,
}

# An e-mail address is no opaque id, so "@" is not among these.
_OPAQUE = re.compile(r"[A-Za-z0-9._:|-]{1,128}")


def sees_every_opd(caller: Principal) -> bool:
    """Tell whether the caller may see cases of all OPDs, and those of none."""
    return caller.has(*DESK, *WATCHERS)


def may_see(caller: Principal, opd: str | None) -> bool:
    """Tell whether the caller may know of a case that this OPD has (None: the triage desk)."""
    return sees_every_opd(caller) or _is_own(caller, opd)


def may_do(caller: Principal, opd: str | None, action: Action) -> bool:
    """Tell whether the caller's roles allow the action with a case that this OPD has."""
    roles = ROLES[action]
    by_desk = caller.has(*DESK) and not set(roles).isdisjoint(set(DESK) & caller.roles)
    by_opd = _is_own(caller, opd) and not set(roles).isdisjoint(set(OPD_STAFF) & caller.roles)
    return by_desk or by_opd


def actions_of(caller: Principal, opd: str | None, legal: tuple[Action, ...]) -> list[Action]:
    """Return which of the legal actions the caller may take."""
    return [action for action in legal if may_do(caller, opd, action)]


def acts_as(caller: Principal, opd: str | None) -> Literal["desk", "officer"]:
    """Tell in which capacity the caller acts: an OPD's own staff before the desk."""
    return "officer" if _is_own(caller, opd) else "desk"


def officer_id(caller: Principal) -> str:
    """Return the opaque id that stands for the caller in events.

    A subject that would tell who it is, or does not fit, is replaced by a digest of it.
    """
    if _OPAQUE.fullmatch(caller.subject):
        return caller.subject
    return sha256(caller.subject.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _is_own(caller: Principal, opd: str | None) -> bool:
    return opd is not None and caller.opd == opd and caller.has(*OPD_STAFF)
