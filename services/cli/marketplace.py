"""`tanggap marketplace`: a code that a person hands over, and invented goods to look at."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, cast

import typer
from prometheus_client import CollectorRegistry
from rich.console import Console

from services.cli.clocks import make_clock
from services.cli.databases import work_on
from services.cli.marketplace_demo import Stall, fill_catalogue, read_stalls
from services.marketplace import profile
from services.marketplace.app import context_of
from services.marketplace.context import MarketplaceContext
from services.marketplace.metrics import MarketplaceMetrics
from services.marketplace.operations.proving import hand_code
from services.marketplace.settings import MarketplaceSettings
from services.marketplace.tokens import TraderTokens
from shared.database import Database
from shared.errors import Problem
from shared.profile_store import ProfileMissing, latest_profile
from shared.settings import CoreSettings, ServiceSettings
from shared.unit_of_work import UnitsOfWork

console = Console(highlight=False)
app = typer.Typer(help="Look after the marketplace of small traders.", no_args_is_help=True)

Work = Callable[[UnitsOfWork, MarketplaceContext, MarketplaceSettings], Awaitable[None]]


@app.callback()
def marketplace() -> None:
    """Look after the marketplace of small traders."""


@app.command("code")
def make_code(
    phone: Annotated[str, typer.Argument(help="The trader's mobile number.")],
) -> None:
    """Make a one-time code that a person hands over, where neither WhatsApp nor SMS is connected.

    Whoever hands it over has seen that the number is the trader's.
    """

    async def work(
        units: UnitsOfWork, context: MarketplaceContext, _settings: MarketplaceSettings
    ) -> None:
        async with units.begin() as unit:
            row, code = await hand_code(unit, context, phone)
        console.print(f"code_id  {row.code_id}\ncode     {code}", soft_wrap=True)

    _run(work)


@app.command("demo")
def demo(
    folder: Annotated[
        Path, typer.Option("--profile", help="The profile whose demo/marketplace.yaml is played.")
    ] = Path("deploy/profiles/contoh"),
) -> None:
    """Put invented traders and products into the catalogue, and print where they are."""
    stalls = read_stalls(folder / "demo" / "marketplace.yaml")

    async def work(
        units: UnitsOfWork, context: MarketplaceContext, settings: MarketplaceSettings
    ) -> None:
        made = await fill_catalogue(units, context, stalls)
        _tell(units, context, settings, made)

    _run(work)


def _run(work: Work) -> None:
    core = CoreSettings()
    core = core.model_copy(update={"clock_file": core.clock_file or core.home / "clock.json"})

    async def with_context(database: Database, settings: ServiceSettings) -> None:
        own = cast(MarketplaceSettings, settings)
        async with database.transaction() as connection:
            version, content = await latest_profile(connection)
        metrics = MarketplaceMetrics(CollectorRegistry())
        context = context_of(own, profile.parse(content), version, metrics)
        try:
            await work(UnitsOfWork(database, make_clock(core)), context, own)
        finally:
            await context.photos.workshop.close()

    try:
        work_on("marketplace", with_context, core=core, migrated=True)
    except ProfileMissing as error:
        raise typer.BadParameter(str(error)) from error
    except Problem as refused:
        console.print(f"[red]{refused.title}[/red]: {refused.detail}", soft_wrap=True)
        raise typer.Exit(1) from refused


def _tell(
    units: UnitsOfWork,
    context: MarketplaceContext,
    settings: MarketplaceSettings,
    made: list[tuple[Stall, str]],
) -> None:
    base = f"{context.public_url}/marketplace"
    for stall, trader_id in made:
        console.print(f"{stall.name}: {base}/lapak/{trader_id}", soft_wrap=True)
    console.print(f"\nThe catalogue: {base}/katalog", soft_wrap=True)
    if made:
        lifetime = timedelta(hours=12)
        tokens = TraderTokens(settings.core.home, units.clock, lifetime)
        stall, trader_id = made[0]
        console.print(f"\nA token of {stall.name}, valid for 12 hours:")
        console.print(tokens.sign(trader_id), soft_wrap=True)
