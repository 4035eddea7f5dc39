"""Makes scoreboards, public figures and monthly reports of what the database says of a month."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla import report_queries as queries
from services.sla.context import SlaContext
from services.sla.periods import span_of
from services.sla.report_schemas import (
    BestLine,
    DayCount,
    MonthlyReport,
    PublicLine,
    PublicPerformance,
    ReportLine,
    Scoreboard,
    ScoreLine,
    StatusCount,
)
from services.sla.scores import (
    LEAST_OFFICER_CASES,
    LEAST_OPD_CASES,
    Best,
    Score,
    Tally,
    choose_best,
    rank,
)
from shared.suppression import LEAST_SHOWN, TOTAL, publish

CLASSIFICATIONS: Final = {
    "complaint": "Pengaduan tidak berkadar pengawasan",
    "supervisory_complaint": "Pengaduan berkadar pengawasan",
    "aspiration": "Aspirasi",
    "information": "Permintaan informasi",
    "public_information_request": "Permohonan informasi publik (KIP)",
}
_UNKNOWN: Final = "Belum diketahui"
_ALL: Final = "Semua"
_FEW: Final = "Belum diperingkat: kurang dari {} kasus."
_COUNTS: Final = tuple(name for name in ReportLine.model_fields if name not in {"key", "name"})


async def make_scoreboard(
    connection: AsyncConnection, context: SlaContext, month: str, now: datetime
) -> Scoreboard:
    """Return the scores of all OPDs and officers for the complaints that a month brought."""
    span = span_of(month, context.zone)
    opds = await queries.tally_opds(connection, span, now)
    officers = await queries.tally_officers(connection, span, now)
    opd_scores = rank([_tally(row) for row in opds], LEAST_OPD_CASES)
    officer_scores = rank([_tally(row) for row in officers], LEAST_OFFICER_CASES)
    opd_of = {row.key: row.opd for row in officers}
    name = context.names.opd
    return Scoreboard(
        period=month,
        made_at=now,
        least_opd_cases=LEAST_OPD_CASES,
        least_officer_cases=LEAST_OFFICER_CASES,
        best=[
            *(_best(best, best.key, name, None) for best in choose_best(opd_scores, "OPD")),
            *(
                _best(best, opd_of[best.key], name, best.key)
                for best in choose_best(officer_scores, "Petugas")
            ),
        ],
        opds=[_score(each, each.tally.key, name, None, LEAST_OPD_CASES) for each in opd_scores],
        officers=[
            _score(each, opd_of[each.tally.key], name, each.tally.key, LEAST_OFFICER_CASES)
            for each in officer_scores
        ],
    )


def seen_by(board: Scoreboard, opd: str | None, officer_id: str | None) -> Scoreboard:
    """Return what may be seen of a scoreboard: one OPD's part, and there one officer's.

    Whom to thank is for all to see.
    """
    return board.model_copy(
        update={
            "opds": [line for line in board.opds if opd in {None, line.opd}],
            "officers": [
                line
                for line in board.officers
                if opd in {None, line.opd} and officer_id in {None, line.officer_id}
            ],
        }
    )


async def make_public(
    connection: AsyncConnection, context: SlaContext, month: str
) -> PublicPerformance:
    """Return a month's figures for everybody, small ones hidden with all from which they follow."""
    rows = await queries.read_public(connection, span_of(month, context.zone))
    opds = [row for row in rows if row.opd is not None]
    parts = ("within_2h", "until_24h", "later", "unanswered")
    shown = publish({(row.opd, part): getattr(row, part) for row in opds for part in parts}).counts
    medians = {
        row.opd or TOTAL: row.median_seconds
        for row in rows
        if row.received - row.unanswered >= LEAST_SHOWN
    }
    return PublicPerformance(
        month=month,
        publisher=context.pemda_name,
        least_shown=LEAST_SHOWN,
        opds=[
            _public_line(code, shown, medians.get(code), context)
            for code in (*(row.opd for row in opds), TOTAL)
        ],
    )


def _public_line(
    code: str, shown: Any, median_seconds: float | None, context: SlaContext
) -> PublicLine:
    received = shown.get((code, TOTAL), 0)
    within_2h = shown.get((code, "within_2h"), 0)
    until_24h = shown.get((code, "until_24h"), 0)
    within_24h = None if None in {within_2h, until_24h} else within_2h + until_24h
    return PublicLine(
        opd=code or None,
        opd_name=context.names.opd(code) if code else _ALL,
        received=received,
        within_2h=within_2h,
        within_24h=within_24h,
        share_within_2h=_share(within_2h, received),
        share_within_24h=_share(within_24h, received),
        # To the minute: the exact time of an answer is nobody's business.
        median_seconds=None
        if median_seconds is None or received is None
        else 60.0 * round(median_seconds / 60),
    )


async def make_report(
    connection: AsyncConnection, context: SlaContext, month: str, opd: str | None, now: datetime
) -> MonthlyReport:
    """Return the report of a month, of one OPD or of all."""
    span = span_of(month, context.zone)
    rows = await queries.read_report(connection, span, context.zone.key, opd)
    kinds: dict[str, list[Any]] = {}
    for row in rows:
        kinds.setdefault(row.kind, []).append(row)
    names = context.names
    return MonthlyReport(
        month=month,
        publisher=context.pemda_name,
        opd=opd,
        made_at=now,
        total=_line(kinds["total"][0], _ALL),
        by_opd=_by_size(_line(row, names.opd(row.key)) for row in kinds.get("opd", ())),
        by_channel=_by_size(_line(row, row.key or _UNKNOWN) for row in kinds.get("channel", ())),
        by_classification=_by_size(
            _line(row, CLASSIFICATIONS.get(row.key, row.key) or _UNKNOWN)
            for row in kinds.get("classification", ())
        ),
        by_status=[
            StatusCount(status=row.key, cases=row.received) for row in kinds.get("sp4n", ())
        ],
        by_day=_every_day(
            span.since.date(),
            span.until.date(),
            {row.key: row.received for row in kinds.get("day", ())},
        ),
    )


def _every_day(first: date, end: date, counts: dict[str, int]) -> list[DayCount]:
    days = (first + timedelta(days=number) for number in range((end - first).days))
    return [DayCount(day=day, received=counts.get(day.isoformat(), 0)) for day in days]


def _line(row: Any, name: str) -> ReportLine:
    return ReportLine(key=row.key, name=name, **{each: getattr(row, each) for each in _COUNTS})


def _by_size(lines: Iterable[ReportLine]) -> list[ReportLine]:
    return sorted(lines, key=lambda line: (-line.received, line.key))


def _tally(row: Any) -> Tally:
    return Tally(**{name: getattr(row, name) for name in Tally.__dataclass_fields__})


def _score(score: Score, opd: str, name: Any, officer_id: str | None, least: int) -> ScoreLine:
    tally = score.tally
    return ScoreLine(
        opd=opd,
        opd_name=name(opd),
        officer_id=officer_id,
        rank=score.rank,
        score=round(score.score, 1),
        cases=tally.cases,
        in_time=tally.in_time,
        share_in_time=_share(tally.in_time, tally.cases),
        share_in_time_bound=round(score.in_time_bound, 4),
        median_seconds=tally.median_seconds,
        resolved=tally.resolved,
        reopened=tally.reopened,
        rated=tally.rated,
        satisfied=tally.satisfied,
        note=_FEW.format(least) if score.rank is None else None,
    )


def _best(best: Best, opd: str, name: Any, officer_id: str | None) -> BestLine:
    return BestLine(
        title=best.title, opd=opd, opd_name=name(opd), officer_id=officer_id, reason=best.reason
    )


def _share(part: int | None, whole: int | None) -> float | None:
    return round(part / whole, 4) if part is not None and whole else None
