"""What was answered with 201 is there after a kill -9, stored once and counted as it is stored."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.database import Database
from tests.load.client import Door, Unanswered, Unreachable
from tests.service.survey.people import SERVICE, UNIT, scores
from tests.support.servers import Databases
from tests.support.survey_process import SurveyProcess

CLIENTS = 8
ROUNDS = 1
ANSWERS_BETWEEN = 60


@pytest.mark.timeout(110)
async def test_no_accepted_answer_is_lost(databases: Databases, tmp_path: Path) -> None:
    process = await SurveyProcess.start(databases, tmp_path)
    accepted: set[str] = set()
    sent: set[str] = set()
    numbers = iter(range(1_000_000))
    running = True

    async def answer_again_and_again(door: Door) -> None:
        while running:
            device = f"device-killed-{next(numbers):08}"
            sent.add(device)
            body = json.dumps({"unit": UNIT, "service": SERVICE, "scores": scores()}).encode()
            headers = {"X-Device-Id": device, "Content-Type": "application/json"}
            try:
                answer = await door.ask("POST", "/survey/v1/answers", body, headers)
            except (Unreachable, Unanswered):
                await asyncio.sleep(0.02)
                continue
            if answer.status == 201:
                accepted.add(device)

    try:
        door = Door(process.base)
        clients = [asyncio.create_task(answer_again_and_again(door)) for _ in range(CLIENTS)]
        for round_number in range(1, ROUNDS + 1):
            async with asyncio.timeout(40):
                while len(accepted) < round_number * ANSWERS_BETWEEN:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            await process.kill_and_restart()
        async with asyncio.timeout(40):
            while len(accepted) < (ROUNDS + 1) * ANSWERS_BETWEEN:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        running = False
        await asyncio.gather(*clients)
        await door.close()
    finally:
        running = False
        await process.stop()
    database = Database(process.database_url)
    async with database.transaction() as connection:
        found = await connection.execute(
            text(
                """SELECT (SELECT count(*) FROM answer) AS stored,
                (SELECT count(*) FROM claim) AS claimed,
                (SELECT answers FROM tally WHERE dimension = 'all') AS counted"""
            )
        )
        row = found.one()
    await database.close()
    assert len(accepted) <= row.stored <= len(sent)
    assert row.stored == row.claimed == row.counted
