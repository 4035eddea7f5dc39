"""What leaves intake of an application: no personal answer, and nobody's name in the others."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.intake.operations.applications import Findings
from services.intake.schemas import LocationForm
from shared.catalogue.answers import Answers, identity_in, personal_texts, publishable
from shared.catalogue.definition import Applicant, Service
from shared.catalogue.fields import AnyField
from shared.catalogue.templates import written_answers
from shared.contracts.event import Answer
from shared.masking import PersonMask

_MOST_LINE: Final = 600
_MOST_SUMMARY: Final = 7_000


def public_answers(fields: Sequence[AnyField], answers: Answers) -> dict[str, Answer]:
    """Return what is not personal, with what people wrote there about somebody masked."""
    identity = identity_in(fields, answers)
    mask = PersonMask([*identity.values(), *personal_texts(fields, answers)])

    def masked(answer: Answer) -> Answer:
        if isinstance(answer, str):
            return mask.mask(answer)
        if isinstance(answer, tuple):
            return tuple(mask.mask(each) for each in answer)
        return answer

    return {code: masked(answer) for code, answer in publishable(fields, answers).items()}


def summary_of(service: Service, fields: Sequence[AnyField], public: Mapping[str, Answer]) -> str:
    """Write what officers read in a list: the service's title, and the answers line by line."""
    written = written_answers([field for field in fields if field.type != "file"], public)
    lines = [
        f"{field.label}: {written[field.code]}"[:_MOST_LINE]
        for field in fields
        if field.code in written
    ]
    return "\n".join([service.title, *lines])[:_MOST_SUMMARY]


def place_of(fields: Sequence[AnyField], answers: Answers) -> LocationForm | None:
    """Return the case's place: the first that is not personal."""
    for field in fields:
        if field.type == "location" and not field.is_personal and field.code in answers:
            return LocationForm(**answers[field.code])
    return None


def general_of(
    opd: str, applicant: Applicant, findings: Findings, rounds: int = 0
) -> dict[str, Any]:
    """Return what was found of an application beside its answers."""
    score = findings.filled.score
    return {
        "applicant": applicant,
        "addressed": opd,
        "rounds": rounds,
        "eligible": findings.verdict.eligible,
        "unmet": [each.reason for each in findings.verdict.unmet],
        **(score.values() if score is not None else {}),
        **{name: value for name, value in findings.found.items() if value is not None},
    }


def told_of(general: Mapping[str, Any]) -> dict[str, Answer]:
    """Return what was found of an application as an event has it."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in general.items()
    }
