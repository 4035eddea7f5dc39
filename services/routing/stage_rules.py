"""What may be decided in a stage of a service: what is missing, and which conditions hold. Pure.

Conditions and sentences know what was published of the application and what earlier stages were
answered; nothing personal is here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from shared.catalogue.answers import Answers, Problem, fill_in, publishable
from shared.catalogue.definition import APPLICANT, DONE, REFUSED, Decision, Service, Stage
from shared.catalogue.definition import all_fields as fields_of
from shared.catalogue.fields import AnyField
from shared.catalogue.sentences import fill_sentence
from shared.catalogue.values import (
    GENERAL,
    compile_condition,
    general_values,
    holds,
    score_names,
    scored_values,
    stage_language,
    values_of,
)
from shared.contracts.event import Answer
from shared.contracts.routing import StageTerms
from shared.ids import UUID_PATTERN
from shared.masking import mask_long_numbers

_UUID: Final = re.compile(UUID_PATTERN)


@dataclass(frozen=True, slots=True)
class Application:
    """What routing knows of an application: what was published of it, and what stages answered."""

    service: Service
    answers: Mapping[str, Any]
    stage_answers: Mapping[str, Any]
    rounds: int


@dataclass(frozen=True, slots=True)
class Filled:
    """A stage's form as it was filled in, checked; `values` is what conditions then know."""

    answers: Answers
    problems: tuple[Problem, ...]
    published: dict[str, Answer]
    values: Mapping[str, Any]
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One decision of a stage, and what speaks against it now: `why_not`, or what is missing."""

    decision: Decision
    missing: tuple[Problem, ...] = ()
    why_not: str | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether it may be taken with what is filled in."""
        return not self.missing and self.why_not is None


def values_known(application: Application, today: date) -> dict[str, Any]:
    """Return what conditions know before a stage is filled in."""
    service, answers = application.service, application.answers
    values = general_values()
    values |= {name: answers[name] for name in GENERAL if name in answers}
    values |= service.parameters
    own = [each for each in fields_of(service.form) if not each.is_personal]
    values |= values_of(own, answers, today)
    values |= _scores(service, answers)
    for stage in service.stages:
        values |= values_of(fields_of(stage.form), application.stage_answers, today)
    values |= scored_values([each.form for each in service.stages], application.stage_answers)
    values["rounds"] = application.rounds
    return values


def _scores(service: Service, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's figures as intake told them; else reckoned from what is known."""
    figures = scored_values([service.form], answers)
    told = {n: answers[n] for n in score_names(service.form.assessment) if n in answers}
    return {**figures, **told}


def fill_stage(
    application: Application,
    stage: Stage,
    given: Mapping[str, Any],
    today: date,
    *,
    partly: bool = False,
) -> Filled:
    """Check what was filled in for a stage; with `partly`, what is missing is no problem."""
    service = application.service
    known = values_known(application, today)
    fields = list(fields_of(stage.form))
    filled = fill_in(
        service,
        stage.form,
        given,
        known,
        today,
        language=stage_language(service),
        before=known,
        partly=partly,
    )
    # Words alone: the id of a file may look like a number, too.
    worded = {each.code for each in fields if each.type in ("text", "group", "location")}
    answers = {
        code: _without_numbers(answer) if code in worded else answer
        for code, answer in filled.answers.items()
    }
    published = publishable(fields, answers)
    if filled.score is not None:
        published |= filled.score.values()
    return Filled(
        answers, filled.problems, published, filled.values, tuple(_files(fields, answers))
    )


def _without_numbers(answer: Any) -> Any:
    """Return an answer as it may travel: staff's words hold no NIK."""
    if isinstance(answer, str):
        return mask_long_numbers(answer)
    if isinstance(answer, list):
        return [_without_numbers(each) for each in answer]
    if isinstance(answer, dict):
        return {name: _without_numbers(each) for name, each in answer.items()}
    return answer


def _files(fields: Sequence[AnyField], answers: Answers) -> list[tuple[str, str]]:
    """Return each file named, with its place in what was sent."""
    return [
        (f"/{each.code}/{number}", file)
        for each in fields
        if each.type == "file"
        for number, file in enumerate(answers.get(each.code, ()))
    ]


def is_id(text: str) -> bool:
    """Tell whether a file's name can be an attachment's id."""
    return _UUID.fullmatch(text) is not None


def choose(
    application: Application,
    stage: Stage,
    decision: Decision,
    given: Mapping[str, Any],
    today: date,
) -> tuple[Filled, Choice]:
    """Return a stage as it was filled in for a decision, and what speaks against taking it."""
    filled = fill_stage(application, stage, given, today, partly=not decision.fills)
    why_not = None
    if decision.when is not None and not filled.problems:
        condition = compile_condition(stage_language(application.service), decision.when)
        if not holds(condition, filled.values):
            why_not = decision.otherwise
    return filled, Choice(decision, filled.problems, why_not)


def choices(application: Application, stage: Stage, today: date) -> list[Choice]:
    """Return every decision of a stage, as it stands with what was filled in before."""
    codes = {each.code for each in fields_of(stage.form)}
    before = {code: a for code, a in application.stage_answers.items() if code in codes}
    return [choose(application, stage, each, before, today)[1] for each in stage.decisions]


def answers_after(application: Application, stage: Stage, answers: Answers) -> dict[str, Any]:
    """Return the stages' answers once this one was left: what it asked before counts no more."""
    own = {each.code for each in fields_of(stage.form)}
    kept = {code: each for code, each in application.stage_answers.items() if code not in own}
    return {**kept, **answers}


def terms_of(stage: Stage) -> StageTerms | None:
    """Return how long a stage may take, as its event carries it."""
    clock = stage.clock
    if clock is None:
        return None
    return StageTerms(
        counts=clock.counts,
        seconds=clock.seconds,
        days=clock.days,
        near_at=clock.near_at,
        ladder=clock.ladder,
        pauses=clock.pauses,
    )


def leads_on(decision: Decision) -> bool:
    """Tell whether a decision leaves the stage: all do but a question to the applicant."""
    return decision.next != APPLICANT


def ends(decision: Decision) -> bool:
    """Tell whether the service is over with this decision."""
    return decision.next in (DONE, REFUSED)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a sentence for the applicant may name beside answers and parameters."""

    code: str
    opd: str
    pemda: str
    stage: str
    today: date
    more: Mapping[str, Any] = field(default_factory=dict)


def tell(application: Application, template: str, names: Sentence) -> str:
    """Fill in what the applicant is told; nothing personal is known here."""
    return fill_sentence(
        application.service,
        template,
        {**application.answers, **names.more},
        application.stage_answers,
        names.today,
        {"code": names.code, "opd": names.opd, "pemda": names.pemda, "stage": names.stage},
    )
