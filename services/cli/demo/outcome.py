"""What a simulated day came to: answered in time, late, escalated, as sla's clocks say it."""

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from services.cli.demo.doors import Doors
from services.cli.demo.player import Player, Story

_LEVELS = {0: "officer", 1: "head", 2: "Sekda", 3: "leader"}
_LEVEL_OF = {"sekda": "Sekda", "triage": "triage desk"}


@dataclass
class Tally:
    """The first responses of one OPD."""

    answered: int = 0
    in_time: int = 0
    late: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    levels: dict[int, int] = field(default_factory=lambda: defaultdict(int))


async def print_outcome(console: Console, doors: Doors, player: Player) -> None:
    """Ask sla for every clock of the day's complaints, and print the result."""
    told = [story for story in player.stories if story.receipt]
    gate = asyncio.Semaphore(10)

    async def ask(story: Story) -> list[dict[str, Any]]:
        async with gate:
            return await doors.clocks(story.complaint_id)

    tallies: dict[str, Tally] = defaultdict(Tally)
    for story, clocks in zip(told, await asyncio.gather(*map(ask, told)), strict=True):
        _count(tallies[story.opd or "MEJA TRIASE"], story, clocks)
    _print(console, tallies)
    _print_notices(console, await doors.notices({story.complaint_id for story in told}))
    right = sum(s.placed_by == "aturan" for s in told)
    console.print(
        f"\n{len(told)} complaints; {right} placed by a rule at once, "
        f"{len(told) - right} seen by the triage desk first."
    )
    applied, decided = player.counts["permohonan"], player.counts["diputuskan"]
    console.print(f"{applied} applications to services; staff decided {decided} stages of them.")
    for refusal in player.refusals:
        console.print(f"[yellow]The system refused:[/yellow] {refusal}", soft_wrap=True)


def _print_notices(console: Console, notices: list[dict[str, Any]]) -> None:
    kinds = Counter(each["kind"] for each in notices)
    if not kinds:
        return
    kinds_told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    roles = Counter(_LEVEL_OF.get(each["to_role"], each["to_role"]) for each in notices)
    roles_told = ", ".join(f"{role} {count}" for role, count in roles.most_common())
    console.print(f"Staff were told {len(notices)} times: {kinds_told}; {roles_told}")


def _count(tally: Tally, story: Story, clocks: list[dict[str, Any]]) -> None:
    code = story.receipt["tracking_code"]
    for clock in clocks:
        if clock["stage"] != "first_response":
            continue
        if clock["outcome"] == "met":
            tally.answered += 1
            tally.in_time += 1
        elif clock["outcome"] == "missed":
            tally.answered += 1
            tally.late.append(code)
        elif clock["state"] != "stopped":
            tally.unanswered.append(code)
        highest = max((step["level"] for step in clock["escalations"]), default=None)
        if highest is not None:
            tally.levels[highest] += 1


def _print(console: Console, tallies: dict[str, Tally]) -> None:
    table = Table(
        title="First responses of the day, and how far up they were told of",
        title_justify="left",
        padding=(0, 0),
    )
    table.add_column("OPD", no_wrap=True)
    for name in ("answered", "≤ 2 h", "late", "never", *_LEVELS.values()):
        table.add_column(name, justify="right", no_wrap=True)
    for opd, tally in sorted(tallies.items(), key=lambda item: -item[1].answered):
        table.add_row(
            opd,
            str(tally.answered),
            str(tally.in_time),
            str(len(tally.late)),
            str(len(tally.unanswered)),
            *(str(tally.levels[level] or "") for level in _LEVELS),
        )
    answered = sum(t.answered for t in tallies.values())
    in_time = sum(t.in_time for t in tallies.values())
    never = sum(len(t.unanswered) for t in tallies.values())
    table.add_section()
    table.add_row(
        "all",
        str(answered),
        str(in_time),
        str(answered - in_time),
        str(never),
        *(str(sum(t.levels[level] for t in tallies.values())) for level in _LEVELS),
    )
    console.print(table)
    if answered + never:
        console.print(f"Answered within 2 h: [bold]{in_time / (answered + never):.1%}[/bold]")
    late = [(code, opd) for opd, tally in tallies.items() for code in tally.late]
    if late:
        console.print("Late: " + ", ".join(f"{code} ({opd})" for code, opd in late), soft_wrap=True)
