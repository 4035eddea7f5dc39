"""An applicant corrects an application, as long as an officer asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic_core import to_json

from services.intake import application_queries, attachment_queries, privacy_queries, queries
from services.intake.application_errors import ApplicationNotFound, CorrectionClosed
from services.intake.application_schemas import CorrectedApplication, CorrectionForm
from services.intake.application_tables import Application
from services.intake.attachment_tables import Attachment
from services.intake.context import IntakeContext
from services.intake.errors import FormIncorrect, ReporterErased
from services.intake.operations.application_files import used, with_ids
from services.intake.operations.application_words import (
    general_of,
    place_of,
    public_answers,
    summary_of,
    told_of,
)
from services.intake.operations.applications import (
    Findings,
    answers_place,
    check_answers,
    open_answers,
    score_shown,
    unmet_of,
)
from services.intake.operations.applying import book_session, require_whole
from services.intake.operations.conversation import receive_message
from services.intake.operations.correcting import identity_of, seal_identity
from services.intake.operations.reading import open_person
from services.intake.operations.words import mask_words
from services.intake.schemas import LocationForm
from services.intake.tables import Complaint, Reporter
from shared.catalogue.answers import files_in, identity_in
from shared.catalogue.definition import Service, all_fields
from shared.catalogue.sentences import NUMBER
from shared.catalogue.values import general_values
from shared.contracts.event import Answer, Location
from shared.contracts.intake import ComplaintAmended
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork
from shared.vault import PersonKey

_WAITING: Final = "waiting_citizen"
_CORRECTED: Final = "Jawaban permohonan diperbaiki."
_IDENTITY: Final = frozenset({"name", "phone", "email", "nik"})


@dataclass(frozen=True, slots=True)
class _Correction:
    """An application and its new answers, checked; the complaint is locked."""

    complaint: Complaint
    application: Application
    service: Service
    findings: Findings
    person: PersonKey
    reporter: Reporter
    public: dict[str, Answer]
    general: dict[str, Any]

    @property
    def answers(self) -> dict[str, Any]:
        return self.findings.filled.answers


async def correct_application(
    unit: UnitOfWork,
    context: IntakeContext,
    complaint: Complaint,
    form: CorrectionForm,
    files: Sequence[Attachment],
) -> CorrectedApplication:
    """Put new answers in the place of the old ones, with the checks of an application.

    Publishes ComplaintAmended, and then CitizenMessageReceived in answer to the open question. The
    same answers once more, while nobody has read them, change nothing. Raises ApplicationNotFound,
    CorrectionClosed, ReporterErased, FormIncorrect, NotEligible, SessionFull, SessionUnknown.
    """
    complaint_id = complaint.complaint_id
    progress = await queries.lock_progress(unit.connection, complaint_id)
    application = await application_queries.lock_application(unit.connection, complaint_id)
    if progress is None or application is None:
        raise ApplicationNotFound
    if progress.state != _WAITING or progress.request_id is None:
        raise CorrectionClosed
    known = {
        each.attachment_id
        for each in await attachment_queries.list_attachments(unit.connection, complaint_id)
        if each.by == "citizen"
    }
    made = await _check(unit, context, complaint, application, form, files)
    _require_own_files(made, known | {each.attachment_id for each in files})
    before = await application_queries.find_correction(
        unit.connection, complaint_id, progress.request_id
    )
    if before is not None:
        if made.answers != await open_answers(context, unit.connection, application):
            raise CorrectionClosed
        return _corrected(made, before.message_id, progress.request_id, before.sent_at)
    fields = list(all_fields(made.service.form))
    location = await _store(unit, context, made)
    unit.publish(
        ComplaintAmended(
            complaint_id=ComplaintId(complaint_id),
            occurred_at=unit.now,
            text=summary_of(made.service, fields, made.public),
            location=location,
            answers={**made.public, **told_of(made.general)},
        )
    )
    fresh = [each for each in used(files, fields, made.answers) if each.attachment_id not in known]
    accepted = await receive_message(unit, context, complaint, form.note or _CORRECTED, fresh)
    return _corrected(made, accepted.message_id, progress.request_id, accepted.sent_at)


async def _check(
    unit: UnitOfWork,
    context: IntakeContext,
    complaint: Complaint,
    application: Application,
    form: CorrectionForm,
    files: Sequence[Attachment],
) -> _Correction:
    service = await context.catalogue.find(
        unit.connection, application.service, application.version
    )
    reporter = await queries.find_reporter(unit.connection, complaint.reporter_id)
    person = open_person(context, reporter)
    if person is None:
        raise ReporterErased
    applicant = application.general["applicant"]
    findings = await check_answers(
        context,
        unit.connection,
        service,
        with_ids(form.answers, files),
        unit.now,
        {**general_values(applicant), "rounds": application.rounds},
    )
    require_whole(findings)
    public = public_answers(list(all_fields(service.form)), findings.filled.answers)
    general = general_of(application.opd, applicant, findings, application.rounds)
    if application.number is not None:
        general[NUMBER] = application.number
    return _Correction(complaint, application, service, findings, person, reporter, public, general)


def _require_own_files(made: _Correction, known: set[str]) -> None:
    """Raise FormIncorrect for the id of a file that is not this application's."""
    strange = [
        (f"/answers/{field.code}", "Berkas ini tidak dikenal; unggah dahulu, lalu ulangi.")
        for field in all_fields(made.service.form)
        if not known.issuperset(files_in([field], made.answers))
    ]
    if strange:
        raise FormIncorrect(strange)


async def _store(unit: UnitOfWork, context: IntakeContext, made: _Correction) -> Location | None:
    """Store answers, identity, words and place; returns the place where there is one."""
    connection, complaint_id = unit.connection, made.complaint.complaint_id
    fields = list(all_fields(made.service.form))
    given = identity_in(fields, made.answers)
    kept = identity_of(made.reporter, made.person)
    identity = {name: value for name, value in kept.items() if name not in _IDENTITY} | given
    sealed = seal_identity(context.vault, made.reporter, made.person, identity)
    await privacy_queries.put_identity(connection, made.reporter.reporter_id, sealed)
    place = place_of(fields, made.answers) or LocationForm()
    words = {
        "title": made.service.title[:200],
        "text": summary_of(made.service, fields, made.public),
        "address": place.address or None,
    }
    masked = mask_words(words, {*kept.values(), *given.values()})
    await privacy_queries.put_words(
        connection,
        complaint_id,
        {
            "words": made.person.seal(to_json(words).decode(), f"{complaint_id}:words"),
            **masked,
            "lat": place.lat,
            "lon": place.lon,
        },
    )
    await application_queries.update_application(
        connection,
        complaint_id,
        {
            "answers": made.person.seal(
                to_json(made.answers).decode(), answers_place(complaint_id)
            ),
            "public_answers": made.public,
            "general": {k: v for k, v in made.general.items() if k != NUMBER},
            "updated_at": unit.now,
        },
    )
    await book_session(unit, context, made.service, made.answers, complaint_id)
    if place.lat is None:
        return None
    return Location(lat=place.lat, lon=place.lon, address=masked["address"])


def _corrected(
    made: _Correction, message_id: str, request_id: str, sent_at: datetime
) -> CorrectedApplication:
    return CorrectedApplication(
        message_id=message_id,
        request_id=request_id,
        sent_at=sent_at,
        eligible=made.findings.verdict.eligible,
        unmet=unmet_of(made.findings.verdict),
        score=score_shown(made.findings.filled.score),
    )
