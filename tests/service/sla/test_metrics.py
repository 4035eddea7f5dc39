"""What Prometheus sees: histograms count each real end once, gauges are what the database holds."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.sla.metrics import RESPONSE_BUCKETS
from services.sla.operations import hearing
from shared.contracts.sla import DeadlineMissed
from tests.service.sla.driver import Sla, sample
from tests.support.servers import Databases
from tests.support.system import System, running_system


async def scrape(system: System) -> list[str]:
    """Return the lines that Prometheus would read."""
    answer = await system.client.get("/sla/metrics")
    lines: list[str] = answer.text.splitlines()
    return lines


def counted(sla: Sla, opd: str, channel: str = "web") -> float:
    """Return how many first responses this process has counted."""
    histogram = sla.context.metrics.first_response_seconds
    for metric in histogram.collect():
        for line in metric.samples:
            if line.name.endswith("_count") and line.labels == {"opd": opd, "channel": channel}:
                return line.value
    return 0.0


def test_the_limits_are_exactly_among_the_buckets() -> None:
    assert {60, 7_200, 86_400, 864_000, 2_592_000} <= set(RESPONSE_BUCKETS)
    assert list(RESPONSE_BUCKETS) == sorted(RESPONSE_BUCKETS)


class TestHistograms:
    async def test_a_first_response_is_counted_once_with_its_opd_and_channel(
        self, sla: Sla
    ) -> None:
        case = sla.case()
        await sla.hear(case.submitted(channel="call112"), case.assigned())
        assert counted(sla, "PUPR", "call112") == 0
        messages = await sla.hear(case.answered(hours=1), case.progressed(hours=2))
        await sla.inbox.handle(messages)
        await sla.hear(case.resolved(hours=3), case.reopened(hours=4), case.resolved(hours=5))
        assert counted(sla, "PUPR", "call112") == 1

    async def test_what_was_cancelled_or_merged_is_no_response(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned(), case.withdrawn(hours=1))
        assert counted(sla, "PUPR") == 0

    async def test_what_is_rolled_back_is_not_counted(
        self, sla: Sla, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case, broken = sla.case(), sla.case()
        await sla.hear(case.submitted(), case.assigned(), broken.submitted())
        real = hearing.note_mark

        async def failing(*args: object) -> None:
            if broken.complaint_id in args:
                raise ValueError("this one fails for good")
            await real(*args)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(hearing, "note_mark", failing)
            # The batch fails and is tried event by event: the answer is handled twice.
            await sla.hear(case.answered(hours=1), broken.assigned())
        assert counted(sla, "PUPR") == 1
        assert len(await sla.rows("SELECT 1 FROM dead_letter")) == 1

    async def test_a_resolution_counts_from_submission_or_reopening(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.assigned(hours=1), case.resolved(hours=10))
        await sla.hear(case.submitted(), case.reopened(hours=20), case.resolved(hours=25))
        [metric] = sla.context.metrics.resolution_seconds.collect()
        values = {s.name.rsplit("_", 1)[1]: s.value for s in metric.samples if "le" not in s.labels}
        assert (values["count"], values["sum"]) == (2, 15 * 3600)

    async def test_misses_escalations_and_lateness_are_counted(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned())
        await sla.advance(hours=2, seconds=3)
        metrics = sla.context.metrics
        assert metrics.deadlines_missed.labels("first_response", "PUPR")._value.get() == 1  # noqa: SLF001
        assert metrics.escalations.labels("1")._value.get() == 1  # noqa: SLF001
        [lateness] = metrics.timer_lateness_seconds.collect()
        values = {s.name: s.value for s in lateness.samples}
        assert values["sla_timer_lateness_seconds_count"] == 4
        assert len(await sla.told(case, DeadlineMissed)) == 1


class TestGauges:
    @pytest.fixture
    async def system(self, databases: Databases, tmp_path: Path) -> AsyncIterator[System]:
        """Run sla for one test alone: a gauge counts the cases of all others too."""
        async with running_system(databases, tmp_path, services=["sla"]) as running:
            yield running

    async def test_they_are_what_the_database_holds(self, system: System, desk: Sla) -> None:
        late, done, gone = desk.case(), desk.case(), desk.case()
        await desk.hear(late.submitted(), late.assigned("DLH"))
        await desk.hear(done.submitted(), done.assigned("PUPR"), done.resolved(hours=1))
        await desk.hear(gone.submitted(), gone.withdrawn())
        await system.advance(hours=3)
        lines = await scrape(system)
        expected = {
            'sla_clocks_running{service="sla",stage="first_response"}': 1,
            'sla_clocks_running{service="sla",stage="follow_up"}': 1,
            'sla_clocks_running{service="sla",stage="closing"}': 1,
            'sla_clocks_running{service="sla",stage="verification"}': 0,
            'sla_clocks_overdue{opd="DLH",service="sla",stage="first_response"}': 1,
            'sla_clocks_overdue{opd="",service="sla",stage="follow_up"}': 0,
            'sla_oldest_open_seconds{service="sla"}': 3 * 3600,
            'sla_cases_open{age="2h_to_24h",service="sla"}': 1,
            'sla_cases_open{age="under_2h",service="sla"}': 0,
            'sla_opd_cases_open{opd="DLH",service="sla"}': 1,
            'sla_opd_oldest_open_seconds{opd="DLH",service="sla"}': 3 * 3600,
            'sla_clocks_paused{service="sla",stage="follow_up"}': 0,
            'sla_clocks_due_soon{opd="",service="sla",stage="verification"}': 0,
            "sla_board_failures_total": 0,
        }
        assert {name: sample(lines, name) for name in expected} == expected
        for name in expected:
            assert any(line.startswith(name + " ") for line in lines), name

    async def test_no_complaint_is_a_label(self, system: System, desk: Sla) -> None:
        case = desk.case()
        await desk.hear(case.submitted())
        assert case.complaint_id not in "\n".join(await scrape(system))
