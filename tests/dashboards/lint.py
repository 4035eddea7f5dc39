"""What can be said of dashboards and rules without running anything."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import yaml

from tests.dashboards.expressions import (
    PROMETHEUS,
    RULES,
    alert_expressions,
    needs_of,
    panel_expressions,
    read_alerts,
    read_dashboards,
)

_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS = 24
_SEVERITIES = {"warning", "critical"}


def problems() -> list[str]:
    """Return everything that is wrong, in words."""
    found = [
        f"{name}: {problem}"
        for name, dashboard in read_dashboards().items()
        for problem in _dashboard_problems(dashboard)
    ]
    found += _expression_problems()
    found += [
        f"alert {name}: {problem}"
        for name, rule in read_alerts().items()
        for problem in _alert_problems(rule)
    ]
    found += _untested_alerts()
    return found


def _dashboard_problems(dashboard: dict[str, Any]) -> Iterator[str]:
    panels = dashboard["panels"]
    twice = [number for number, times in Counter(p["id"] for p in panels).items() if times > 1]
    if twice:
        yield f"panel ids {twice} are not unique"
    variables = dashboard["templating"]["list"]
    if not any(v["name"] == "datasource" and v["type"] == "datasource" for v in variables):
        yield "there is no variable for the data source"
    if not dashboard.get("uid"):
        yield "it has no uid, so that its address changes"
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        yield from (f"panel {panel['title']!r}: {problem}" for problem in _panel_problems(panel))
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        if cells & taken or place["x"] + place["w"] > _COLUMNS:
            yield f"panel {panel['title']!r} lies over another, or beyond the edge"
        taken |= cells


def _panel_problems(panel: dict[str, Any]) -> Iterator[str]:
    if panel["type"] == "row":
        return
    if not panel["fieldConfig"]["defaults"].get("unit"):
        yield "no unit"
    if not panel.get("description"):
        yield "no description"
    if not panel["targets"]:
        yield "no query"
    for thing in (panel, *panel["targets"]):
        if thing["datasource"] != _DATASOURCE:
            yield "the data source is not the variable"


def _expression_problems() -> Iterator[str]:
    for expression in (*panel_expressions(), *alert_expressions()):
        try:
            needs = needs_of(expression.with_windows("1m", "1h"))
        except ValueError as error:
            yield f"{expression.where}: no PromQL: {error}"
            continue
        if not needs:
            yield f"{expression.where}: asks for no metric"
        # A named process is gone after the next deployment.
        if re.search(r"\binstance\s*[=!]", expression.text):
            yield f"{expression.where}: names an instance"
        if "$" in expression.with_windows("1m", "1h"):
            yield f"{expression.where}: has a variable that nobody sets"


def _alert_problems(rule: dict[str, Any]) -> Iterator[str]:
    if rule["labels"].get("severity") not in _SEVERITIES:
        yield f"its severity is none of {sorted(_SEVERITIES)}"
    if not rule["annotations"].get("summary"):
        yield "it has no summary"


def _untested_alerts() -> Iterator[str]:
    """Each alert must be seen to fire, and to be silent, in the tests beside the rules."""
    outcomes: dict[str, set[bool]] = {name: set() for name in read_alerts()}
    for path in sorted(RULES.glob("*.test.yml")):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test["alert_rule_test"]:
                if case["alertname"] not in outcomes:
                    yield f"{path.name} tests an alert that is not there: {case['alertname']}"
                    continue
                outcomes[case["alertname"]].add(bool(case["exp_alerts"]))
    for name, seen in outcomes.items():
        if seen != {True, False}:
            yield f"alert {name}: its tests must see it fire and see it silent"
    if not list(PROMETHEUS.glob("rules/*.rules.yml")):
        yield "there are no rules"
