"""`tanggap messages`: what waits for a person in the queues of messages, out and in."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncConnection

from services.all_in_one import settings_of
from services.cli.serving import embedded_postgres, make_clock
from services.deployment import settle_settings
from services.intake import incoming_queries
from shared.contracts.topics import ServiceName
from shared.database import Database
from shared.errors import Problem
from shared.ids import UUID_PATTERN
from shared.messaging import held
from shared.settings import CoreSettings

console = Console(highlight=False)
app = typer.Typer(
    help="See and decide on messages that a machine must not decide on.", no_args_is_help=True
)

_SERVICE: Final[ServiceName] = "intake"
ResultT = TypeVar("ResultT")
Work = Callable[[AsyncConnection], Awaitable[ResultT]]


@app.command("list")
def list_messages() -> None:
    """List messages to citizens that were perhaps sent (unsure), or failed for good (dead)."""
    rows = _in_transaction(held.list_held)
    _say(f"Held messages: {len(rows)}")
    for row in rows:
        since = f"{row['created_at']:%Y-%m-%d %H:%M:%SZ}"
        said = (row["message_id"], row["channel"], row["template"], row["state"], since)
        _say("  ".join(said))
        _say(f"    {row['reason'] or 'no reason'}; {', '.join(row['decisions'])}")


@app.command()
def decide(
    message: Annotated[str, typer.Argument(help="The message's id, from `list`.")],
    decision: Annotated[
        str, typer.Argument(help="One of send_again, was_sent, drop, as `list` allows.")
    ],
) -> None:
    """Send a held message again, count it as sent, or drop it; a running service does the rest."""
    chosen = next((each for each in held.DECISIONS["unsure"] if each == decision), None)
    if chosen is None:
        raise typer.BadParameter(f"{decision} is none of {', '.join(held.DECISIONS['unsure'])}")
    if not re.fullmatch(UUID_PATTERN, message):
        raise typer.BadParameter(f"{message} is no id of a message")
    now = make_clock(CoreSettings()).now()
    try:
        state = _in_transaction(lambda connection: held.decide(connection, message, chosen, now))
    except Problem as problem:
        console.print(f"[red]✗[/red] {problem.detail}")
        raise typer.Exit(1) from None
    console.print(f"[green]✓[/green] {message} is {state}", soft_wrap=True)


@app.command()
def refused() -> None:
    """List messages of citizens that could not be taken in, with the reason; never what they say.

    One is read, for a reason that is audited, by POST /intake/v1/staff/refused-messages/ID/read.
    """
    rows = _in_transaction(incoming_queries.list_refused)
    _say(f"Refused messages: {len(rows)}")
    for row in rows:
        since = f"{row.received_at:%Y-%m-%d %H:%M:%SZ}"
        _say("  ".join((bytes(row.message_hash).hex(), row.channel, row.account, since)))
        _say(f"    {row.reason or 'no reason'}")


def _say(line: str) -> None:
    """Print a line that is never folded: ids and reasons are to be copied."""
    console.print(line, soft_wrap=True, markup=False, highlight=False)


def _in_transaction(work: Work[ResultT]) -> ResultT:
    """Do something in intake's database, beside a running service."""
    core = CoreSettings()
    url = settings_of(_SERVICE, core=core).database_url
    if url:
        return asyncio.run(_do(url, work))
    with embedded_postgres(core, [_SERVICE]) as postgres:
        _, settled = settle_settings(core, [_SERVICE], postgres)
        return asyncio.run(_do(settled[_SERVICE].database_url, work))


async def _do(url: str, work: Work[ResultT]) -> ResultT:
    database = Database(url)
    try:
        async with database.transaction() as connection:
            return await work(connection)
    finally:
        await database.close()
