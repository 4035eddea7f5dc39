"""Applications that somebody has begun: sealed under a key of their own, and over after 30 days."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, Final

from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import application_draft_queries as draft_queries
from services.intake.application_errors import DraftNotFound
from services.intake.application_schemas import FieldProblem, ShownDraft
from services.intake.application_tables import ApplicationDraft
from services.intake.context import IntakeContext
from services.intake.errors import FormIncorrect
from services.intake.operations.applications import score_shown, today_of
from shared.catalogue.answers import Answers, Filled, fill_in
from shared.catalogue.definition import Service
from shared.catalogue.values import general_values
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork, UnitsOfWork
from shared.vault import VaultLocked, WrappedKey

KEPT: Final = timedelta(days=30)


async def save_draft(
    unit: UnitOfWork, context: IntakeContext, service: Service, answers: Mapping[str, Any]
) -> ApplicationDraft:
    """Keep a new draft; what is there is checked. Raises FormIncorrect."""
    kept = _checked(context, service, answers, unit.now)
    draft_id = new_id()
    wrapped, key = context.vault.new_person(draft_id)
    draft = ApplicationDraft(
        draft_id=draft_id,
        service=service.code,
        key_id=wrapped.key_id,
        wrapped_key=wrapped.wrapped,
        content=key.seal(to_json(kept).decode(), _place(draft_id)),
        created_at=unit.now,
        expires_at=unit.now + KEPT,
    )
    await draft_queries.insert_draft(unit.connection, draft.model_dump())
    return draft


async def change_draft(
    unit: UnitOfWork,
    context: IntakeContext,
    service: Service,
    draft_id: str,
    secret: str | None,
    answers: Mapping[str, Any],
) -> ShownDraft:
    """Put other answers into a draft, and keep it for longer; raises DraftNotFound, FormIncorrect.

    Nothing changes unless all answers can be.
    """
    draft = await find_own(unit.connection, context, service, draft_id, secret, unit.now, lock=True)
    kept = _checked(context, service, answers, unit.now)
    key = context.vault.unwrap(draft_id, WrappedKey(draft.key_id, draft.wrapped_key))
    draft.expires_at = unit.now + KEPT
    content = key.seal(to_json(kept).decode(), _place(draft_id))
    await draft_queries.update_draft(unit.connection, draft_id, content, draft.expires_at)
    return _shown(context, service, draft, kept, unit.now)


async def find_own(
    connection: AsyncConnection,
    context: IntakeContext,
    service: Service,
    draft_id: str,
    secret: str | None,
    now: datetime,
    *,
    lock: bool = False,
) -> ApplicationDraft:
    """Return the draft whose secret this is; raises DraftNotFound."""
    draft = await draft_queries.find_draft(connection, draft_id, now, lock=lock)
    if draft is None or draft.service != service.code:
        raise DraftNotFound
    if not is_secret(context, draft.key_id, draft_id, secret):
        raise DraftNotFound
    return draft


def show_draft(
    context: IntakeContext, service: Service, draft: ApplicationDraft, now: datetime
) -> ShownDraft:
    """Return a draft with what would be wrong with it now; raises DraftNotFound."""
    return _shown(context, service, draft, open_draft(context, draft), now)


def open_draft(context: IntakeContext, draft: ApplicationDraft) -> Answers:
    """Return a draft's answers; raises DraftNotFound where its master key is gone."""
    try:
        key = context.vault.unwrap(draft.draft_id, WrappedKey(draft.key_id, draft.wrapped_key))
    except VaultLocked as error:
        raise DraftNotFound from error
    answers: Answers = json.loads(key.open(draft.content, _place(draft.draft_id)))
    return answers


def secret_of(context: IntakeContext, key_id: str, draft_id: str) -> str:
    """Return the secret of a draft; it is stored nowhere."""
    return context.vault.derive_secret(key_id, f"draft:{draft_id}")


def is_secret(context: IntakeContext, key_id: str, draft_id: str, given: str | None) -> bool:
    """Tell whether this is a draft's secret; takes constant time."""
    try:
        expected = secret_of(context, key_id, draft_id)
    except VaultLocked:
        return False
    written = (given or "").replace(" ", "").replace("-", "").upper()
    return compare_digest(written.encode("utf-8", "replace"), expected.encode())


async def forget_drafts(units: UnitsOfWork) -> None:
    """Delete the drafts that are over."""
    async with units.begin() as unit:
        await draft_queries.delete_expired(unit.connection, unit.now)


def _checked(
    context: IntakeContext, service: Service, answers: Mapping[str, Any], now: datetime
) -> Answers:
    filled = _filled(context, service, answers, now)
    if filled.problems:
        raise FormIncorrect([(f"/answers{at}", said) for at, said in filled.problems])
    return filled.answers


def _filled(
    context: IntakeContext, service: Service, answers: Mapping[str, Any], now: datetime
) -> Filled:
    today = today_of(context, now)
    return fill_in(service, service.form, answers, general_values(), today, partly=True)


def _shown(
    context: IntakeContext,
    service: Service,
    draft: ApplicationDraft,
    answers: Answers,
    now: datetime,
) -> ShownDraft:
    filled = _filled(context, service, answers, now)
    return ShownDraft(
        draft_id=draft.draft_id,
        service=service.code,
        answers=answers,
        problems=[FieldProblem(field=at, message=said) for at, said in filled.problems],
        score=score_shown(filled.score),
        expires_at=draft.expires_at,
    )


def _place(draft_id: str) -> str:
    return f"{draft_id}:draft"
