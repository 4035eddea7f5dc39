"""What a rule may ask of a complaint beside its words: where, when and how it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, get_args

from shared.contracts.event import Answer, Classification
from shared.expressions.language import Field, Kind, Language

WEEKDAYS: Final = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a complaint came; `submitted_at` is in the Pemda's own zone, the point in degrees.

    `chosen` is the service or topic that whoever took it down chose.
    """

    channel: str = ""
    account_opd: str | None = None
    classification: str = "complaint"
    emergency: bool = False
    area_code: str | None = None
    point: tuple[float, float] | None = None
    submitted_at: datetime | None = None
    chosen: str | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)


UNKNOWN: Final = Circumstances()


def language(opds: frozenset[str], topics: frozenset[str]) -> Language:
    """Return the fields of `when`; OPDs and topics are those of the profile."""
    return Language(
        {
            "text": Field(Kind.TEXT),
            "topic": Field(Kind.TEXT, topics, optional=True),
            "channel": Field(Kind.TEXT),
            "account_opd": Field(Kind.TEXT, opds, optional=True),
            "area": Field(Kind.TEXT, optional=True),
            "sub_district": Field(Kind.TEXT, opds, optional=True),
            "hour": Field(Kind.NUMBER),
            "weekday": Field(Kind.TEXT, frozenset(WEEKDAYS)),
            "classification": Field(Kind.TEXT, frozenset(get_args(Classification))),
            "emergency": Field(Kind.YES_NO),
            "service": Field(Kind.TEXT, optional=True),
            "answers": Field(Kind.TEXT_BY_NAME),
        }
    )


def values_of(
    text: str,
    topic: str | None,
    sub_district: str | None,
    circumstances: Circumstances,
) -> dict[str, object]:
    """Return the value of each field for one complaint; without a time it is Monday noon."""
    time = circumstances.submitted_at
    return {
        "text": text.casefold(),
        "topic": topic,
        "channel": circumstances.channel,
        "account_opd": circumstances.account_opd,
        "area": circumstances.area_code,
        "sub_district": sub_district,
        "hour": time.hour if time else 12,
        "weekday": WEEKDAYS[time.weekday() if time else 0],
        "classification": circumstances.classification,
        "emergency": circumstances.emergency,
        "service": circumstances.chosen,
        "answers": {name: _as_text(each) for name, each in circumstances.answers.items()},
    }


def _as_text(answer: Answer) -> str:
    if isinstance(answer, bool):
        return "ya" if answer else "tidak"
    if isinstance(answer, tuple):
        return ", ".join(answer)
    return str(answer)
