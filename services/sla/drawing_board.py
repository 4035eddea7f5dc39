"""Makes a board, everybody's or one OPD's, from what was read of the database. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from services.sla.board_schemas import (
    AreaCases,
    Board,
    EscalatedCases,
    HourFlow,
    OldCase,
    OpdBoardLine,
    OpdCases,
    OpenCases,
    PeriodFigures,
)

SHOWN_OLDEST: Final = 10
_DESK_NAME: Final = "Meja penyaring"
_NOWHERE_NAME: Final = "Lokasi tidak diketahui"
_AGES: Final = ("under_2h", "h2_to_h24", "d1_to_d3", "d3_to_d10", "over_d10")


@dataclass(frozen=True, slots=True)
class Names:
    """What OPDs and areas are called."""

    opds: Mapping[str, str] = field(default_factory=dict)
    areas: Mapping[str, str] = field(default_factory=dict)

    def opd(self, code: str) -> str:
        """Return the name of an OPD; without a code, of the triage desk."""
        return self.opds.get(code, code) or _DESK_NAME

    def area(self, code: str) -> str:
        """Return the name of an area, or that it is unknown."""
        return self.areas.get(code, code) or _NOWHERE_NAME


@dataclass(frozen=True, slots=True)
class PeriodReading:
    """What was read of a day, week or month: received by OPD, and the rows of answers."""

    since: datetime
    received: Mapping[str, int]
    answers: Sequence[Any]


@dataclass(frozen=True, slots=True)
class BoardReading:
    """All that was read at one instant, of every OPD."""

    as_of: datetime
    open: Sequence[Any]
    oldest: Sequence[Any]
    due: Sequence[Any]
    flow: Sequence[Any]
    today: PeriodReading
    week: PeriodReading
    month: PeriodReading


def draw_board(reading: BoardReading, names: Names, opd: str | None) -> Board:
    """Return the board of an OPD, or of all together."""
    due = [row for row in reading.due if opd in {None, row.opd}]
    return Board(
        as_of=reading.as_of,
        opd=opd,
        open=_open_cases(row for row in reading.open if opd in {None, row.opd}),
        due_within_hour=sum(row.soon for row in due),
        overdue=sum(row.overdue for row in due),
        overdue_by_opd=[
            OpdCases(opd=code or None, opd_name=names.opd(code), cases=cases)
            for code, cases in _counted((row.opd, row.overdue) for row in due)
        ],
        overdue_by_area=[
            AreaCases(area_code=code or None, area_name=names.area(code), cases=cases)
            for code, cases in _counted((row.area, row.overdue) for row in due)
        ],
        escalated=EscalatedCases(
            head=sum(row.level_1 for row in due),
            sekda=sum(row.level_2 for row in due),
            leader=sum(row.level_3 for row in due),
        ),
        oldest=_oldest(reading, names, opd),
        opds=_lines(reading, names, opd),
        last_hour=_flow(reading, opd),
        today=_period(reading.today, opd),
        this_week=_period(reading.week, opd),
        this_month=_period(reading.month, opd),
    )


def _open_cases(rows: Iterable[Any]) -> OpenCases:
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update({name: getattr(row, name) for name in ("cases", *_AGES)})
    return OpenCases(**{name: counts[name] for name in ("cases", *_AGES)})


def _counted(pairs: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Add up by code; the most first."""
    counts: Counter[str] = Counter()
    for code, number in pairs:
        counts[code] += number
    return sorted(
        ((code, number) for code, number in counts.items() if number),
        key=lambda pair: (-pair[1], pair[0]),
    )


def _oldest(reading: BoardReading, names: Names, opd: str | None) -> list[OldCase]:
    rows = [row for row in reading.oldest if opd in {None, row.opd}]
    rows.sort(key=lambda row: (row.submitted_at, row.complaint_id))
    return [
        OldCase(
            complaint_id=row.complaint_id,
            submitted_at=row.submitted_at,
            opd=row.opd or None,
            opd_name=names.opd(row.opd),
            area_code=row.area or None,
            area_name=names.area(row.area),
        )
        for row in rows[:SHOWN_OLDEST]
    ]


def _lines(reading: BoardReading, names: Names, opd: str | None) -> list[OpdBoardLine]:
    open_cases = {row.opd: row.cases for row in reading.open}
    overdue = dict(_counted((row.opd, row.overdue) for row in reading.due))
    soon = dict(_counted((row.opd, row.soon) for row in reading.due))
    answers = {row.opd: row for row in reading.today.answers if not row.of_all}
    codes = {*open_cases, *overdue, *soon, *answers}
    lines = [
        OpdBoardLine(
            opd=code or None,
            opd_name=names.opd(code),
            open=open_cases.get(code, 0),
            due_within_hour=soon.get(code, 0),
            overdue=overdue.get(code, 0),
            answered_today=answers[code].answered if code in answers else 0,
            within_2h_today=answers[code].within_2h if code in answers else 0,
        )
        for code in codes
        if opd in {None, code}
    ]
    return sorted(lines, key=lambda line: (-line.overdue, -line.open, line.opd or ""))


def _flow(reading: BoardReading, opd: str | None) -> HourFlow:
    counts: Counter[str] = Counter()
    for row in reading.flow:
        if opd in {None, row.opd}:
            counts[row.what] += row.cases
    return HourFlow(
        received=counts["received"], answered=counts["answered"], resolved=counts["resolved"]
    )


def _period(reading: PeriodReading, opd: str | None) -> PeriodFigures:
    received = sum(n for code, n in reading.received.items() if opd in {None, code})
    rows = [row for row in reading.answers if (row.of_all if opd is None else row.opd == opd)]
    row = rows[0] if rows and rows[0].answered else None
    median, p90 = row.percentiles if row else (None, None)
    return PeriodFigures(
        since=reading.since,
        received=received,
        answered=row.answered if row else 0,
        within_2h=row.within_2h if row else 0,
        within_24h=row.within_24h if row else 0,
        share_within_2h=round(row.within_2h / row.answered, 4) if row else None,
        share_within_24h=round(row.within_24h / row.answered, 4) if row else None,
        median_seconds=_seconds(median),
        p90_seconds=_seconds(p90),
    )


def _seconds(value: Any) -> float | None:
    return None if value is None else round(float(value), 3)
