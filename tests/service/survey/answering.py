"""Puts counted answers where reports and plans read them, as if so many people had answered."""

from collections.abc import Mapping

from sqlalchemy import insert

from services.survey.rules.index import ELEMENTS
from services.survey.tables import SCORE_COLUMNS, tally
from tests.support.system import System

Scores = tuple[int, int, int, int]
#: Forty people who are rather pleased.
PLEASED: Scores = (0, 0, 10, 30)
#: Forty who are not.
DISPLEASED: Scores = (10, 20, 10, 0)


async def count_answers(
    system: System,
    unit: str,
    period: str,
    scores: Mapping[str, Scores] | None = None,
    others: Scores = PLEASED,
) -> None:
    """Count answers of a unit in a period: scores by element, the same for all other elements."""
    given = dict.fromkeys(ELEMENTS, others) | dict(scores or {})
    row: dict[str, object] = dict.fromkeys((*SCORE_COLUMNS, "sum_x", "sum_xx"), 0)
    row |= {
        f"{code.lower()}_{score}": count
        for code, counts in given.items()
        for score, count in enumerate(counts, 1)
    }
    row |= {"period": period, "unit": unit, "service": "semua", "dimension": "all", "value": "all"}
    row["answers"] = max(sum(counts) for counts in given.values())
    async with system.service("survey").database.transaction() as connection:
        await connection.execute(insert(tally), row)


async def close_period(system: System, period: str) -> None:
    """Mark a period as closed."""
    await system.rows(
        "survey",
        "INSERT INTO survey_period (period, closed_at) VALUES (:period, now()) RETURNING period",
        period=period,
    )
