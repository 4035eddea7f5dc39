"""What routing shows to Prometheus agrees with its database."""

import asyncio

from tests.service.routing.driver import UNPLACED_TEXT, Driver


async def metrics(routing: Driver) -> str:
    """Scrape, with gauges read anew."""
    routing.later(seconds=60)
    return (await routing.system.client.get("/routing/metrics")).text


async def test_gauges_and_counters_agree_with_the_cases(alone: Driver) -> None:
    await alone.open()
    unplaced = await alone.open(UNPLACED_TEXT)
    done = await alone.case_in("resolved")
    await alone.act(unplaced, "assign", alone.desk())
    await alone.open(UNPLACED_TEXT)
    found = await metrics(alone)
    assert 'routing_cases_open{opd="DISHUB",service="routing",state="assigned"} 1.0' in found
    assert 'routing_cases_open{opd="PUPR",service="routing",state="assigned"} 1.0' in found
    assert 'routing_cases_open{opd="",service="routing",state="triage"} 1.0' in found
    assert 'state="resolved"' not in found
    assert 'routing_cases_placed_total{by="rule"} 2.0' in found
    assert 'routing_cases_placed_total{by="triage"} 2.0' in found
    assert 'routing_cases_placed_total{by="desk"} 1.0' in found
    assert "routing_decision_seconds_count 4.0" in found
    assert "routing_placing_seconds_count 4.0" in found
    assert done not in found


async def test_request_that_was_refused_counts_nothing(alone: Driver) -> None:
    complaint_id = await alone.open(UNPLACED_TEXT)
    body = {"opd": "PUPR", "reason": "x"}
    await asyncio.gather(
        *(alone.act(complaint_id, "assign", alone.desk(), body, If_Match='"1"') for _ in range(4))
    )
    assert 'routing_cases_placed_total{by="desk"} 1.0' in await metrics(alone)
