"""Who may see and change follow-up plans; whatever is not listed is denied."""

import re
from hashlib import sha256
from typing import Final

from services.survey.rules.plan_states import PlanAction
from shared.auth import Principal, Role

#: Who sees the plans of every OPD.
SEES_EVERY_PLAN: Final = (
    Role.SURVEY_MANAGER,
    Role.SEKDA,
    Role.LEADER,
    Role.AUDITOR,
    Role.ADMIN,
)
PLAN_READERS: Final = (*SEES_EVERY_PLAN, Role.HEAD, Role.OFFICER)
#: Who opens the plans of a period.
PLAN_OPENERS: Final = (Role.SURVEY_MANAGER,)
PLAN_WRITERS: Final = (Role.HEAD, Role.SURVEY_MANAGER)

# An e-mail address is no opaque id, so "@" is not among these.
_OPAQUE: Final = re.compile(r"[A-Za-z0-9._:|-]{1,128}")
#: What the survey's managers do with every OPD's plan; all else is for the head who owns the unit.
_BY_MANAGERS: Final = (PlanAction.CANCEL, PlanAction.REOPEN)


def may_see_plan(caller: Principal, opd: str) -> bool:
    """Tell whether the caller may know of a plan of this OPD."""
    return caller.has(*SEES_EVERY_PLAN) or (
        caller.opd == opd and caller.has(Role.HEAD, Role.OFFICER)
    )


def may_change_plan(caller: Principal, opd: str, action: PlanAction) -> bool:
    """Tell whether the caller may do this with a plan of this OPD."""
    if action in _BY_MANAGERS and caller.has(Role.SURVEY_MANAGER):
        return True
    return action is not PlanAction.CANCEL and caller.has(Role.HEAD) and caller.opd == opd


def opaque_id(caller: Principal) -> str:
    """Return what stands for the caller in histories: an opaque subject, or a digest of it."""
    if _OPAQUE.fullmatch(caller.subject):
        return caller.subject
    return sha256(caller.subject.encode("utf-8", "surrogatepass")).hexdigest()[:32]
