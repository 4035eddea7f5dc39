"""What survey's routes are given, kept on the app once the service has started."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.survey.access import INTERVIEWERS, MANAGERS, READERS
from services.survey.context import SurveyContext
from shared.auth import Principal, require
from shared.unit_of_work import UnitsOfWork

Reader = Annotated[Principal, Depends(require(*READERS))]
Interviewer = Annotated[Principal, Depends(require(*INTERVIEWERS))]
SurveyManager = Annotated[Principal, Depends(require(*MANAGERS))]


@dataclass(frozen=True, slots=True)
class Doors:
    """The context of operations and the units of work."""

    context: SurveyContext
    units: UnitsOfWork


def doors_of(request: Request) -> Doors:
    """Return the running app's doors."""
    doors: Doors = request.app.state.doors
    return doors


TheDoors = Annotated[Doors, Depends(doors_of)]
