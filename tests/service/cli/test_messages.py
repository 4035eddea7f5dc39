"""`tanggap messages`, on a database of its own."""

import asyncio

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from services.cli import app
from shared.database import Database
from shared.ids import new_id
from tests.service.cli.test_guarding import url

__all__ = ["url"]


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["messages", *arguments])


def _fill(url: str, message_id: str) -> None:
    async def fill() -> None:
        database = Database(url)
        async with database.transaction() as connection:
            await connection.execute(
                text(
                    """INSERT INTO outgoing_message (message_id, channel, account, lane, reference,
                    template, parameters, state, reason, created_at, due_at)
                    VALUES (CAST(:id AS uuid), 'telegram', '', 'l', 'complaint/x', 'assigned', '{}',
                            'unsure', 'HTTP 502', now(), now())"""
                ),
                {"id": message_id},
            )
            await connection.execute(
                text(
                    """INSERT INTO received_message (message_hash, channel, account, meaning,
                    reason, received_at, key_id, wrapped_key, content)
                    VALUES ('\\xab', 'whatsapp', '99', 'refused', 'entry.0: missing', now(), 'k',
                            '\\x00', '\\x00')"""
                )
            )
        await database.close()

    asyncio.run(fill())


def test_what_is_held_is_listed_and_decided_on_once(url: str) -> None:
    message_id = new_id()
    _fill(url, message_id)
    listed = _run("list")
    assert listed.exit_code == 0, listed.output
    for said in (message_id, "HTTP 502", "send_again, was_sent, drop"):
        assert said in listed.output
    decided = _run("decide", message_id, "was_sent")
    assert f"{message_id} is sent" in decided.output
    again = _run("decide", message_id, "drop")
    assert (again.exit_code, "tidak ada" in again.output) == (1, True)
    assert "Held messages: 0" in _run("list").output


def test_what_was_refused_is_listed_with_its_reason(url: str) -> None:
    _fill(url, new_id())
    listed = _run("refused")
    assert listed.exit_code == 0, listed.output
    for said in ("Refused messages: 1", "whatsapp", "entry.0: missing", "ab"):
        assert said in listed.output


@pytest.mark.parametrize("arguments", [("x", "drop"), (new_id(), "forget")])
def test_what_can_not_be_decided_is_said(url: str, arguments: tuple[str, str]) -> None:
    del url
    assert _run("decide", *arguments).exit_code == 2


def test_a_message_that_is_not_there_is_said(url: str) -> None:
    del url
    said = _run("decide", new_id(), "drop")
    assert (said.exit_code, "Tidak ada pesan" in said.output) == (1, True)
