"""Who of the staff may do what in survey, beside what everybody may."""

from typing import Final

from services.survey.errors import OpdMissing, UnitNotYours, UnitUnknown
from services.survey.profile import SurveyProfile, SurveyUnit
from shared.auth import Principal, Role

#: Who runs the survey: periods, kiosks, paper forms, invitations.
MANAGERS: Final = (Role.SURVEY_MANAGER, Role.ADMIN)
#: Who brings interviews.
INTERVIEWERS: Final = (Role.INTERVIEWER, Role.SURVEY_MANAGER)
#: Who sees the results of every OPD; a head sees those of their own.
SEES_EVERY_OPD: Final = (
    Role.SURVEY_MANAGER,
    Role.SEKDA,
    Role.LEADER,
    Role.AUDITOR,
    Role.ADMIN,
)
READERS: Final = (*SEES_EVERY_OPD, Role.HEAD)


def unit_for(caller: Principal, profile: SurveyProfile, code: str) -> SurveyUnit:
    """Return a unit that the caller may see; raises UnitUnknown, UnitNotYours, OpdMissing."""
    unit = profile.by_code.get(code)
    if caller.has(*SEES_EVERY_OPD):
        if unit is None:
            raise UnitUnknown(code)
        return unit
    if caller.opd is None:
        raise OpdMissing
    # Whether another OPD has a unit of that name is no secret: units are public.
    if unit is None:
        raise UnitUnknown(code)
    if unit.opd != caller.opd:
        raise UnitNotYours
    return unit


def units_for(caller: Principal, profile: SurveyProfile) -> tuple[SurveyUnit, ...]:
    """Return the units that the caller may see the results of; raises OpdMissing."""
    if caller.has(*SEES_EVERY_OPD):
        return profile.units
    if caller.opd is None:
        raise OpdMissing
    return tuple(unit for unit in profile.units if unit.opd == caller.opd)


def require_every_opd(caller: Principal) -> None:
    """Raise UnitNotYours where the caller sees their own OPD alone."""
    if not caller.has(*SEES_EVERY_OPD):
        raise UnitNotYours
