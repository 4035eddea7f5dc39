"""Submissions that share a transaction: one bad item harms no other, and a crash leaves nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.intake import submission_queries
from services.intake.errors import TrackingCodeTaken
from services.intake.operations import submission as operations
from services.intake.operations.submission import Origin, Receipt, Submission, draft_submission
from services.intake.schemas import ComplaintForm
from shared.idempotency import KeyReused
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork
from tests.service.intake.driver import Driver


def _draft(intake: Driver, text: str = "x", key: str | None = None) -> Submission:
    form = ComplaintForm(text=text)
    return draft_submission(intake.doors.context, form, Origin(text.encode(), key=key), intake.now)


def _with_code(submission: Submission, code: str) -> Submission:
    return replace(submission, row={**submission.row, "tracking_code": code})


async def test_a_taken_code_fails_alone_and_the_others_are_stored(alone: Driver) -> None:
    lodged = await alone.lodge()
    good = [_draft(alone) for _ in range(3)]
    bad = _with_code(_draft(alone), lodged.code)
    results = await asyncio.gather(
        *(alone.doors.writer.submit(each) for each in (good[0], bad, *good[1:])),
        return_exceptions=True,
    )
    assert isinstance(results[1], TrackingCodeTaken)
    assert all(isinstance(results[at], Receipt) for at in (0, 2, 3))
    assert len(await alone.rows("SELECT 1 FROM complaint")) == 4
    assert len(await alone.rows("SELECT 1 FROM outbox")) == 4
    assert len(await alone.rows("SELECT 1 FROM reporter")) == 4


async def test_a_taken_code_is_drawn_again(alone: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [7, 7, 7, 8]
    context = alone.doors.context
    monkeypatch.setattr(
        type(context), "random_below", property(lambda _self: lambda _below: drawn.pop(0))
    )
    first, second = await alone.lodge(), await alone.lodge()
    assert first.code != second.code
    assert drawn == []
    (row,) = await alone.published(second.complaint_id)
    assert second.code in row["payload"]


async def test_a_group_answers_each_key_for_itself(alone: Driver) -> None:
    old, shared, reused = new_id(), new_id(), new_id()
    await alone.doors.writer.submit(_draft(alone, "lama", old))
    await alone.doors.writer.submit(_draft(alone, "asal", reused))
    group = [
        _draft(alone, "baru"),
        _draft(alone, "lama", old),
        _draft(alone, "kembar", shared),
        _draft(alone, "kembar", shared),
        _draft(alone, "lain", reused),
    ]
    async with alone.doors.units.begin() as unit:
        outcomes = await operations.submit_complaints(unit, group)
    fresh, replayed, one, other, refused = outcomes
    assert isinstance(fresh, Receipt)
    assert isinstance(replayed, Receipt)
    assert replayed.complaint_id != group[1].row["complaint_id"]
    assert one == other
    assert isinstance(refused, KeyReused)
    assert len(await alone.rows("SELECT 1 FROM complaint")) == 4
    assert len(await alone.rows("SELECT 1 FROM outbox")) == 4


async def test_a_crash_before_the_commit_leaves_nothing(
    alone: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def store_then_crash(connection: Any, rows: Sequence[Any]) -> set[str]:
        await submission_queries.insert_submissions(connection, rows)
        raise RuntimeError("crash")

    key = new_id()
    with monkeypatch.context() as patched:
        patched.setattr(operations, "insert_submissions", store_then_crash)
        answer = await alone.post({"text": "x"}, key=key)
    assert answer.status_code == 500
    for table in ("complaint", "reporter", "outbox", "timeline_entry", "idempotency"):
        assert await alone.rows(f"SELECT 1 FROM {table}") == []  # noqa: S608 - ours
    assert (await alone.post({"text": "x"}, key=key)).status_code == 201


async def test_a_crash_between_row_and_event_leaves_neither(
    alone: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(_unit: UnitOfWork) -> bool:
        raise RuntimeError("crash")

    with monkeypatch.context() as patched:
        patched.setattr(UnitOfWork, "flush", crash)
        assert (await alone.post({"text": "x"})).status_code == 500
    assert await alone.rows("SELECT 1 FROM complaint") == []
    assert await alone.rows("SELECT 1 FROM outbox") == []


async def test_a_replay_after_a_restart_answers_the_same_secret(alone: Driver) -> None:
    key = new_id()
    first = await alone.post({"text": "x"}, key=key)
    stored = await alone.rows("SELECT answer::text AS answer FROM idempotency")
    assert first.json()["secret"] not in stored[0]["answer"]
    again = await alone.post({"text": "x"}, key=key)
    assert again.content == first.content
