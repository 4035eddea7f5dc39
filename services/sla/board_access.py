"""Who may look at boards, scores and reports, and whose; whatever is not allowed is denied."""

from typing import Annotated, Final

from fastapi import Query

from services.sla.errors import OpdMissing, OpdNotYours, OpdUnknown
from shared.auth import Principal, Role
from shared.parameters import OrAbsent

#: They see every OPD.
SEE_ALL: Final = (Role.LEADER, Role.SEKDA, Role.AUDITOR, Role.ADMIN)
#: They see their own.
SEE_OWN: Final = (Role.HEAD, Role.OFFICER)
VIEWERS: Final = (*SEE_ALL, *SEE_OWN)
AskedOpd = Annotated[
    OrAbsent[str],
    Query(
        min_length=1,
        max_length=100,
        pattern=r"^[^\u0000]*$",
        description="One OPD alone; officers and heads always see their own.",
        examples=["PUPR"],
    ),
]


def choose_scope(caller: Principal, asked: str | None, opds: frozenset[str]) -> str | None:
    """Return whose figures to show, None for everybody's.

    Raises:
        OpdUnknown: the profile has no such OPD.
        OpdNotYours: the caller sees the own OPD alone.
        OpdMissing: the caller's token names none.
    """
    if caller.has(*SEE_ALL):
        if asked is not None and asked not in opds:
            raise OpdUnknown
        return asked
    if caller.opd is None:
        raise OpdMissing
    if asked not in {None, caller.opd}:
        raise OpdNotYours
    return caller.opd
