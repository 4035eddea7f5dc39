"""The people who are asked how they were served: a few at each unit, by an interviewer."""

from datetime import datetime
from typing import Any, Final

from services.cli.demo.doors import Doors

_ELEMENTS: Final = tuple(f"U{number}" for number in range(1, 10))
_PER_UNIT: Final = 12
#: How far a score lies from the unit's own level, person by person: always the same.
_MOODS: Final = (0, 0, 1, 0, -1, 0, 1, 0, 0, -1, 1, 0)
_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "sex": ("female", "male"),
    "age": ("20_29", "30_39", "40_49"),
    "education": ("sma", "s1"),
    "occupation": ("private", "business", "student"),
}
_COMMENTS: Final = {2: "Petugasnya ramah.", 5: "Antreannya lama.", 9: "Kursi tunggu kurang."}


async def answer_survey(doors: Doors, run: str, taken_at: datetime) -> int:
    """Bring the interviews of a day; returns how many were stored."""
    units = await doors.survey_units()
    interviews = [
        _interview(unit, place, number, f"{run}-{place}-{number}", taken_at)
        for place, unit in enumerate(units)
        for number in range(_PER_UNIT)
    ]
    return await doors.bring_interviews(interviews)


def _interview(
    unit: dict[str, Any], place: int, number: int, interview_id: str, taken_at: datetime
) -> dict[str, Any]:
    services = unit["services"]
    scores = {
        # People wait everywhere; what it costs is seldom complained of.
        code: max(1, min(4, 3 + _MOODS[(number + n + place) % 12] + {2: -1, 3: 1}.get(n, 0)))
        for n, code in enumerate(_ELEMENTS)
    }
    return {
        "id": interview_id,
        "device_time": taken_at.isoformat(),
        "unit": unit["code"],
        "service": services[number % len(services)]["code"],
        "scores": scores,
        "respondent": {name: each[(number + place) % len(each)] for name, each in _GROUPS.items()},
        "comment": _COMMENTS.get(number),
    }
