"""Metrics: well named, equal to the database, and without a series per visitor."""

import asyncio
import re
from pathlib import Path

from sqlalchemy import text

from shared.settings import CoreSettings, ServiceSettings
from tests.service.shared.small_service import SmallService, build
from tests.support.delivery import Wire, empty_delivery_database, new_complaint, withdrawn


async def scrape(small: SmallService) -> dict[str, float]:
    """Return every sample by its name and labels."""
    response = await small.client.get("/sla/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    lines = [line for line in response.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_names_say_service_noun_and_unit_and_every_metric_says_what_it_is(
    small: SmallService,
) -> None:
    await small.client.get("/sla/v1/things/a")
    text_ = (await small.client.get("/sla/metrics")).text
    families = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text_, re.MULTILINE))
    helps = dict(re.findall(r"^# HELP (\S+) (.+)$", text_, re.MULTILINE))
    assert set(families) == set(helps)
    ours = {name for name in families if name.startswith(("tanggap_", "sla_"))}
    assert "tanggap_http_request_seconds" in ours
    for name in ours:
        assert re.fullmatch(r"(tanggap|sla)_[a-z0-9_]+", name)
        if families[name] == "counter":
            assert name.endswith("_total")
        if families[name] == "histogram":
            assert name.endswith(("_seconds", "_bytes"))
    assert {"process_resident_memory_bytes", "process_open_fds"} <= set(families)


async def test_route_is_the_label_and_never_what_was_asked_for(small: SmallService) -> None:
    for number in range(5):
        await small.client.get(f"/sla/v1/things/{number}")
        await small.client.get(f"/sla/v1/unknown/{number}")
        await small.client.request(f"ODD{number}", "/sla/v1/things/a")
    samples = await scrape(small)
    counts = {name: value for name, value in samples.items() if "http_requests_total" in name}
    assert sum(counts.values()) == 15
    assert len(counts) == 3
    assert (
        counts[
            'tanggap_http_requests_total{method="GET",route="/sla/v1/things/{name}",'
            'service="sla",status="200"}'
        ]
        == 5
    )
    assert not any(f"ODD{number}" in name for name in samples for number in range(5))


async def test_health_checks_are_not_counted(small: SmallService) -> None:
    await small.client.get("/sla/livez")
    await small.client.get("/sla/readyz")
    await small.client.get("/sla/metrics")
    assert not any("http_requests_total" in name for name in await scrape(small))


async def test_gauges_equal_the_database(small: SmallService) -> None:
    async with small.service.database.transaction() as connection:
        await connection.execute(
            text("INSERT INTO effect (what) VALUES ('a'), ('a'), (''), (NULL)")
        )
    await asyncio.sleep(0.06)
    samples = await scrape(small)
    assert samples['sla_effects{service="sla",what="a"}'] == 2
    # NULL and the empty text both read "" in Prometheus; neither makes the scrape fail.
    assert any(name.startswith('sla_effects{service="sla",what=""') for name in samples)


async def test_gauges_are_not_read_at_each_scrape(machinery_url: str, tmp_path: Path) -> None:
    await (await empty_delivery_database(machinery_url)).close()
    core = CoreSettings(home=tmp_path, gauge_seconds=60)
    async with build(ServiceSettings(database_url=machinery_url, core=core)) as small:
        before = await scrape(small)
        async with small.service.database.transaction() as connection:
            await connection.execute(text("INSERT INTO effect (what) VALUES ('a')"))
        after = await scrape(small)
        assert {n for n in before if "effects" in n} == {n for n in after if "effects" in n}


async def test_state_of_delivery_is_seen(machinery_url: str, tmp_path: Path) -> None:
    await (await empty_delivery_database(machinery_url)).close()
    core = CoreSettings(home=tmp_path, gauge_seconds=0.01, relay_poll_seconds=30)
    wire = Wire(failures=1_000)
    async with build(ServiceSettings(database_url=machinery_url, core=core), wire) as small:
        async with small.service.units.begin() as unit:
            unit.publish(*(withdrawn(new_complaint()) for _ in range(3)))
        small.clock.set(small.clock.now().replace(minute=2))
        samples = await scrape(small)
        assert samples['tanggap_outbox_unpublished{service="sla"}'] == 3
        assert samples['tanggap_outbox_oldest_seconds{service="sla"}'] == 120
        assert samples['tanggap_inbox_dead{service="sla"}'] == 0
        assert samples['tanggap_inbox_parked{service="sla"}'] == 0
        wire.failures = 0
        assert small.service.relay is not None
        await small.service.relay.publish_once()
        await asyncio.sleep(0.02)
        samples = await scrape(small)
        assert samples['tanggap_outbox_unpublished{service="sla"}'] == 0
        assert samples['tanggap_outbox_oldest_seconds{service="sla"}'] == 0
        assert samples['tanggap_outbox_published_total{service="sla"}'] == 3
