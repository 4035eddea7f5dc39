"""Runs the proof, step by step; exits with 1 where anything is wrong, naming all of it."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic

from rich.console import Console

from tests.dashboards import lint, proof
from tests.dashboards.expressions import alert_expressions, panel_expressions
from tests.dashboards.load import NothingHappened, play
from tests.dashboards.programs import (
    CheckFailed,
    ProgramMissing,
    check_files,
    check_metrics,
    program,
)
from tests.dashboards.running import NotReady, running_prometheus, running_system

console = Console(highlight=False, soft_wrap=True)


class Steps:
    """Says what was proved, and remembers what was not."""

    def __init__(self) -> None:
        """Start with nothing wrong."""
        self.wrong: list[str] = []
        self._began = monotonic()

    async def prove(self, what: str, problems: AsyncIterator[str]) -> None:
        """Go through all problems of one step, and say how it went."""
        self.say(what, [problem async for problem in problems])

    def say(self, what: str, problems: list[str]) -> None:
        """Print one line, and every problem below it."""
        mark = "[red]✗[/red]" if problems else "[green]✓[/green]"
        console.print(f"{mark} {what} [dim]({monotonic() - self._began:.0f} s)[/dim]")
        for problem in problems:
            console.print(f"  {problem}", markup=False)
        self.wrong += problems


async def prove_live(steps: Steps, system_home: Path, prometheus_home: Path) -> None:
    """Start system and Prometheus, put load on them, and ask."""
    async with (
        running_system(system_home) as system,
        running_prometheus(prometheus_home, system.port) as prometheus,
    ):
        submitted = await play(system, prometheus)
        steps.say(f"{submitted} complaints were played", [])
        for exposition in (await system.expositions()).values():
            await check_metrics(exposition)
        steps.say("promtool accepts what every service exposes", [])
        await steps.prove("every metric that is named is exposed", proof.missing_metrics(system))
        panels, alerts = len(list(panel_expressions())), len(list(alert_expressions()))
        await steps.prove(f"{panels} panel queries return data", proof.empty_panels(prometheus))
        await steps.prove(f"{alerts} alert rules evaluate", proof.failing_alerts(prometheus))
        await steps.prove(
            "every label and value that is relied on is there", proof.unmet_needs(prometheus)
        )
        await steps.prove("two replicas do not double a gauge", proof.doubled_gauges(prometheus))
        await steps.prove("the totals are what was done", proof.wrong_totals(prometheus, submitted))
        await steps.prove(
            "alerts see the unanswered and the untriaged",
            proof.silent_alerts(prometheus, "FirstResponseOverdue", "TriageQueueOld"),
        )
        await system.stop()
        await steps.prove("a system that is gone is noticed", proof.unnoticed_ends(prometheus))


async def main() -> int:
    """Run all steps; returns the exit status."""
    steps = Steps()
    try:
        program("promtool"), program("prometheus")
        await check_files()
        steps.say("promtool accepts configuration and rules, and every rule's test passes", [])
        steps.say("dashboards and rules pass the lint", lint.problems())
        with (
            tempfile.TemporaryDirectory(prefix="tanggap-dashboards-") as system,
            tempfile.TemporaryDirectory(prefix="tanggap-prometheus-") as prometheus,
        ):
            await prove_live(steps, Path(system), Path(prometheus))
    except (ProgramMissing, CheckFailed, NotReady, NothingHappened) as error:
        steps.say("stopped", [str(error)])
    if steps.wrong:
        console.print(f"[red]{len(steps.wrong)} problems[/red]")
    return 1 if steps.wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
