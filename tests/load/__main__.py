"""`python -m tests.load`: measures everything, shows a table, and keeps a file to compare with."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shared import event_loop
from shared.clock import SystemClock
from tests.load.cores import Cores, share_cores, started_on
from tests.load.figures import Figure, Run
from tests.load.measure_bank import measure_bank
from tests.load.measure_board import measure_board
from tests.load.measure_clocks import measure_clocks
from tests.load.measure_delivery import measure_inbox, measure_relay
from tests.load.measure_end_to_end import measure_end_to_end
from tests.load.measure_links import measure_links
from tests.load.measure_marketplace import measure_marketplace
from tests.load.measure_model import measure_model
from tests.load.measure_numbers import measure_numbers
from tests.load.measure_process import measure_classify, measure_start
from tests.load.measure_records import measure_records
from tests.load.measure_submit import measure_submit
from tests.load.measure_survey import measure_survey
from tests.load.measure_whole_case import measure_whole_case
from tests.load.plan import Plan
from tests.load.report import show_run
from tests.load.rig import Rig, start_rig

OUTPUT = Path(".bench")
QUICK = Plan(
    rounds=2,
    seconds=2,
    warm_up_seconds=2,
    end_to_end_seconds=4,
    cases=20_000,
    case_seconds=10,
    spike_seconds=5,
    clocks=50_000,
    due=5_000,
    listeners=50,
)

_LONGEST_REASON = 300
# A narrower table is harder to read than one that a terminal breaks.
_LEAST_WIDTH = 104

console = Console(highlight=False)
if console.width < _LEAST_WIDTH:
    console = Console(highlight=False, width=_LEAST_WIDTH)


@dataclass(frozen=True, slots=True)
class Bench:
    """One measurement; `on_all_cores` where nothing is pinned."""

    measure: Callable[[Rig, Plan], Awaitable[list[Figure]]]
    on_all_cores: bool = False


BENCHES: dict[str, Bench] = {
    "submit": Bench(measure_submit),
    "relay": Bench(measure_relay),
    "inbox": Bench(measure_inbox),
    "end-to-end": Bench(measure_end_to_end, on_all_cores=True),
    "classify": Bench(measure_classify),
    "model": Bench(measure_model),
    "bank": Bench(measure_bank, on_all_cores=True),
    "whole-case": Bench(measure_whole_case, on_all_cores=True),
    "clocks": Bench(measure_clocks, on_all_cores=True),
    "survey": Bench(measure_survey, on_all_cores=True),
    "marketplace": Bench(measure_marketplace, on_all_cores=True),
    "links": Bench(measure_links),
    "board": Bench(measure_board, on_all_cores=True),
    "numbers": Bench(measure_numbers, on_all_cores=True),
    "records": Bench(measure_records, on_all_cores=True),
    "start": Bench(measure_start, on_all_cores=True),
}


def main(
    quick: Annotated[bool, typer.Option(help="Two rounds of 2 s: a glance, no verdict.")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each side.")] = 5,
    seconds: Annotated[
        float | None,
        typer.Option(min=0.5, help="Length of a round (5), of whole cases (300), of a spike (60)."),
    ] = None,
    cases: Annotated[
        int | None,
        typer.Option(min=200, help="Cases stored, for whole cases and the board (1,000,000)."),
    ] = None,
    clocks: Annotated[
        int | None, typer.Option(min=1_000, help="Running clocks (1,000,000).")
    ] = None,
    due: Annotated[
        int | None, typer.Option(min=100, help="Clocks due at one instant (100,000).")
    ] = None,
    answers: Annotated[
        int | None, typer.Option(min=10_000, help="Answers of the survey (1,000,000).")
    ] = None,
    listeners: Annotated[
        int | None, typer.Option(min=1, help="Listeners on the stream of the board (200).")
    ] = None,
    only: Annotated[str, typer.Option(help=f"Some of {','.join(BENCHES)}, with commas.")] = "",
    compare: Annotated[
        Path | None, typer.Option(help="Run to compare with; by default the last one.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder for the files of runs.")] = OUTPUT,
) -> None:
    """Measure speed and size beside reference programs.

    Ends with 0 whatever the figures are, and with 1 when something failed to run.
    """
    names = [name for name in only.split(",") if name] or list(BENCHES)
    if unknown := set(names) - set(BENCHES):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: there are {', '.join(BENCHES)}")
    output = output.absolute()
    output.mkdir(parents=True, exist_ok=True)
    before = _read_run(compare or output / "latest.json", must_exist=compare is not None)
    plan = QUICK if quick else _plan(rounds, seconds)
    if cases is not None:
        plan = replace(plan, cases=cases)
    plan = replace(plan, clocks=clocks or plan.clocks, due=due or plan.due)
    plan = replace(plan, answers=answers or plan.answers)
    plan = replace(plan, listeners=listeners or plan.listeners)
    run = _measure(names, plan, output)
    path = _write_run(run, output)
    show_run(console, run, before)
    console.print(f"\nWritten to {path}")
    sys.exit(1 if run.failures else 0)


def _plan(rounds: int, seconds: float | None) -> Plan:
    if seconds is None:
        return Plan(rounds=rounds)
    return Plan(
        rounds=rounds,
        seconds=seconds,
        case_seconds=seconds,
        spike_seconds=min(seconds, Plan().spike_seconds),
    )


def _measure(names: list[str], plan: Plan, output: Path) -> Run:
    cores = share_cores()
    plan = replace(plan, say=lambda text: console.print(f"  {text}"))
    conditions = {
        "revision": _revision(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "cores": cores.description,
        "rounds": f"{plan.rounds} of {plan.seconds:g} s",
        "load average before": f"{os.getloadavg()[0]:.2f}",
    }
    taken_at = SystemClock().now().isoformat(timespec="seconds")
    figures: list[Figure] = []
    failures: dict[str, str] = {}
    for name in names:
        console.print(f"[bold]{name}[/bold]")
        try:
            figures += event_loop.run(_measure_one(BENCHES[name], plan, cores, output))
        except Exception as error:  # noqa: BLE001 - the others are measured all the same
            failures[name] = repr(error)[:_LONGEST_REASON]
            console.print_exception(max_frames=4)
    return Run(taken_at, conditions, tuple(figures), failures)


async def _measure_one(bench: Bench, plan: Plan, cores: Cores, output: Path) -> list[Figure]:
    if bench.on_all_cores:
        every = cores.server | cores.others
        cores = Cores(every, every)
    # On the disk of the project: in a folder in memory, flushing would cost nothing.
    with ExitStack() as stack, started_on(cores.others):
        root = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="run-", dir=output, ignore_cleanup_errors=True)
        )
        rig = start_rig(stack, Path(root), cores)
        return await bench.measure(rig, plan)


def _read_run(path: Path, *, must_exist: bool) -> Run | None:
    if not path.exists():
        if must_exist:
            raise typer.BadParameter(f"{path} does not exist")
        return None
    try:
        return Run.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise typer.BadParameter(f"{path} is no file of a run: {error!r}") from error


def _write_run(run: Run, output: Path) -> Path:
    content = json.dumps(run.as_json(), indent=1, ensure_ascii=False) + "\n"
    path = output / f"{run.taken_at[:19].replace(':', '')}.json"
    for each in (path, output / "latest.json"):
        each.write_text(content, encoding="utf-8")
    return path


def _revision() -> str:
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - whichever git there is
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or "unknown"


if __name__ == "__main__":
    typer.run(main)
