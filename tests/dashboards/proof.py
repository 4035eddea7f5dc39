"""What is asked of the running system and of the Prometheus that scrapes it."""

import math
import re
from collections.abc import AsyncIterator

from prometheus_client.parser import text_string_to_metric_families

from shared.contracts.topics import SERVICES
from tests.dashboards.expressions import (
    OF_PROMETHEUS,
    Expression,
    alert_expressions,
    needs_of,
    panel_expressions,
)
from tests.dashboards.running import (
    INSTANCES,
    RunningPrometheus,
    RunningSystem,
    Series,
    wait_until,
)

_WINDOW = "20s"
_LOOKBACK = "30m"
#: How long the load takes, at the most; lines are drawn over that time.
_SECONDS = 300
#: Each process has its own part of these, so that dashboards sum them.
_PER_PROCESS = ("tanggap_consumer_", "process_")


async def missing_metrics(system: RunningSystem) -> AsyncIterator[str]:
    """Each metric that dashboards and rules name is in some service's live `/metrics`."""
    exposed = {
        sample.name
        for text in (await system.expositions()).values()
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }
    for expression in (*panel_expressions(), *alert_expressions()):
        for need in needs_of(_plain(expression)):
            if need.metric not in exposed | OF_PROMETHEUS:
                yield f"{expression.where}: no service exposes {need.metric}"


async def empty_panels(prometheus: RunningPrometheus) -> AsyncIterator[str]:
    """Each panel's expression returns at least one number."""
    for expression in panel_expressions():
        text = _plain(expression)
        if expression.over_time:
            series = await prometheus.over_time(text, _SECONDS)
        else:
            series = await prometheus.instant(text)
        if not any(map(math.isfinite, _numbers(series))):
            yield f"{expression.where}: no data\n    {text}"


async def unmet_needs(prometheus: RunningPrometheus) -> AsyncIterator[str]:
    """Each label and value that an expression takes for granted is there."""
    for expression in (*panel_expressions(), *alert_expressions()):
        for need in needs_of(_plain(expression)):
            if need.metric == "ALERTS":
                continue
            selector = need.selector()
            if not await prometheus.instant(f"last_over_time({selector}[{_LOOKBACK}])"):
                yield f"{expression.where}: nothing was ever seen of {selector}"


async def failing_alerts(prometheus: RunningPrometheus) -> AsyncIterator[str]:
    """Prometheus has every alert rule, and evaluates it without an error."""
    alerts = await prometheus.alerts()
    for expression in alert_expressions():
        name = expression.where.removeprefix("alert ")
        await prometheus.instant(expression.text)
        if name not in alerts:
            yield f"{expression.where}: Prometheus has no such rule"
        elif alerts[name]["health"] != "ok":
            yield f"{expression.where}: {alerts[name]['lastError'] or alerts[name]['health']}"


async def doubled_gauges(prometheus: RunningPrometheus) -> AsyncIterator[str]:
    """A gauge that two instances read from one database is shown once, not twice."""
    at = float((await prometheus.instant("time()"))[0]["value"][1])
    for expression in panel_expressions():
        text = _plain(expression)
        metrics = {need.metric for need in needs_of(text)}
        if metrics & OF_PROMETHEUS or not all(map(_is_from_database, metrics)):
            continue
        both = sum(_numbers(await prometheus.instant(text, at)))
        alone = sum(_numbers(await prometheus.instant(_of_one_instance(text, metrics), at)))
        # They are not scraped in the same moment, and ages grow meanwhile.
        if abs(both - alone) > max(5, 0.2 * alone):
            yield f"{expression.where}: {alone:g} on one replica, {both:g} on two"


async def wrong_totals(prometheus: RunningPrometheus, submitted: int) -> AsyncIterator[str]:
    """What Prometheus has counted is what was done."""
    for metric in ("intake_complaints_submitted_total", "routing_placing_seconds_count"):
        found = await prometheus.instant(f'sum({metric}{{instance=~"{INSTANCES[0]}.*"}})')
        if _numbers(found) != [submitted]:
            yield f"{metric} is {_numbers(found)} after {submitted} complaints"


async def silent_alerts(prometheus: RunningPrometheus, *names: str) -> AsyncIterator[str]:
    """These alerts see what is wrong: they wait for their time, or fire."""

    async def awake() -> bool:
        alerts = await prometheus.alerts()
        return all(alerts[name]["state"] != "inactive" for name in names)

    if not await wait_until(awake, 30):
        alerts = await prometheus.alerts()
        yield f"alerts do not see it: { {name: alerts[name]['state'] for name in names} }"


async def unnoticed_ends(prometheus: RunningPrometheus) -> AsyncIterator[str]:
    """Once the system is gone, every service is seen to be down."""
    down = 'count(up{job="tanggap"} == 0)'

    async def noticed() -> bool:
        return _numbers(await prometheus.instant(down)) == [len(SERVICES) * len(INSTANCES)]

    if not await wait_until(noticed, 30):
        yield f"not all are down: {await prometheus.instant(down)}"
    async for problem in silent_alerts(prometheus, "ServiceDown"):
        yield problem


def _plain(expression: Expression) -> str:
    return expression.with_windows(_WINDOW, _LOOKBACK)


def _numbers(series: Series) -> list[float]:
    values = [each.get("values") or [each["value"]] for each in series]
    return [float(text) for points in values for _, text in points]


def _is_from_database(metric: str) -> bool:
    return not metric.endswith(("_total", "_bucket", "_count", "_sum")) and not metric.startswith(
        _PER_PROCESS
    )


def _of_one_instance(text: str, metrics: set[str]) -> str:
    names = "|".join(sorted(metrics, key=len, reverse=True))
    only = f'instance=~"{INSTANCES[0]}.*"'
    return re.sub(
        rf"\b({names})\b(\{{)?",
        lambda found: f"{found[1]}{{{only}{', ' if found[2] else '}'}",
        text,
    )
