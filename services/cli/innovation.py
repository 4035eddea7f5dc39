"""`tanggap innovation import, export` and `tanggap plan open`: innovations and follow-up plans."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.console import Console

from services.cli.clocks import make_clock
from services.cli.databases import work_on
from services.survey import profile
from services.survey.context import SurveyContext
from services.survey.innovation_errors import InnovationNotFound
from services.survey.innovation_package import (
    ImportedView,
    ImportForm,
    InnovationPackage,
    pack,
)
from services.survey.operations.innovation_sharing import (
    content_of,
    find_displayed,
    import_package,
)
from services.survey.operations.planning import open_plans
from services.survey.plan_views import view_plan
from shared.database import Database
from shared.errors import Problem
from shared.profile_store import ProfileMissing, latest_profile
from shared.settings import ServiceSettings
from shared.unit_of_work import UnitOfWork, UnitsOfWork

console = Console(highlight=False)
app = typer.Typer(help="Carry innovations between cities.", no_args_is_help=True)
plans = typer.Typer(help="Look after follow-up plans of the survey.", no_args_is_help=True)

_ACTOR = "command-line"
ResultT = TypeVar("ResultT")
Work = Callable[[UnitOfWork, SurveyContext], Awaitable[ResultT]]


@app.callback()
def innovation() -> None:
    """Carry innovations between cities."""


@plans.callback()
def plan() -> None:
    """Look after follow-up plans of the survey."""


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A package.")],
    opd: Annotated[str, typer.Option(help="The OPD that is to try the innovation.")],
) -> None:
    """Make a proposal of another city's innovation; the same package for the same OPD is one."""
    try:
        package = InnovationPackage.model_validate_json(file.read_bytes())
        form = ImportForm(package=package, opd=opd)
    except ValidationError as error:
        for each in error.errors(include_input=False, include_url=False)[:10]:
            where = "/".join(map(str, each["loc"]))
            console.print(f"[red]✗[/red] {file}: {where}: {each['msg']}", markup=True)
        raise typer.Exit(1) from None

    async def work(unit: UnitOfWork, context: SurveyContext) -> ImportedView:
        return await import_package(unit, context, _ACTOR, form)

    view = _run(work)
    done = "imported" if view.created else "imported before"
    console.print(f"[green]✓[/green] {done}: {view.innovation_id},", view.title, soft_wrap=True)
    origin = form.package.content.origin.pemda
    said = json.dumps(view.report, ensure_ascii=False)
    console.print(f"Tell {origin}: POST {view.report_to} with", said, soft_wrap=True)


@app.command("export")
def export(
    innovation_id: Annotated[str, typer.Argument(help="A displayed innovation's id.")],
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where the package goes.")],
) -> None:
    """Write a displayed innovation as a package that another city can import."""

    async def work(unit: UnitOfWork, context: SurveyContext) -> InnovationPackage:
        return pack(content_of(context, await find_displayed(unit, _as_id(innovation_id))))

    package = _run(work)
    file.write_text(package.model_dump_json(by_alias=True, indent=1), encoding="utf-8")
    console.print(f"[green]✓[/green] {file}: {package.checksum}")


@plans.command("open")
def open_for(
    period: Annotated[str, typer.Argument(help="A period that is over, such as 2026-02.")],
) -> None:
    """Open a plan for each weak element of a period; given again, it opens nothing new."""

    async def work(unit: UnitOfWork, context: SurveyContext) -> list[str]:
        opened = await open_plans(unit, context, period)
        views = [view_plan(context, each, context.today(unit.now)) for each in opened]
        return [f"{each.unit}: {each.element} {each.element_name}" for each in views]

    lines = _run(work)
    for line in lines:
        console.print(f"  {line}")
    console.print(f"[green]✓[/green] {len(lines)} plans opened for {period}")


def _as_id(words: str) -> str:
    """Return an id in its canonical form; what is none is an innovation that is not there."""
    try:
        return str(UUID(words))
    except ValueError:
        raise InnovationNotFound from None


def _run(work: Work[ResultT]) -> ResultT:
    """Do the work in a unit of survey's; what is refused is said in a line."""

    async def in_unit(database: Database, settings: ServiceSettings) -> ResultT:
        async with UnitsOfWork(database, make_clock(settings.core)).begin() as unit:
            version, content = await latest_profile(unit.connection)
            return await work(unit, SurveyContext(profile.parse(content), version))

    try:
        return work_on("survey", in_unit, migrated=True)
    except Problem as problem:
        said = [f"{each['field']}: {each['message']}" for each in problem.errors]
        console.print("[red]✗[/red]", problem.detail, *said)
        raise typer.Exit(1) from problem
    except ProfileMissing as error:
        console.print("[red]✗[/red]", str(error))
        raise typer.Exit(1) from error
