"""An application to a service of the catalogue: a complaint with the form of the service's file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import application_queries, queries
from services.intake.application_errors import (
    ApplicantRefused,
    CatalogueServiceUnknown,
    NotEligible,
)
from services.intake.application_schemas import (
    ApplicationCheck,
    FieldProblem,
    FoundGap,
    FoundScore,
    NewApplication,
    UnmetCriterion,
)
from services.intake.application_tables import Application
from services.intake.attachment_tables import Attachment
from services.intake.context import IntakeContext
from services.intake.errors import FormIncorrect
from services.intake.operations.reading import open_person
from services.intake.operations.submission import (
    Origin,
    Outcome,
    Receipt,
    Submission,
    draft_submission,
    submit_complaints,
)
from services.intake.schemas import ComplaintForm, LocationForm, ReporterForm
from shared.catalogue.answers import (
    Answers,
    Filled,
    Verdict,
    files_in,
    fill_in,
    identity_in,
    judge,
    personal_texts,
    publishable,
)
from shared.catalogue.definition import Applicant, Service, all_fields
from shared.catalogue.sentences import fill_sentence
from shared.catalogue.templates import written_answers
from shared.catalogue.values import Score, general_values
from shared.contracts.event import Answer
from shared.masking import PersonMask
from shared.unit_of_work import UnitOfWork

find_application = application_queries.find_application

_MOST_LINE: Final = 600
_MOST_SUMMARY: Final = 7_000


@dataclass(frozen=True, slots=True)
class By:
    """Who applies: as what, for which OPD, and who of the staff wrote it down."""

    applicant: Applicant = "citizen"
    opd: str | None = None
    entered_by: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An application that is ready to be stored, and what was found of it."""

    service: Service
    opd: str
    by: By
    submission: Submission
    answers: Answers
    public: dict[str, Answer]
    general: dict[str, Any]
    verdict: Verdict
    score: Score | None

    @property
    def personal_place(self) -> str:
        """Return what the sealed answers are bound to."""
        return answers_place(self.submission.row["complaint_id"])


def answers_place(complaint_id: str) -> str:
    """Return what an application's sealed answers are bound to."""
    return f"{complaint_id}:answers"


def find_service(context: IntakeContext, code: str) -> Service:
    """Return a service that is offered now; raises CatalogueServiceUnknown."""
    service = context.catalogue.present(code)
    if service is None or not service.enabled:
        raise CatalogueServiceUnknown
    return service


def today_of(context: IntakeContext, now: datetime) -> date:
    """Return the day in the Pemda's zone."""
    return now.astimezone(ZoneInfo(context.profile.pemda.zone)).date()


def check_answers(
    context: IntakeContext,
    service: Service,
    answers: Mapping[str, Any],
    now: datetime,
    by: By = By(),
    found: Mapping[str, Any] | None = None,
) -> tuple[Filled, Verdict]:
    """Check what was filled in, and judge who may have the service; `found` is the register's."""
    general = {**general_values(by.applicant), **(found or {})}
    filled = fill_in(service, service.form, answers, general, today_of(context, now))
    return filled, judge(service, service.form, filled.values)


def describe_check(filled: Filled, verdict: Verdict) -> ApplicationCheck:
    """Say what would become of an application."""
    return ApplicationCheck(
        problems=[FieldProblem(field=field, message=said) for field, said in filled.problems],
        eligible=verdict.eligible,
        unmet=unmet_of(verdict),
        score=score_shown(filled.score),
    )


def unmet_of(verdict: Verdict) -> list[UnmetCriterion]:
    """Return the criteria that are not met, with their reasons."""
    return [UnmetCriterion(id=each.id, reason=each.reason) for each in verdict.unmet]


def score_shown(score: Score | None) -> FoundScore | None:
    """Return a score as it is shown."""
    if score is None:
        return None
    gaps = [
        FoundGap(
            item=gap.item,
            question=gap.question,
            lost=gap.lost,
            advice=gap.advice,
            critical=gap.critical,
        )
        for gap in score.gaps
    ]
    return FoundScore(points=score.points, passed=score.passed, gaps=gaps)


def named_uploads(service: Service, answers: Mapping[str, Any]) -> list[str]:
    """Return the tokens of the files that answers name, as far as they are lists of texts."""
    fields = [field for field in all_fields(service.form) if field.type == "file"]
    tokens = [
        each
        for field in fields
        if isinstance(answers.get(field.code), list)
        for each in answers[field.code]
        if isinstance(each, str)
    ]
    return list(dict.fromkeys(tokens))


def draft_application(
    context: IntakeContext,
    service: Service,
    form: NewApplication,
    origin: Origin,
    by: By,
    now: datetime,
    files: Sequence[Attachment] = (),
    found: Mapping[str, Any] | None = None,
) -> Draft:
    """Check an application, seal its answers, and draft its complaint.

    `files` are what `find_uploads` found for `named_uploads`. Raises FormIncorrect, NotEligible,
    ApplicantRefused.
    """
    opd = _addressed(service, form.opd)
    if by.applicant not in service.applicants:
        raise ApplicantRefused(_WHO[service.applicants[0]])
    given = _with_ids(form.answers, files)
    filled, verdict = check_answers(context, service, given, now, by, found)
    if filled.problems:
        raise FormIncorrect([(f"/answers{field}", said) for field, said in filled.problems])
    if verdict.refusing:
        raise NotEligible([(each.id, each.reason) for each in verdict.refusing])
    fields = list(all_fields(service.form))
    identity = identity_in(fields, filled.answers)
    mask = PersonMask([*identity.values(), *personal_texts(fields, filled.answers)])
    public = _masked(publishable(fields, filled.answers), mask)
    complaint = ComplaintForm(
        title=service.title[:200],
        text=_summary(service, fields, public),
        channel=form.channel,
        classification="information",
        location=_location(fields, filled.answers),
        reporter=ReporterForm(**identity) if identity else None,
        secret=not service.public,
    )
    submission = draft_submission(
        context,
        complaint,
        replace(origin, service_code=service.code, entered_by=by.entered_by, emergency=False),
        now,
        _used(files, fields, filled.answers),
    )
    general = _general(service, opd, by, filled, verdict, found)
    event = submission.draft.event.model_copy(
        update={
            "service_version": str(service.version),
            "answers": {**public, **_told(general)},
            "secret": not service.public,
        }
    )
    submission = replace(submission, draft=replace(submission.draft, event=event))
    return Draft(
        service, opd, by, submission, filled.answers, public, general, verdict, filled.score
    )


async def submit_application(unit: UnitOfWork, context: IntakeContext, draft: Draft) -> Outcome:
    """Store an application with its complaint, and publish ComplaintSubmitted.

    One whose Idempotency-Key stands for an earlier one is answered with that one's receipt. Raises
    TrackingCodeTaken, AttachmentTaken.
    """
    said = _received(context, draft, unit.now)
    submission = draft.submission
    if said is not None and submission.acknowledgement is not None:
        note = replace(submission.acknowledgement.draft, parameters={"text": said})
        acknowledgement = replace(submission.acknowledgement, draft=note)
        submission = replace(submission, acknowledgement=acknowledgement)
    (outcome,) = await submit_complaints(unit, [submission])
    row = draft.submission.row
    if not isinstance(outcome, Receipt) or outcome.complaint_id != row["complaint_id"]:
        return outcome
    sealed = draft.submission.person.seal(to_json(draft.answers).decode(), draft.personal_place)
    await application_queries.insert_application(
        unit.connection,
        {
            "complaint_id": row["complaint_id"],
            "service": draft.service.code,
            "version": draft.service.version,
            "opd": draft.opd,
            "applicant": draft.by.applicant,
            "applicant_opd": draft.by.opd,
            "answers": sealed,
            "public_answers": draft.public,
            "general": draft.general,
            "number": None,
            "created_at": unit.now,
            "updated_at": unit.now,
        },
    )
    if said is not None:
        await application_queries.put_received_text(unit.connection, row["complaint_id"], said)
    return outcome


def _received(context: IntakeContext, draft: Draft, now: datetime) -> str | None:
    """Return what the service's file says to whom has applied."""
    service = draft.service
    if service.received is None:
        return None
    names = {
        "code": draft.submission.row["tracking_code"],
        "opd": context.profile.opds.get(draft.opd, draft.opd),
        "pemda": context.profile.pemda.name,
        "stage": service.first.title,
    }
    answers = {**draft.public, **draft.general}
    return fill_sentence(service, service.received, answers, {}, today_of(context, now), names)


async def open_answers(
    context: IntakeContext, connection: AsyncConnection, application: Application
) -> Answers | None:
    """Return all answers in clear; None once the applicant was erased."""
    complaint = await queries.find_complaint_by_id(connection, application.complaint_id)
    if complaint is None:
        return None
    person = open_person(context, await queries.find_reporter(connection, complaint.reporter_id))
    if person is None:
        return None
    opened = person.open(application.answers, answers_place(application.complaint_id))
    answers: Answers = json.loads(opened)
    return answers


def _addressed(service: Service, opd: str | None) -> str:
    if opd is None and len(service.opds) == 1:
        return service.opds[0]
    if opd is None or opd not in service.opds:
        listed = ", ".join(service.opds)
        raise FormIncorrect([("/opd", f"Pilih OPD yang dituju: {listed}.")])
    return opd


def _with_ids(answers: Mapping[str, Any], files: Sequence[Attachment]) -> dict[str, Any]:
    """Put ids in the place of the tokens of files that were found."""
    known = {each.attachment_id for each in files}

    def replaced(answer: Any) -> Any:
        if not isinstance(answer, list):
            return answer
        return [
            each.partition(".")[0]
            if isinstance(each, str) and each.partition(".")[0] in known
            else each
            for each in answer
        ]

    return {code: replaced(answer) for code, answer in answers.items()}


def _used(
    files: Sequence[Attachment], fields: Sequence[Any], answers: Answers
) -> tuple[Attachment, ...]:
    """Return the files that count: one at a field that was not asked for is not taken."""
    named = set(files_in(fields, answers))
    return tuple(each for each in files if each.attachment_id in named)


def _masked(public: Mapping[str, Answer], mask: PersonMask) -> dict[str, Answer]:
    """Mask what people wrote into answers that are not personal."""

    def masked(answer: Answer) -> Answer:
        if isinstance(answer, str):
            return mask.mask(answer)
        if isinstance(answer, tuple):
            return tuple(mask.mask(each) for each in answer)
        return answer

    return {code: masked(answer) for code, answer in public.items()}


def _summary(service: Service, fields: Sequence[Any], public: Mapping[str, Answer]) -> str:
    """Write what officers read in a list: the service's title, and the answers line by line."""
    written = written_answers([field for field in fields if field.type != "file"], public)
    lines = [
        f"{field.label}: {written[field.code]}"[:_MOST_LINE]
        for field in fields
        if field.code in written
    ]
    return "\n".join([service.title, *lines])[:_MOST_SUMMARY]


def _location(fields: Sequence[Any], answers: Answers) -> LocationForm | None:
    """Return the case's place: the first that is not personal."""
    for field in fields:
        if field.type == "location" and not field.is_personal and field.code in answers:
            return LocationForm(**answers[field.code])
    return None


def _general(
    service: Service,
    opd: str,
    by: By,
    filled: Filled,
    verdict: Verdict,
    found: Mapping[str, Any] | None,
) -> dict[str, Any]:
    del service
    return {
        "applicant": by.applicant,
        "addressed": opd,
        "rounds": 0,
        "eligible": verdict.eligible,
        "unmet": [each.reason for each in verdict.unmet],
        **(filled.score.values() if filled.score is not None else {}),
        **{name: value for name, value in (found or {}).items() if value is not None},
    }


def _told(general: Mapping[str, Any]) -> dict[str, Answer]:
    """Return what was found of an application as an event has it."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in general.items()
    }


_WHO: Final[Mapping[str, str]] = {
    "citizen": "Layanan ini diajukan oleh warga sendiri.",
    "operator": "Layanan ini diajukan melalui petugas loket.",
    "opd": "Layanan ini diajukan oleh petugas OPD dengan tokennya.",
}
