"""Draws numbers as many clients at one time; as a program, draws one and never lets go of it."""

import asyncio
import sys
from datetime import date
from random import Random

from services.intake.operations.numbers import draw_number
from shared.catalogue.definition import Service
from shared.database import Database

DAY = date(2030, 3, 9)
#: Of so many transactions one is rolled back, after its number was drawn.
ONE_FAILS_OF = 10


async def draw_many(
    database: Database, service: Service, clients: int, wanted: int, random: Random
) -> list[str]:
    """Let clients draw until so many numbers are committed; returns them in no order."""
    left = wanted
    drawn: list[str] = []

    async def client(chance: Random) -> None:
        nonlocal left
        while left:
            left -= 1
            while (number := await _draw(database, service, chance)) is None:
                pass
            drawn.append(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client(Random(random.random())))  # noqa: S311 - whom to fail
    return drawn


async def _draw(database: Database, service: Service, chance: Random) -> str | None:
    async with database.engine.connect() as connection, connection.begin() as transaction:
        number = await draw_number(connection, service, "izin", "DPMPTSP", DAY, {})
        if chance.randrange(ONE_FAILS_OF) == 0:
            await transaction.rollback()
            return None
    return number


async def _hold(url: str, service: Service) -> None:
    database = Database(url)
    async with database.transaction() as connection:
        await draw_number(connection, service, "izin", "DPMPTSP", DAY, {})
        sys.stdout.write("drawn\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_hold(sys.argv[1], Service.model_validate_json(sys.argv[2])))
