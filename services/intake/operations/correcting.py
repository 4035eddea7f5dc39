"""Correcting what is held on a person; what is published of it follows, masked anew."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_core import to_json

from services.intake import privacy_queries
from services.intake.context import IntakeContext
from services.intake.errors import FormIncorrect, ReporterErased
from services.intake.operations.checking import read_reporter
from services.intake.operations.reading import open_person
from services.intake.operations.words import mask_words
from services.intake.schemas import ReporterForm
from services.intake.subject_schemas import WordsCorrection
from services.intake.tables import Complaint, Reporter
from shared.contracts.event import Location
from shared.contracts.intake import ComplaintAmended
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork
from shared.vault import PersonKey, Vault

Words = dict[str, str | None]


async def correct_person(
    unit: UnitOfWork,
    context: IntakeContext,
    reporter_ids: Sequence[str],
    reporter_form: ReporterForm | None,
    correction: WordsCorrection | None,
) -> None:
    """Put a person's own fields, and the words of one complaint, right.

    Publishes ComplaintAmended where what is published changes. Raises FormIncorrect and
    ReporterErased.
    """
    changes = {} if reporter_form is None else read_reporter(reporter_form)
    spelled = () if reporter_form is None else reporter_form.model_dump(exclude_none=True).values()
    complaints = await privacy_queries.list_complaints_of(unit.connection, reporter_ids, lock=True)
    if correction is not None and correction.complaint_id not in {
        each.complaint_id for each in complaints
    }:
        raise FormIncorrect([("/words/complaint_id", "Laporan ini tidak termasuk permintaan.")])
    reporters = {
        each.reporter_id: each
        for each in await privacy_queries.lock_reporters(unit.connection, reporter_ids)
    }
    if all(each.wrapped_key is None for each in reporters.values()):
        raise ReporterErased
    for complaint in complaints:
        reporter = reporters[complaint.reporter_id]
        person = open_person(context, reporter)
        if person is None:
            continue
        identity = identity_of(reporter, person)
        before = {*identity.values()}
        identity = {name: value for name, value in {**identity, **changes}.items() if value}
        if reporter_form is not None:
            sealed = seal_identity(context.vault, reporter, person, identity)
            await privacy_queries.put_identity(unit.connection, reporter.reporter_id, sealed)
        words = _corrected(complaint, person, correction)
        known = {*before, *identity.values(), *spelled}
        await _put_words(unit, complaint, person, words, known)


def identity_of(reporter: Reporter, person: PersonKey) -> dict[str, str]:
    """Return who a reporter is, as far as they said."""
    if reporter.identity is None:
        return {}
    opened: dict[str, str] = json.loads(
        person.open(reporter.identity, f"{reporter.reporter_id}:identity")
    )
    return opened


def seal_identity(
    vault: Vault, reporter: Reporter, person: PersonKey, identity: dict[str, str]
) -> dict[str, Any]:
    """Seal an identity again; who wrote on a platform is the platform's to say, and stays."""
    place = f"{reporter.reporter_id}:identity"
    phone, nik = identity.get("phone"), identity.get("nik")
    return {
        "identity": person.seal(to_json(identity).decode(), place) if identity else None,
        "phone_hash": vault.blind_index("phone", phone) if phone else None,
        "nik_hash": vault.blind_index("nik", nik) if nik else None,
    }


def _corrected(
    complaint: Complaint, person: PersonKey, correction: WordsCorrection | None
) -> Words:
    words: Words = json.loads(person.open(complaint.words, f"{complaint.complaint_id}:words"))
    if correction is None or correction.complaint_id != complaint.complaint_id:
        return words
    given = correction.model_dump(exclude_unset=True, exclude={"complaint_id"})
    text = given.get("text") or words["text"]
    return {**words, **{name: value or None for name, value in given.items()}, "text": text}


async def _put_words(
    unit: UnitOfWork, complaint: Complaint, person: PersonKey, words: Words, known: Iterable[str]
) -> None:
    masked = mask_words(words, known)
    sealed = person.seal(to_json(words).decode(), f"{complaint.complaint_id}:words")
    await privacy_queries.put_words(
        unit.connection, complaint.complaint_id, {"words": sealed, **masked}
    )
    changed = {name: value for name, value in masked.items() if value != getattr(complaint, name)}
    if not changed:
        return
    amended: dict[str, Any] = {
        name: value or "" for name, value in changed.items() if name != "address"
    }
    if "address" in changed:
        amended["location"] = Location(
            lat=complaint.lat,
            lon=complaint.lon,
            area_code=complaint.area_code,
            address=masked["address"],
        )
    unit.publish(
        ComplaintAmended(
            complaint_id=ComplaintId(complaint.complaint_id), occurred_at=unit.now, **amended
        )
    )
