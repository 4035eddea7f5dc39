"""Adjustments of running clocks: killed in the middle, worked off by two, asked for by command."""

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from services.all_in_one import settings_of
from services.cli import app
from services.deployment import load_profile
from services.sla import adjustment_queries, profile
from services.sla.context import SlaContext, make_context
from services.sla.metrics import SlaMetrics
from services.sla.operations import adjusting
from services.sla.operations.waking import keep_rules
from shared.clock import ManualClock
from shared.contracts.sla import ClockRescheduled
from shared.database import Database
from shared.unit_of_work import UnitsOfWork
from tests.service.sla.driver import Case, Sla
from tests.service.sla.test_peer_errors import with_holiday
from tests.support.servers import PROFILE, Databases

REASON = "Perwal baru berlaku juga bagi laporan berjalan."


class Killed(BaseException):
    """Stands for the end of the process at this point."""


def later_context(sla: Sla) -> SlaContext:
    """Return what a service has that starts on a profile with one more holiday."""
    edited = with_holiday(profile.read(PROFILE), "2026-03-12")
    return make_context(edited, "later", sla.context.metrics)


async def some_cases(sla: Sla, number: int) -> list[Case]:
    cases = [sla.case() for _ in range(number)]
    await sla.hear(*(event for case in cases for event in (case.submitted(), case.assigned())))
    return cases


async def times_told(sla: Sla, cases: list[Case]) -> set[int]:
    return {len(await sla.told(case, ClockRescheduled)) for case in cases}


async def test_what_a_killed_process_left_the_next_one_finishes(
    sla: Sla, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = await some_cases(sla, 7)
    later = later_context(sla)
    async with sla.units.begin() as unit:
        row = await adjusting.ask_adjustment(unit, later, "policies", reason=REASON, asked_by="a")
    await adjusting.work_off(sla.units, later, batch=3)

    async def killed(*args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(adjustment_queries, "note_progress", killed)
        with pytest.raises(Killed):
            await adjusting.work_off(sla.units, later, batch=3)
    while await adjusting.work_off(sla.units, later, batch=3):
        pass
    assert await times_told(sla, cases) == {1}
    done = await adjusting.wait_for_end(sla.units, row.adjustment_id)
    assert (done.examined, done.moved) == (7, 7)


async def test_two_replicas_move_each_clock_once(sla: Sla) -> None:
    cases = await some_cases(sla, 12)
    later = later_context(sla)
    async with sla.units.begin() as unit:
        await adjusting.ask_adjustment(unit, later, "policies", reason=REASON, asked_by="a")

    async def replica() -> None:
        for _ in range(12):
            await adjusting.work_off(sla.units, later, batch=2)

    await asyncio.gather(replica(), replica())
    while await adjusting.work_off(sla.units, later):
        pass
    assert await times_told(sla, cases) == {1}


async def test_a_profile_that_is_not_loaded_here_is_left_to_those_who_have_it(sla: Sla) -> None:
    await some_cases(sla, 1)
    async with sla.units.begin() as unit:
        await adjusting.ask_adjustment(
            unit, later_context(sla), "policies", reason=REASON, asked_by="a"
        )
    assert not await adjusting.work_off(sla.units, sla.context)


async def test_the_commands_say_beforehand_and_then_move(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = await databases.fresh("sla")
    settings = {"sla": settings_of("sla", database_url=url)}
    await load_profile(PROFILE, settings)  # type: ignore[arg-type]
    for name in ("TANGGAP_SLA_DATABASE_URL", "TANGGAP_BUS_DATABASE_URL"):
        monkeypatch.setenv(name, url)
    monkeypatch.setenv("COLUMNS", "200")
    database = Database(url)
    clock = ManualClock(datetime.now(UTC))  # noqa: TID251 - the command reads the machine's clock
    context = make_context(profile.read(PROFILE), "old", SlaMetrics(CollectorRegistry()))
    sla = Sla(UnitsOfWork(database, clock), context, clock)
    async with database.transaction() as connection:
        await keep_rules(connection, context.policies, clock.now())
    [case] = await some_cases(sla, 1)
    before = (await sla.clocks(case))["follow_up", 0]["due_at"]

    folder = tmp_path / "profile"
    shutil.copytree(PROFILE, folder)
    file = folder / "sla.yaml"
    file.write_text(file.read_text().replace("seconds: 86400\n", "seconds: 43200\n", 1))
    said = await asyncio.to_thread(CliRunner().invoke, app, ["sla", "preview", str(folder)])
    assert said.exit_code == 0, said.output
    assert "1 clocks of 1 cases" in said.output
    assert (await sla.clocks(case))["follow_up", 0]["due_at"] == before

    await load_profile(folder, settings)  # type: ignore[arg-type]
    said = await asyncio.to_thread(CliRunner().invoke, app, ["sla", "apply", "--reason", "kurang"])
    assert said.exit_code == 2
    said = await asyncio.to_thread(CliRunner().invoke, app, ["sla", "apply", "--reason", REASON])
    assert said.exit_code == 0, said.output
    assert (await sla.clocks(case))["follow_up", 0]["due_at"] < before
    [event] = await sla.told(case, ClockRescheduled)
    assert event.reason == REASON
    await database.close()
