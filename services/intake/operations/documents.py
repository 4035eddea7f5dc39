"""Documents: issued once, when a stage is left or a service is done, and sealed at once.

A document is drawn in the transaction of the event that asks for it, together with its number, and
lies in its row until the store has it: so a crash at any moment leaves one document or none.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import structlog

from services.intake import document_queries, queries
from services.intake.application_tables import Application
from services.intake.attachment_errors import AttachmentNotFound
from services.intake.context import IntakeContext
from services.intake.document_pdf import Paper, draw_document
from services.intake.operations.applications import find_application, open_answers
from services.intake.operations.appointments import find_appointment
from services.intake.operations.attachments import open_file
from services.intake.operations.following import follow_case
from services.intake.operations.numbers import draw_number
from services.intake.operations.reading import open_person
from services.intake.operations.registers import keep_entry
from services.intake.operations.steps import step_book
from services.intake.tables import Complaint
from shared.catalogue.blocks import Document
from shared.catalogue.composing import Filling, compose, due_documents, fields_of
from shared.catalogue.definition import DONE, Service
from shared.catalogue.shelf import ServiceGone
from shared.catalogue.templates import write_answer
from shared.contracts.routing import StageEntered
from shared.ids import new_id
from shared.indonesian import write_day
from shared.media.store import new_name
from shared.unit_of_work import UnitOfWork
from shared.vault import PersonKey

log = structlog.get_logger(__name__)

PDF: Final = "application/pdf"
#: 16 characters of base32: 80 bits that nobody finds by trying.
CODE_CHARACTERS: Final = 16
_REPLACED: Final = "Digantikan oleh dokumen yang lebih baru."
_SYSTEM: Final = "system"


@dataclass(frozen=True, slots=True)
class _Issue:
    """What all documents of one event share."""

    unit: UnitOfWork
    context: IntakeContext
    service: Service
    application: Application
    complaint: Complaint
    person: PersonKey
    answers: Mapping[str, Any]
    opd: str
    round: int
    today: date

    @property
    def public(self) -> dict[str, Any]:
        """Return the answers that are not personal, with their words masked."""
        return {**self.application.public_answers, **self.application.stage_answers}


async def follow_stage(unit: UnitOfWork, context: IntakeContext, event: StageEntered) -> None:
    """Show that a case entered a stage, and issue what the stage before asks for."""
    await follow_case(unit, context, event)
    await issue_documents(unit, context, event)


async def issue_documents(unit: UnitOfWork, context: IntakeContext, event: StageEntered) -> None:
    """Issue what the stage that was left, or the end, asks for; then keep the register's entry.

    Nothing happens for what is no application, twice for the same round, or after an erasure. A
    document of an earlier round is withdrawn by the one that replaces it.
    """
    if event.part != 0 or (event.left is None and event.outcome is None):
        return
    application = await find_application(unit.connection, event.complaint_id)
    if application is None:
        return
    try:
        service = await context.catalogue.find(
            unit.connection, application.service, application.version
        )
    except ServiceGone:
        log.warning("a service is gone", service=application.service, version=application.version)
        return
    left = (event.left or "").rpartition(".")[2] or None
    due = due_documents(service, left, event.decision, event.outcome)
    keeps = event.outcome == DONE and service.registry is not None
    if not due and not keeps:
        return
    # What was heard before in this unit, this event too, is shown first: documents tell of it.
    await step_book(unit, context).settle(unit)
    stage = service.stage(left or "")
    opd = event.opd if stage is None else service.opd_of(stage, application.opd)
    issue = await _begin(unit, context, service, event, opd)
    if issue is None:
        return
    for document in due:
        await _issue(issue, document)
    if keeps:
        await keep_entry(unit, context, issue.application, issue.answers)


async def _begin(
    unit: UnitOfWork,
    context: IntakeContext,
    service: Service,
    event: StageEntered,
    opd: str,
) -> _Issue | None:
    """Gather what the documents are made of; None where the applicant was erased."""
    progress = await queries.lock_progress(unit.connection, event.complaint_id)
    application = await find_application(unit.connection, event.complaint_id)
    if progress is None or application is None:
        return None
    complaint = await queries.find_complaint_by_id(unit.connection, event.complaint_id)
    answers = await open_answers(context, unit.connection, application)
    if complaint is None or answers is None:
        return None
    person = open_person(
        context, await queries.find_reporter(unit.connection, complaint.reporter_id)
    )
    if person is None:
        return None
    return _Issue(
        unit,
        context,
        service,
        application,
        complaint,
        person,
        {**answers, **application.stage_answers, **(event.answers or {})},
        opd,
        progress.epoch + application.rounds,
        unit.now.astimezone(context.zone).date(),
    )


async def _issue(issue: _Issue, document: Document) -> None:
    unit = issue.unit
    filling = await _filling(issue)
    if not filling.holds(document.when):
        return
    known = await document_queries.list_issued(
        unit.connection, issue.complaint.complaint_id, document.code
    )
    if any(each.round == issue.round for each in known):
        return
    files = await _files(issue, document)
    if document.file is not None and not files:
        return
    number = None
    if document.number is not None:
        chosen = {**issue.answers, **issue.application.public_answers}
        number = await draw_number(
            unit.connection, issue.service, document.number, issue.opd, issue.today, chosen
        )
    if document.file is None:
        row = _row(issue, document, number)
        filled = replace(filling, names={**filling.names, "number": number or "-"})
        await _insert_drawn(issue, document, row, filled)
    for place, (attachment_id, media_type, content) in enumerate(files):
        row = _row(issue, document, number)
        row |= {"place": place, "media_type": media_type, "attachment_id": attachment_id}
        await document_queries.insert_document(unit.connection, row | _fingerprint(content))
    for earlier in known:
        await document_queries.withdraw_document(
            unit.connection, earlier.document_id, by=_SYSTEM, reason=_REPLACED, now=unit.now
        )


async def _insert_drawn(
    issue: _Issue, document: Document, row: dict[str, Any], filling: Filling
) -> None:
    context, document_id = issue.context, row["document_id"]
    paper = Paper(
        pemda=context.profile.pemda.name,
        place=context.profile.pemda.short_name,
        opd=row["opd_name"],
        title=document.heading or document.title,
        number=row["number"],
        blocks=compose(document, filling),
        signed_by=document.signed_by,
        issued_at=row["issued_at"],
        issued_on=row["issued_on"],
        valid_until=row["valid_until"],
        code=row["verification"],
        address=f"{context.public_url}/intake/v1/documents/{row['verification']}",
    )
    content = await asyncio.to_thread(draw_document, paper)
    name = new_name()
    wrapped, key = context.vault.new_person(document_id)
    sealed = await asyncio.to_thread(key.seal_bytes, content, name)
    row |= {
        "media_type": PDF,
        "content_name": name,
        "sealed": sealed,
        "key_id": wrapped.key_id,
        "wrapped_key": issue.person.seal_bytes(wrapped.wrapped, key_place(document_id)),
    }
    await document_queries.insert_document(issue.unit.connection, row | _fingerprint(content))


async def _files(issue: _Issue, document: Document) -> list[tuple[str, str, bytes]]:
    """Return the staff's files that are handed out: id, media type and content."""
    found = []
    for attachment_id in issue.answers.get(document.file or "") or ():
        try:
            attachment, content = await open_file(
                issue.unit.connection,
                issue.context,
                issue.complaint,
                attachment_id,
                thumbnail=False,
            )
        except AttachmentNotFound:
            log.warning("document_file_missing", document=document.code)
            continue
        found.append((attachment_id, attachment.media_type, content))
    return found


async def _filling(issue: _Issue) -> Filling:
    context, application = issue.context, issue.application
    names = {
        "code": issue.complaint.tracking_code,
        "title": issue.service.title,
        "opd": context.profile.opds.get(issue.opd, issue.opd),
        "pemda": context.profile.pemda.name,
        "stage": application.stage_title or "-",
        "number": application.number or "-",
        "date": write_day(issue.today),
    }
    booked = await find_appointment(issue.unit.connection, context, issue.complaint.complaint_id)
    if booked is not None:
        day = write_day(date.fromisoformat(booked.session[:10]))
        names["session"] = f"{day} pukul {booked.session[11:].replace(':', '.')}"
    general = {**application.general, "rounds": application.rounds}
    return Filling(issue.service, issue.answers, general, names, issue.today)


def _row(issue: _Issue, document: Document, number: str | None) -> dict[str, Any]:
    document_id = new_id()
    vault = issue.context.vault
    days = document.valid_days
    secret = vault.derive_secret(vault.current_key_id, f"document:{document_id}")
    return {
        "document_id": document_id,
        "complaint_id": issue.complaint.complaint_id,
        "service": issue.service.code,
        "code": document.code,
        "round": issue.round,
        "place": 0,
        "title": document.title,
        "number": number,
        "verification": secret[:CODE_CHARACTERS],
        "opd": issue.opd,
        "opd_name": issue.context.profile.opds.get(issue.opd, issue.opd),
        "applicant_opd": issue.application.applicant_opd,
        "public": _public(issue, document),
        "issued_at": issue.unit.now,
        "issued_on": issue.today,
        "valid_until": None if days is None else issue.today + timedelta(days=days),
        "key_id": vault.current_key_id,
    }


def _public(issue: _Issue, document: Document) -> list[list[str]]:
    """Return what the page behind the QR shows: labels and answers, of which none is personal."""
    known = {field.code: field for field in fields_of(issue.service)}
    answers = issue.public
    return [
        [known[code].label, write_answer(known[code], answers[code])]
        for code in document.public
        if code in known and answers.get(code) is not None and not known[code].is_personal
    ]


def _fingerprint(content: bytes) -> dict[str, Any]:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def key_place(document_id: str) -> str:
    """Return what a document's sealed key is bound to."""
    return f"{document_id}:key"
