"""What survey's routes are given, kept on the app once the service has started."""

import hashlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request

from services.survey.access import INTERVIEWERS, MANAGERS, READERS
from services.survey.answer_schemas import AnswerContent
from services.survey.api.admission import Admission
from services.survey.context import SurveyContext
from services.survey.operations.answering import Accepted, Draft, Outcome
from services.survey.rules.answers import Given
from services.survey.settings import SurveySettings
from shared.auth import Principal, require
from shared.group_commit import GroupWriter
from shared.unit_of_work import UnitsOfWork

Reader = Annotated[Principal, Depends(require(*READERS))]
Interviewer = Annotated[Principal, Depends(require(*INTERVIEWERS))]
SurveyManager = Annotated[Principal, Depends(require(*MANAGERS))]

UnitCode = Annotated[str, Path(max_length=64, description="A unit's code.", examples=["dukcapil"])]
PeriodCode = Annotated[
    str,
    Path(
        max_length=7,
        description="A period, or a year for all of its periods.",
        examples=["2026-03"],
    ),
]
LinkToken = Annotated[
    str, Path(max_length=600, description="What stands in the link that was sent.")
]


@dataclass(frozen=True, slots=True)
class Doors:
    """The context of operations, units of work, the writer of answers, limits and settings."""

    context: SurveyContext
    units: UnitsOfWork
    writer: GroupWriter[Draft, Outcome]
    admission: Admission
    settings: SurveySettings

    async def store(self, draft: Draft) -> Accepted:
        """Store an answer with others that come now; raises what refuses it."""
        outcome = await self.writer.submit(draft)
        if isinstance(outcome, Accepted):
            return outcome
        raise outcome


def doors_of(request: Request) -> Doors:
    """Return the running app's doors."""
    doors: Doors = request.app.state.doors
    return doors


async def find_doors(request: Request) -> Doors:
    """Return the doors, as a dependency: one that is no coroutine is called in a thread."""
    return doors_of(request)


TheDoors = Annotated[Doors, Depends(find_doors)]


def given_by(content: AnswerContent) -> Given:
    """Return an answer as the rules take it."""
    return Given(content.scores, content.respondent.stated(), content.extras, content.texts)


def request_hash(key: str | None, body: bytes) -> bytes | None:
    """Return what tells a request sent again from another; None without a key of the client's."""
    if key is None:
        return None
    encoded = key.encode()
    return hashlib.sha256(len(encoded).to_bytes(4, "big") + encoded + body).digest()
