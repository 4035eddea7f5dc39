"""`tanggap messages`: what waits for a person in the queues of messages, out and in."""

import re
from typing import Annotated, Final

import typer
from rich.console import Console

from services.cli.clocks import make_clock
from services.cli.databases import in_transaction
from services.intake import incoming_queries
from shared.contracts.topics import ServiceName
from shared.errors import Problem
from shared.ids import UUID_PATTERN
from shared.messaging import held
from shared.settings import CoreSettings

console = Console(highlight=False)
app = typer.Typer(
    help="See and decide on messages that a machine must not decide on.", no_args_is_help=True
)

_SERVICE: Final[ServiceName] = "intake"


@app.command("list")
def list_messages() -> None:
    """List messages to citizens that were perhaps sent (unsure), or failed for good (dead)."""
    rows = in_transaction(_SERVICE, held.list_held)
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
        state = in_transaction(
            _SERVICE, lambda connection: held.decide(connection, message, chosen, now)
        )
    except Problem as problem:
        console.print(f"[red]✗[/red] {problem.detail}")
        raise typer.Exit(1) from None
    console.print(f"[green]✓[/green] {message} is {state}", soft_wrap=True)


@app.command()
def refused() -> None:
    """List messages of citizens that could not be taken in, with the reason; never what they say.

    One is read, for a reason that is audited, by POST /intake/v1/staff/refused-messages/ID/read.
    """
    rows = in_transaction(_SERVICE, incoming_queries.list_refused)
    _say(f"Refused messages: {len(rows)}")
    for row in rows:
        since = f"{row.received_at:%Y-%m-%d %H:%M:%SZ}"
        _say("  ".join((bytes(row.message_hash).hex(), row.channel, row.account, since)))
        _say(f"    {row.reason or 'no reason'}")


def _say(line: str) -> None:
    """Print a line that is never folded: ids and reasons are to be copied."""
    console.print(line, soft_wrap=True, markup=False, highlight=False)
