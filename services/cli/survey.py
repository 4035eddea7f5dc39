"""`tanggap survey links, recount`: prints links to send, and counts a period anew."""

import csv
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from services.all_in_one import settings_of
from services.cli.clocks import make_clock
from services.cli.databases import work_on
from services.survey import profile, queries
from services.survey.context import SurveyContext
from services.survey.operations.links import print_links
from services.survey.settings import SurveySettings
from shared.database import Database
from shared.errors import Problem
from shared.profile_store import ProfileMissing, latest_profile
from shared.settings import CoreSettings, ServiceSettings
from shared.survey_links import SurveyKeyInvalid, read_survey_keys
from shared.unit_of_work import UnitOfWork, UnitsOfWork

console = Console(highlight=False, stderr=True)
app = typer.Typer(help="Print links of the survey, and count anew.", no_args_is_help=True)

ResultT = TypeVar("ResultT")
Work = Callable[[UnitOfWork, SurveyContext], Awaitable[ResultT]]
_HEADING = ("unit", "service", "period", "url")


@app.callback()
def survey() -> None:
    """Print links of the survey, and count anew."""


@app.command()
def links(
    unit: Annotated[str, typer.Argument(help="A unit's code.")],
    service: Annotated[str, typer.Argument(help="One of its services.")],
    period: Annotated[str, typer.Argument(help="A period, such as 2026-03.")],
    count: Annotated[int, typer.Argument(min=1, max=100_000, help="How many links.")],
    output: Annotated[
        Path | None, typer.Option(help="File to write; by default they are printed.")
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(help="Address with `{token}`; by default below TANGGAP_SURVEY_PUBLIC_URL."),
    ] = None,
) -> None:
    """Print a batch of links, as CSV: each is for one person, and is spent by one answer.

    They name nobody: who gets which is known to whoever sends them, and is not written down here.
    That so many were sent is noted, for the response rate. Needs TANGGAP_SURVEY_LINK_KEY.
    """
    where = address or f"{_own_settings().public_url}/survey/v1/links/{{token}}"
    if "{token}" not in where:
        raise typer.BadParameter("--address needs {token} where the link's token stands")
    printed = _run(
        lambda work, context: print_links(work, context, unit, service, period, count, where)
    )
    rows = [_HEADING, *((each.unit, each.service, each.period, each.url) for each in printed)]
    if output is None:
        csv.writer(sys.stdout).writerows(rows)
        return
    with output.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    console.print(f"[green]✓[/green] {count} links written to {output}")


@app.command()
def recount(
    period: Annotated[
        str | None, typer.Argument(help="A period; by default every one that has answers.")
    ] = None,
) -> None:
    """Count anew what reports are made of, from the answers themselves; the service may run.

    What is counted is kept right by itself: this is for after a repair of the database.
    """

    async def work(unit: UnitOfWork, _context: SurveyContext) -> list[str]:
        known = await queries.list_periods(unit.connection)
        chosen = [each for each in known if period in (None, each)]
        for each in sorted(chosen):
            await queries.recount(unit.connection, each)
        return chosen

    counted = _run(work)
    if period is not None and not counted:
        raise typer.BadParameter(f"no answer came for {period}")
    console.print(f"[green]✓[/green] counted anew: {', '.join(sorted(counted)) or 'nothing'}")


def _own_settings() -> SurveySettings:
    settings = settings_of("survey", core=CoreSettings())
    if not isinstance(settings, SurveySettings):
        raise TypeError(type(settings).__name__)
    return settings


def _run(work: Work[ResultT]) -> ResultT:
    """Do something in a unit of work on survey's database, beside a running service."""

    async def in_unit(database: Database, settings: ServiceSettings) -> ResultT:
        async with database.transaction() as connection:
            version, content = await latest_profile(connection)
        key = settings.core.survey_link_key
        keys = read_survey_keys(key.get_secret_value()) if key else ()
        context = SurveyContext(profile.parse(content), version, keys)
        async with UnitsOfWork(database, make_clock(settings.core)).begin() as unit:
            return await work(unit, context)

    try:
        return work_on("survey", in_unit, migrated=True)
    except (ProfileMissing, SurveyKeyInvalid) as error:
        raise typer.BadParameter(str(error)) from error
    except Problem as problem:
        raise typer.BadParameter(problem.detail) from problem
