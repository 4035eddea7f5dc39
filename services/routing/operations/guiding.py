"""Helps an officer to answer well: the guide of the topic, and what others answered before."""

from typing import Any, Final

from rapidfuzz import fuzz

from services.routing import referral_queries
from services.routing.context import RoutingContext
from services.routing.evidence_schemas import AnswerGuide, SimilarCase
from services.routing.queries import EXCERPT_CHARS
from services.routing.tables import Case
from shared.unit_of_work import UnitOfWork

_LOOKED_AT: Final = 300
_SHOWN: Final = 5


async def guide_answer(unit: UnitOfWork, context: RoutingContext, case: Case) -> AnswerGuide:
    """Return how to answer a case: by its topic's guide, and by the most similar resolved cases.

    Looked through are the 300 of the topic that were resolved last; likeness is the share of
    words that two texts have in common (rapidfuzz's token set ratio, 0 to 1).
    """
    guide = next((each for each in context.work.guides if each.topic == case.topic), None)
    rows = []
    if case.topic is not None:
        rows = list(
            await referral_queries.list_resolved(
                unit.connection, case.topic, case.complaint_id, _LOOKED_AT
            )
        )
    alike = sorted(((_likeness(case, row), row) for row in rows), key=lambda each: -each[0])
    return AnswerGuide(
        topic=case.topic,
        guide=guide.guide if guide else None,
        needs_photo=case.topic in context.topics_with_photo,
        similar=[_shown(likeness, row) for likeness, row in alike[:_SHOWN]],
    )


def _likeness(case: Case, row: Any) -> float:
    return round(fuzz.token_set_ratio(case.text.lower(), row["text"].lower()) / 100, 3)


def _shown(likeness: float, row: Any) -> SimilarCase:
    return SimilarCase(
        tracking_code=row["tracking_code"],
        excerpt=row["text"][:EXCERPT_CHARS],
        opd_name=row["opd_name"],
        answer=row["answer"],
        resolved_at=row["resolved_at"],
        likeness=likeness,
    )
