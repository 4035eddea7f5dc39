"""Applying for a service: an application is stored with its complaint, its number and its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from pydantic_core import to_json

from services.intake import application_queries
from services.intake.application_errors import ApplicantRefused, NotEligible
from services.intake.application_schemas import NewApplication
from services.intake.attachment_tables import Attachment
from services.intake.context import IntakeContext
from services.intake.errors import FormIncorrect, SenderBlocked
from services.intake.operations.application_files import used, with_ids
from services.intake.operations.application_words import (
    general_of,
    place_of,
    public_answers,
    summary_of,
    told_of,
)
from services.intake.operations.applications import (
    By,
    Findings,
    answers_place,
    check_answers,
    today_of,
)
from services.intake.operations.appointments import book
from services.intake.operations.numbers import draw_number
from services.intake.operations.submission import (
    Origin,
    Receipt,
    Submission,
    draft_submission,
    submit_complaints,
)
from services.intake.schemas import ComplaintForm, ReporterForm
from services.intake.submission_queries import find_taken
from shared.catalogue.answers import Answers, identity_in
from shared.catalogue.definition import Service, all_fields
from shared.catalogue.sentences import NUMBER, fill_sentence
from shared.catalogue.values import general_values
from shared.contracts.event import Answer
from shared.idempotency import KeyReused
from shared.unit_of_work import UnitOfWork


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
    findings: Findings

    @property
    def complaint_id(self) -> str:
        """Return the id of the complaint that it is."""
        return str(self.submission.row["complaint_id"])


class AppliedBefore(Exception):
    """The Idempotency-Key stands for an earlier application.

    It ends the unit, so that a number drawn, or a place taken, for nothing is given back.
    """

    def __init__(self, receipt: Receipt) -> None:
        super().__init__("the same application came before")
        self.receipt = receipt


async def draft_application(
    unit: UnitOfWork,
    context: IntakeContext,
    service: Service,
    form: NewApplication,
    origin: Origin,
    by: By,
    files: Sequence[Attachment] = (),
) -> Draft:
    """Check an application, seal its answers, and draft its complaint.

    `files` are what `find_uploads` found for `named_uploads`. Raises FormIncorrect, NotEligible,
    ApplicantRefused.
    """
    opd = _addressed(service, form.opd)
    if by.applicant not in service.applicants:
        raise ApplicantRefused(_WHO[service.applicants[0]])
    findings = await check_answers(
        context,
        unit.connection,
        service,
        with_ids(form.answers, files),
        unit.now,
        general_values(by.applicant),
    )
    require_whole(findings)
    fields = list(all_fields(service.form))
    answers = findings.filled.answers
    identity = identity_in(fields, answers)
    public = public_answers(fields, answers)
    complaint = ComplaintForm(
        title=service.title[:200],
        text=summary_of(service, fields, public),
        channel=form.channel,
        classification="information",
        location=place_of(fields, answers),
        reporter=ReporterForm(**identity) if identity else None,
        secret=not service.public,
    )
    submission = draft_submission(
        context,
        complaint,
        replace(origin, service_code=service.code, entered_by=by.entered_by, emergency=False),
        unit.now,
        used(files, fields, answers),
    )
    general = general_of(opd, by.applicant, findings)
    return Draft(service, opd, by, submission, answers, public, general, findings)


def require_whole(findings: Findings) -> None:
    """Raise FormIncorrect or NotEligible unless an application may be taken in so."""
    if findings.filled.problems:
        raise FormIncorrect([(f"/answers{at}", said) for at, said in findings.filled.problems])
    if findings.verdict.refusing:
        raise NotEligible([(each.id, each.reason) for each in findings.verdict.refusing])


async def submit_application(
    unit: UnitOfWork, context: IntakeContext, draft: Draft
) -> tuple[Receipt, str | None]:
    """Store an application with its complaint, its number and its place in a session.

    Publishes ComplaintSubmitted; returns the receipt and the number. Raises AppliedBefore,
    KeyReused, SenderBlocked, TrackingCodeTaken, AttachmentTaken, SessionFull, SessionUnknown.
    """
    number = await _draw(unit, context, draft)
    general = draft.general if number is None else {**draft.general, NUMBER: number}
    said = _received(context, draft, general, unit.now)
    submission = _completed(draft, general, said)
    (outcome,) = await submit_complaints(unit, [submission])
    if isinstance(outcome, KeyReused | SenderBlocked):
        raise outcome
    if outcome.complaint_id != draft.complaint_id:
        raise AppliedBefore(outcome)
    sealed = submission.person.seal(
        to_json(draft.answers).decode(), answers_place(draft.complaint_id)
    )
    await application_queries.insert_application(
        unit.connection,
        {
            "complaint_id": draft.complaint_id,
            "service": draft.service.code,
            "version": draft.service.version,
            "opd": draft.opd,
            "held_by": draft.service.opd_of(draft.service.first, draft.opd),
            "applicant": draft.by.applicant,
            "applicant_opd": draft.by.opd,
            "answers": sealed,
            "public_answers": draft.public,
            "general": draft.general,
            "number": number,
            "created_at": unit.now,
            "updated_at": unit.now,
        },
    )
    if said is not None:
        await application_queries.put_received_text(unit.connection, draft.complaint_id, said)
    await book_session(unit, context, draft.service, draft.answers, draft.complaint_id)
    return outcome, number


async def find_applied(unit: UnitOfWork, context: IntakeContext, origin: Origin) -> None:
    """Raise AppliedBefore where the same request became an application; or KeyReused."""
    if origin.key is None:
        return
    name = (origin.scope, origin.key)
    taken = (await find_taken(unit.connection, [name])).get(name)
    if taken is None:
        return
    if taken.body_hash != context.vault.blind_index("request", origin.body):
        raise KeyReused("Gunakan Idempotency-Key baru untuk isi yang berbeda.")
    raise AppliedBefore(
        Receipt(taken.complaint_id, taken.tracking_code, taken.key_id, taken.submitted_at)
    )


async def book_session(
    unit: UnitOfWork,
    context: IntakeContext,
    service: Service,
    answers: Mapping[str, Any],
    complaint_id: str,
) -> None:
    """Take the place that the answers ask for; raises SessionFull, SessionUnknown."""
    for field in all_fields(service.form):
        if field.type == "appointment" and field.code in answers:
            await book(unit, service, answers[field.code], complaint_id, context.zone)


async def _draw(unit: UnitOfWork, context: IntakeContext, draft: Draft) -> str | None:
    series = draft.service.application_number
    if series is None:
        return None
    day = today_of(context, unit.now)
    return await draw_number(unit.connection, draft.service, series, draft.opd, day, draft.public)


def _completed(draft: Draft, general: Mapping[str, Any], said: str | None) -> Submission:
    """Return the complaint with what is known at last: its event, and its acknowledgement."""
    submission, service = draft.submission, draft.service
    event = submission.draft.event.model_copy(
        update={
            "service_version": str(service.version),
            "answers": {**draft.public, **told_of(general)},
            "secret": not service.public,
        }
    )
    acknowledgement = submission.acknowledgement
    if said is not None and acknowledgement is not None:
        note = replace(acknowledgement.draft, parameters={"text": said})
        acknowledgement = replace(acknowledgement, draft=note)
    return replace(
        submission,
        draft=replace(submission.draft, event=event),
        acknowledgement=acknowledgement,
    )


def _received(
    context: IntakeContext, draft: Draft, general: Mapping[str, Any], now: datetime
) -> str | None:
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
    answers = {**draft.public, **general}
    return fill_sentence(service, service.received, answers, {}, today_of(context, now), names)


def _addressed(service: Service, opd: str | None) -> str:
    if opd is None and len(service.opds) == 1:
        return service.opds[0]
    if opd is None or opd not in service.opds:
        listed = ", ".join(service.opds)
        raise FormIncorrect([("/opd", f"Pilih OPD yang dituju: {listed}.")])
    return opd


_WHO: Final[Mapping[str, str]] = {
    "citizen": "Layanan ini diajukan oleh warga sendiri.",
    "operator": "Layanan ini diajukan melalui petugas loket.",
    "opd": "Layanan ini diajukan oleh petugas OPD dengan tokennya.",
}
