"""`tanggap sla preview, apply`: which running clocks a profile would move, and moving them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.table import Table

from services.cli.databases import work_on
from services.cli.serving import check_or_exit
from services.sla import profile
from services.sla.context import make_context
from services.sla.metrics import SlaMetrics
from services.sla.operations import adjusting
from services.sla.operations.waking import keep_rules
from services.sla.policies import Policies
from services.sla.rule_tables import AdjustmentRow
from services.sla.wording import time_in_words
from shared.clock import SystemClock
from shared.database import Database
from shared.profile_store import ProfileMissing, latest_profile
from shared.settings import ServiceSettings
from shared.unit_of_work import UnitsOfWork

console = Console(highlight=False)
app = typer.Typer(help="Policies and calendars of running clocks.", no_args_is_help=True)

ResultT = TypeVar("ResultT")
Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The profile's folder.")]


@app.command()
def preview(
    folder: Folder,
    samples: Annotated[int, typer.Option(min=0, help="Clocks to show.")] = 20,
) -> None:
    """Say which running clocks a profile would move, before it is loaded; changes nothing."""
    check_or_exit(folder, ["sla"])
    policies = Policies(profile.read(folder))
    found = _run(
        lambda units: adjusting.preview_moves(
            units, policies, most_cases=10_000_000, most_samples=samples
        )
    )
    table = Table("Stage", "Policy", "Would be", "Earlier", "Later")
    for (stage, old, new), (earlier, later) in sorted(found.counts.items()):
        table.add_row(stage, old, new, str(earlier), str(later))
    console.print(table)
    for complaint_id, move in found.samples:
        old, new = (time_in_words(at.due_at, policies.zone) for at in (move.before, move.after))
        console.print(f"{complaint_id} {move.after.key.stage}: {old} → {new}")
    console.print(f"{found.moved} clocks of {found.examined} cases with running ones would move")


@app.command()
def apply(
    reason: Annotated[str, typer.Option(help="Why; kept, and told with each new deadline.")],
    by: Annotated[str, typer.Option(help="Who asks for it.")] = "tanggap sla apply",
) -> None:
    """Let running clocks go by the profile loaded last, each as if it had started on it."""
    if len(reason.strip()) < 10:
        raise typer.BadParameter("say in at least 10 characters why")
    row = _run(lambda units: _apply(units, reason.strip(), by))
    console.print(
        f"[green]✓[/green] {row.moved} clocks of {row.examined} cases have other deadlines; "
        f"adjustment {row.adjustment_id}"
    )


async def _apply(units: UnitsOfWork, reason: str, by: str) -> AdjustmentRow:
    async with units.begin() as unit:
        version, content = await latest_profile(unit.connection)
        context = make_context(profile.parse(content), version, SlaMetrics(CollectorRegistry()))
        await keep_rules(unit.connection, context.policies, unit.now)
        row = await adjusting.ask_adjustment(unit, context, "policies", reason=reason, asked_by=by)
    while await adjusting.work_off(units, context, row.adjustment_id):
        pass
    return await adjusting.wait_for_end(units, row.adjustment_id)


def _run(work: Callable[[UnitsOfWork], Awaitable[ResultT]]) -> ResultT:
    """Do the work on sla's database; what goes wrong is said in a line."""

    async def with_units(database: Database, _settings: ServiceSettings) -> ResultT:
        return await work(UnitsOfWork(database, SystemClock()))

    try:
        return work_on("sla", with_units)
    except (ValueError, LookupError, ProfileMissing) as error:
        console.print(f"[red]✗[/red] {error}")
        raise typer.Exit(1) from error
