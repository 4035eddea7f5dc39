"""Files of paper forms: taken whole, or not at all and with every mistake named."""

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import Final

from services.survey.answer_queries import insert_batch
from services.survey.context import SurveyContext
from services.survey.errors import (
    DayAhead,
    FileTakenAlready,
    PaperRefused,
    PaperUnreadable,
    PeriodNotOpen,
)
from services.survey.official import GROUPS
from services.survey.operations.answering import (
    ClaimOf,
    Draft,
    draft_answer,
    find_place,
    require_open,
    store_answers,
)
from services.survey.rules.paper import FileUnreadable, Mistake, PaperForm, read_paper
from services.survey.rules.periods import period_of
from shared.errors import Problem
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork

PAPER: Final = "paper"
_MOST_TOLD: Final = 200
_INITIALS: Final = {"l": "male", "lk": "male", "p": "female", "pr": "female"}


def draft_paper(context: SurveyContext, content: bytes, today: date) -> tuple[str, list[Draft]]:
    """Read a file and check every form in it; returns the batch's id and its answers.

    Takes a second for ten thousand forms and needs no database. Raises PaperUnreadable,
    PaperRefused.
    """
    try:
        forms, mistakes = read_paper(content, _words())
    except FileUnreadable as error:
        raise PaperUnreadable(str(error)) from error
    batch_id = new_id()
    digest = hashlib.sha256(content).hexdigest()
    drafts: list[Draft] = []
    for form in forms:
        try:
            drafts.append(_draft(context, form, today, digest, batch_id))
        except Problem as problem:
            mistakes += _told(form.line, problem)
    if mistakes:
        mistakes.sort(key=lambda each: each.line)
        told = [(f"baris {m.line}, kolom {m.column}", m.message) for m in mistakes[:_MOST_TOLD]]
        raise PaperRefused(told, len(mistakes))
    return batch_id, drafts


async def take_paper(unit: UnitOfWork, by: str, batch_id: str, drafts: list[Draft]) -> int:
    """Store all answers of a file; returns how many. Raises FileTakenAlready, PeriodNotOpen."""
    # In one go: whoever counts in several steps, and holds rows between them, may wait for another
    # who waits for these.
    for outcome in await store_answers(unit, drafts):
        if isinstance(outcome, Problem):
            # Rolls the whole unit back: nothing of a file is half taken.
            raise outcome
    await insert_batch(unit.connection, batch_id, PAPER, by, unit.now, len(drafts))
    return len(drafts)


def _draft(
    context: SurveyContext, form: PaperForm, today: date, digest: str, batch_id: str
) -> Draft:
    if form.day > today:
        raise DayAhead
    period = period_of(form.day, context.profile.period)
    place = find_place(context, form.unit, form.service, period, PAPER)
    require_open(context, period, today)
    # The line of the very same file: it is taken once, and nobody is recognised by it.
    claim = ClaimOf((PAPER, digest, str(form.line)), FileTakenAlready)
    return draft_answer(
        context,
        place,
        form.given,
        form.day,
        comment=form.comment,
        claim=claim,
        batch_id=batch_id,
    )


def _told(line: int, problem: Problem) -> Iterable[Mistake]:
    if not problem.errors:
        column = "tanggal" if isinstance(problem, DayAhead | PeriodNotOpen) else "unit"
        return [Mistake(line, column, problem.detail)]
    return [
        Mistake(line, str(each["field"]).rpartition("/")[2], str(each["message"]))
        for each in problem.errors
    ]


def _words() -> dict[str, dict[str, str]]:
    words = {
        dimension: {
            text.casefold(): value
            for value, names in values.items()
            for text in (value, names["id"])
        }
        for dimension, values in GROUPS.items()
    }
    words["sex"] |= _INITIALS
    return words
