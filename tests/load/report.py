"""Shows a run as a table, and what changed since an earlier one."""

from rich.console import Console
from rich.table import Table

from tests.load.figures import Change, Figure, Run, compare

_DIGITS = {"s": 2, "ms": 1, "MB": 0}


def show_run(console: Console, run: Run, before: Run | None) -> None:
    """Print the table, the conditions and what could not be measured."""
    table = Table(title="Speed and size", title_justify="left", header_style="bold")
    table.add_column("What", no_wrap=True)
    for name in ("Ours", "Reference", "Unit", "Ratio", "Goal", ""):
        table.add_column(name, justify="left" if name == "Unit" else "right", no_wrap=True)
    if before is not None:
        table.add_column("Since last", justify="right")
    for figure in run.figures:
        cells = [
            figure.label,
            _value(figure, reference=False),
            _value(figure, reference=True),
            figure.unit,
            _ratio(figure),
            _goal(figure),
            _verdict(figure),
        ]
        if before is not None:
            earlier = before.find(figure.key)
            cells.append(_change(compare(figure, earlier) if earlier else None))
        table.add_row(*cells)
    console.print()
    console.print(table)
    if before is not None:
        console.print(f"[dim]compared with the run of {before.taken_at}[/dim]")
    _show_notes(console, run)


def _show_notes(console: Console, run: Run) -> None:
    for figure in run.figures:
        if figure.note:
            console.print(f"[dim]{figure.label}: {figure.note}[/dim]", soft_wrap=True)
    for name, value in run.conditions.items():
        console.print(f"[dim]{name}: {value}[/dim]")
    for name, reason in run.failures.items():
        console.print(f"[red]{name} failed to run:[/red] {reason}", soft_wrap=True, markup=True)


def _number(value: float, unit: str) -> str:
    return f"{value:,.{_DIGITS.get(unit, 0)}f}"


def _value(figure: Figure, *, reference: bool) -> str:
    if not reference:
        spread = f" ±{figure.summary.spread:.0%}" if len(figure.ours) > 1 else ""
        return f"{_number(figure.summary.median, figure.unit)}{spread}"
    summary = figure.reference_summary
    return (
        "" if summary is None else f"{_number(summary.median, figure.unit)} ±{summary.spread:.0%}"
    )


def _ratio(figure: Figure) -> str:
    ratio = figure.ratio
    return "" if ratio is None else f"{ratio.median:.2f} ±{ratio.spread:.0%}"


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    sign = "≥" if figure.better == "more" else "≤"
    if figure.goal_is_ratio:
        return f"{sign} {figure.goal:.2f} ratio"
    return f"{sign} {figure.goal:,.0f}"


def _verdict(figure: Figure) -> str:
    colour = {"met": "green", "below": "red"}.get(figure.verdict)
    return f"[{colour}]{figure.verdict}[/{colour}]" if colour else ""


def _change(change: Change | None) -> str:
    if change is None:
        return ""
    if not change.is_clear:
        return f"[dim]{change.share:+.0%}[/dim]"
    colour = "green" if change.is_gain else "red"
    return f"[{colour}]{change.share:+.0%}[/{colour}]"
