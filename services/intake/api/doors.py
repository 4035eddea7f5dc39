"""What intake's routes are given, kept on the app once the service has started."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.intake.api.admission import Admission
from services.intake.context import IntakeContext
from services.intake.operations.submission import Outcome, Submission
from shared.group_commit import GroupWriter
from shared.unit_of_work import UnitsOfWork


@dataclass(frozen=True, slots=True)
class Doors:
    """The context of operations, the units of work, the writer of submissions, and the limits."""

    context: IntakeContext
    units: UnitsOfWork
    writer: GroupWriter[Submission, Outcome]
    admission: Admission


def doors_of(request: Request) -> Doors:
    """Return the running app's doors."""
    doors: Doors = request.app.state.doors
    return doors


TheDoors = Annotated[Doors, Depends(doors_of)]
