"""Every PromQL expression of the dashboards and the alert rules, and what it asks for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARDS = DEPLOY / "grafana" / "dashboards"
PROMETHEUS = DEPLOY / "prometheus"
RULES = PROMETHEUS / "rules"

#: Made by Prometheus itself; every other metric must come from a service.
OF_PROMETHEUS = frozenset({"up", "ALERTS"})
#: Labels of the scrape configuration and of histograms; they need no proof.
_OF_SCRAPE = frozenset({"job", "instance", "le"})


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression, and where it stands. `over_time`: it is drawn as a line."""

    where: str
    text: str
    over_time: bool
    #: The variables of its dashboard.
    choices: tuple[str, ...] = ()

    def with_windows(self, window: str, lookback: str) -> str:
        """Put windows where Grafana would put its own: the dashboard's time range, and a step's.

        Of what people may choose, all is chosen, as it is when a dashboard is opened.
        """
        text = self.text.replace("$__range", lookback)
        for name in self.choices:
            text = text.replace(f"${name}", ".*")
        return text.replace("$__rate_interval", window).replace("$__interval", window)


@dataclass(frozen=True, slots=True)
class Need:
    """A metric that an expression names, with the labels and values that it takes for granted."""

    metric: str
    labels: frozenset[str]
    values: frozenset[tuple[str, str]]

    def selector(self) -> str:
        """Return a selector of the series that the expression counts on."""
        wanted = [f'{label}="{value}"' for label, value in sorted(self.values)]
        wanted += [f'{label}!=""' for label in sorted(self.labels)]
        return f"{self.metric}{{{', '.join(wanted)}}}"


def read_dashboards() -> dict[str, dict[str, Any]]:
    """Return the committed dashboards by file name."""
    return {path.name: json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json"))}


def read_alerts() -> dict[str, dict[str, Any]]:
    """Return the alert rules by name; raises ValueError where two have the same."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(RULES.glob("*.rules.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                if rule["alert"] in found:
                    raise ValueError(f"{path.name}: a second alert {rule['alert']}")
                found[rule["alert"]] = rule
    return found


def panel_expressions() -> Iterator[Expression]:
    """Go through the expressions of all panels."""
    for name, dashboard in read_dashboards().items():
        variables = dashboard["templating"]["list"]
        choices = tuple(each["name"] for each in variables if each["type"] == "query")
        for panel in dashboard["panels"]:
            for target in panel.get("targets", ()):
                where = f"{name}, panel {panel['title']!r}, query {target['refId']}"
                yield Expression(where, target["expr"], target["range"], choices)


def alert_expressions() -> Iterator[Expression]:
    """Go through the expressions of all alerts."""
    for name, rule in read_alerts().items():
        yield Expression(f"alert {name}", rule["expr"], over_time=False)


def needs_of(text: str) -> list[Need]:
    """Parse an expression and return what it needs; raises ValueError when it is no PromQL."""
    labels: set[str] = set()
    selectors: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> bool:
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            if node.modifier.type == promql_parser.AggModifierType.By:
                labels.update(node.modifier.labels)
        elif isinstance(node, promql_parser.VectorSelector):
            selectors.append(node)
        return True

    promql_parser.walk(promql_parser.parse(text), visit)
    return [_need(selector, labels) for selector in selectors]


def _need(selector: promql_parser.VectorSelector, grouped_by: set[str]) -> Need:
    matchers = [m for m in selector.matchers.matchers if m.name != "__name__"]
    named = {m.name for m in matchers} | grouped_by
    values = {(m.name, m.value) for m in matchers if m.op == promql_parser.MatchOp.Equal}
    return Need(selector.name or "", frozenset(named - _OF_SCRAPE), frozenset(values))
