"""How practice is scored. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.routing.workbook import Scenario

#: A first answer within this is as fast as it gets; the promise to citizens is the other end.
FAST: Final = timedelta(minutes=10)
PROMISED: Final = timedelta(hours=2)
_SPEED_WEIGHT: Final = 0.4
_RETURN_IT: Final = "Kasus milik OPD lain: kembalikan"


@dataclass(frozen=True, slots=True)
class Score:
    """Speed and completeness from 0 to 1, points of 100, and what the answers did not say."""

    speed: float
    completeness: float
    points: float
    missing: tuple[str, ...]


def score_practice(
    scenario: Scenario,
    *,
    own_opd: str | None,
    opened_at: datetime,
    answered_at: datetime | None,
    answers: Sequence[str],
    returned: bool,
) -> Score:
    """Score an invented case; `answers` are what the citizen would have been told."""
    foreign = own_opd is not None and own_opd != scenario.opd
    missing = [_RETURN_IT] if foreign and not returned else []
    if not foreign:
        missing = list(_missing(scenario, answers))
    points_made = 1 - len(missing) / (1 if foreign else len(scenario.points))
    said = 0.0 if returned and not foreign else points_made
    speed = 0.0 if answered_at is None else _speed(answered_at - opened_at)
    points = 100 * (_SPEED_WEIGHT * speed + (1 - _SPEED_WEIGHT) * said)
    return Score(round(speed, 3), round(said, 3), round(points, 1), tuple(missing))


def _missing(scenario: Scenario, answers: Sequence[str]) -> Iterable[str]:
    told = " ".join(answers).lower()
    for point in scenario.points:
        if not any(word.lower() in told for word in point.words):
            yield point.point


def _speed(took: timedelta) -> float:
    if took <= FAST:
        return 1.0
    return max(0.0, 1 - (took - FAST) / (PROMISED - FAST))
