"""Looks for complaints about the same matter: asked by a citizen, or for each that has come.

What has come is looked at after its commit, in small sets, and not while its reporter waits: see
docs/adr. An event is published only where something was found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import duplicate_queries
from services.intake.context import IntakeContext
from services.intake.duplicate_queries import Found, Near, NewcomerFound
from services.intake.operations.telling import offer_to_join
from services.intake.rules.answering import hears_back
from services.intake.rules.likeness import (
    Reach,
    Report,
    areas_around,
    cell_of,
    cells_around,
    likeness,
)
from services.intake.rules.progress import JOINABLE_STATES
from services.intake.rules.wording import number_line, shorten
from services.intake.schemas import MOST_SUMMARY, SimilarComplaint
from services.intake.tables import Complaint
from shared.contracts.event import Candidate
from shared.contracts.intake import ComplaintAmended
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Like:
    """A complaint that may be about the same matter; `score` is 0 to 1."""

    near: Near
    score: float


async def find_like(
    connection: AsyncConnection, context: IntakeContext, report: Report, now: datetime
) -> list[Like]:
    """Return the open complaints that are most like a report; none where it has no place."""
    terms = context.profile.similar
    reach = Reach(terms.metres, terms.days)
    cells: Sequence[int] = ()
    if report.lat is not None and report.lon is not None:
        cells = cells_around(report.lat, report.lon, terms.metres)
    areas = areas_around(report.area_code)
    if not cells and not areas:
        return []
    since = now - timedelta(days=terms.days)
    nearby = await duplicate_queries.list_near(connection, cells, areas, since)
    scored = [Like(near, round(likeness(report, near.report, reach), 3)) for near in nearby]
    scored.sort(key=lambda like: (-like.score, like.near.complaint_id))
    return [like for like in scored if like.score >= terms.least_score][: terms.most]


async def show_like(
    connection: AsyncConnection, context: IntakeContext, complaint: Complaint
) -> list[SimilarComplaint]:
    """Return the public complaints that one may join; none where it cannot join any more.

    For one that nobody has looked at yet they are looked for here and now, and nothing is stored.
    """
    if complaint.state not in JOINABLE_STATES:
        return []
    if await duplicate_queries.is_newcomer(connection, complaint.complaint_id):
        report = Report(
            complaint.text,
            complaint.submitted_at,
            complaint.lat,
            complaint.lon,
            complaint.area_code,
        )
        found_now = await find_like(connection, context, report, complaint.submitted_at)
        return [show_found(like) for like in _public(found_now, complaint.complaint_id)]
    found = await duplicate_queries.list_like(connection, complaint.complaint_id)
    return [
        show_similar(row.tracking_code, row.score, row.state, row.title or row.text, row.opd_name)
        for row in found
    ]


def show_found(like: Like) -> SimilarComplaint:
    """Return what anybody may know of a complaint that was found."""
    near = like.near
    words = near.title or near.report.text
    return show_similar(near.tracking_code, like.score, near.state, words, near.opd_name)


def show_similar(
    code: str, score: float, state: str, words: str, opd_name: str | None
) -> SimilarComplaint:
    """Return what anybody may know of a complaint that is like another; words are masked."""
    summary = shorten(words, MOST_SUMMARY)
    return SimilarComplaint.model_validate(
        {
            "tracking_code": code,
            "score": score,
            "summary": summary,
            "status": state,
            "opd_name": opd_name,
        }
    )


async def look_at_newcomers(unit: UnitOfWork, context: IntakeContext, limit: int) -> int:
    """Look for what is like the complaints that came lately; returns how many were looked at.

    Publishes ComplaintAmended with the candidates of each that has some, and offers its reporter to
    join one, where they can answer.
    """
    newcomers = await duplicate_queries.take_newcomers(unit.connection, limit)
    for complaint_id, newcomer in newcomers.items():
        report = newcomer.report
        found = await find_like(unit.connection, context, report, unit.now)
        # After the search, and one by one: so none finds itself, and the later the earlier.
        cell = None
        if report.lat is not None and report.lon is not None:
            cell = cell_of(report.lat, report.lon, context.profile.similar.metres)
        await duplicate_queries.insert_sighting(unit.connection, complaint_id, cell, report)
        if found:
            offered = _offer(unit, context, complaint_id, newcomer, found)
            stored = [
                Found(like.near.complaint_id, like.score, offered.get(like.near.complaint_id))
                for like in found
            ]
            await duplicate_queries.insert_likenesses(unit.connection, complaint_id, stored)
            unit.publish(_amended(complaint_id, stored, unit.now))
    return len(newcomers)


async def forget_old_sightings(unit: UnitOfWork, context: IntakeContext) -> None:
    """Let go of what is too old to be searched."""
    before = unit.now - timedelta(days=context.profile.similar.days)
    await duplicate_queries.forget_sightings(unit.connection, before)


def _public(found: Sequence[Like], complaint_id: str) -> list[Like]:
    """Return what may be shown to the reporter of a complaint, who is not offered their own."""
    return [
        like for like in found if not like.near.secret and like.near.complaint_id != complaint_id
    ]


def _offer(
    unit: UnitOfWork,
    context: IntakeContext,
    complaint_id: str,
    newcomer: NewcomerFound,
    found: Sequence[Like],
) -> dict[str, int]:
    """Ask a reporter on a chat whether they join one of these; returns the number of each.

    Not of a secret complaint: what is written of it must tell nothing of the matter.
    """
    answers = hears_back(newcomer.channel, newcomer.answer_by)
    if not answers or newcomer.secret or newcomer.state not in JOINABLE_STATES:
        return {}
    public = _public(found, complaint_id)
    lines = [
        number_line(number, like.near.title or like.near.report.text, like.near.opd_name)
        for number, like in enumerate(public, 1)
    ]
    if not lines or not offer_to_join(unit, context, complaint_id, "\n".join(lines)):
        return {}
    return {like.near.complaint_id: number for number, like in enumerate(public, 1)}


def _amended(complaint_id: str, found: Sequence[Found], now: datetime) -> ComplaintAmended:
    return ComplaintAmended(
        complaint_id=ComplaintId(complaint_id),
        occurred_at=now,
        candidates=tuple(
            Candidate(complaint_id=ComplaintId(each.complaint_id), score=each.score)
            for each in found
        ),
    )
