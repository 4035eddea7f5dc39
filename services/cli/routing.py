"""`tanggap routing train, evaluate, promote, rollback, models`: what decides after the rules."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.databases import in_transaction
from services.routing import model_queries, profile
from services.routing.operations import learning
from services.routing.rules import compile_rules
from shared.clock import SystemClock
from shared.profile_store import latest_profile

console = Console(highlight=False)
app = typer.Typer(help="Train the model that decides after the rules.", no_args_is_help=True)

ResultT = TypeVar("ResultT")
Version = Annotated[int, typer.Argument(min=1, help="A version that `models` lists.")]


@app.command()
def train() -> None:
    """Learn from all cases and imported complaints whose OPD is known; prints what was measured.

    The new version decides nothing until it is promoted.
    """
    version, report = _run(_train)
    _print_report(report)
    console.print(
        f"[green]✓[/green] model {version} is stored; `tanggap routing promote {version}`"
    )


@app.command()
def evaluate(
    version: Version,
    confusion: Annotated[bool, typer.Option(help="Show which OPD was taken for which.")] = True,
) -> None:
    """Print what was measured when a version was trained, on texts newer than it had learned."""
    models = {each.version: each for each in _run(model_queries.list_models)}
    if version not in models:
        raise typer.BadParameter(f"there is no model {version}")
    _print_report(models[version].report, confusion=confusion)


@app.command()
def promote(
    version: Version,
    because: Annotated[
        str | None, typer.Option(help="Promote it although it was not better, for this reason.")
    ] = None,
) -> None:
    """Let a version decide; running services take it within seconds.

    It must have been better than the present one, on the newest weeks.
    """
    now = SystemClock().now()
    _run(lambda connection: learning.promote_model(connection, version, now, because))
    console.print(f"[green]✓[/green] model {version} decides from now on")


@app.command()
def rollback(
    because: Annotated[str, typer.Option(help="Why.")] = "rolled back",
) -> None:
    """Let the version before the present one decide again."""
    now = SystemClock().now()
    before = _run(lambda connection: learning.roll_back(connection, now, because))
    who = f"model {before} decides" if before else "the rules and keywords alone decide"
    console.print(f"[green]✓[/green] {who} from now on")


@app.command()
def models() -> None:
    """List all versions; none is ever deleted."""
    table = Table("", "Version", "Trained", "Lessons", "Size", "Accuracy", "Top three", "Macro-F1")
    for each in _run(model_queries.list_models):
        figures = [f"{each.report[key]:.3f}" for key in ("accuracy", "top_three", "macro_f1")]
        table.add_row(
            "▶" if each.current else "",
            str(each.version),
            f"{each.trained_at:%Y-%m-%d %H:%M}",
            str(each.lessons),
            f"{each.size / 1e6:.1f} MB",
            *figures,
        )
    console.print(table)


async def _train(connection: AsyncConnection) -> tuple[int, dict[str, Any]]:
    _, content = await latest_profile(connection)
    router = compile_rules(profile.parse(content))
    past = await model_queries.list_past(connection)
    present = await learning.find_present(connection)
    with console.status(f"Learning from {len(past)} complaints …"):
        trained = await asyncio.to_thread(learning.train, past, router, present)
    version = await learning.store_model(connection, trained, SystemClock().now())
    return version, trained.report


def _run(work: Callable[[AsyncConnection], Awaitable[ResultT]]) -> ResultT:
    """Do the work in a transaction of routing's database; what goes wrong is said in a line."""
    try:
        return in_transaction("routing", work)
    except (ValueError, LookupError) as error:
        console.print(f"[red]✗[/red] {error}")
        raise typer.Exit(1) from error


def _print_report(report: dict[str, Any], *, confusion: bool = True) -> None:
    table = Table("Measured", "Figure")
    table.add_row("texts", f"{report['texts']}, {report['since'][:10]} to {report['until'][:10]}")
    for key, name in (
        ("accuracy", "accuracy"),
        ("macro_f1", "macro-F1"),
        ("top_three", "among the top three"),
        ("at_80_coverage", "accuracy of the surest 80 %"),
        ("coverage_at_precision", f"share placed at precision {report['wanted_precision']:.2f}"),
        ("calibration_error", "calibration error"),
    ):
        table.add_row(name, f"{report[key]:.3f}")
    against = report["against"]
    other = f"model {against['version']}" if against["version"] else "the keywords"
    table.add_row(
        f"right, of {against['texts']} new to both",
        f"{against['right']}; {other}: {against['right_before']}",
    )
    console.print(table)
    if confusion:
        _print_confusion(report)


def _print_confusion(report: dict[str, Any]) -> None:
    table = Table("OPD", "Texts", "Precision", "Recall", "Most often taken for")
    for code, (there, suggested, both) in report["classes"].items():
        wrong = [pair for pair in report["confusion"] if pair[0] == code and pair[1] != code]
        wrong.sort(key=lambda pair: -pair[2])
        table.add_row(
            code,
            str(there),
            f"{both / suggested:.2f}" if suggested else "-",
            f"{both / there:.2f}" if there else "-",
            ", ".join(f"{guess} {count}" for _, guess, count in wrong[:3]),
        )
    console.print(table)
