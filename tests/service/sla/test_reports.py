"""Scores, public figures and monthly reports: what they count, who may see them, what they hide."""

import csv
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import text

from services.sla import report_queries
from services.sla.periods import month_before, span_of, starts_of
from services.sla.reporting import make_public, make_report, make_scoreboard
from shared.auth import Role
from shared.contracts.intake import FeedbackGiven
from shared.contracts.routing import CaseClosed
from shared.database import Database
from tests.load.board_rows import fill_board
from tests.service.sla.driver import Case, Sla
from tests.support.servers import Databases
from tests.support.system import START, System, running_system

MONTH, NOW = "2026-03", START
SEEING_ALL = (Role.LEADER, Role.SEKDA, Role.AUDITOR, Role.ADMIN)
SEEING_NOTHING = sorted(set(Role) - {*SEEING_ALL, Role.HEAD, Role.OFFICER})
STAFF_PATHS = (
    "/sla/v1/scoreboard?period=2026-03",
    "/sla/v1/reports/2026-03",
    "/sla/v1/reports/2026-03/table.csv",
    "/sla/v1/reports/2026-03/page",
)
PUBLIC_PATHS = ("/sla/v1/public/performance", "/sla/v1/public/performance/page")


def own(
    case: Case, opd: str, officer: str, *, came: float, after: float, **fields: Any
) -> list[Any]:
    """Tell of a case that came so many hours ago and was answered so many hours after."""
    answered = case.answered(hours=after - came)
    return [
        case.submitted(hours=-came, **fields),
        case.assigned(opd, hours=-came),
        answered.model_copy(update={"officer_id": officer, "opd": opd}),
    ]


class TestScores:
    async def test_time_counts_from_when_the_opd_had_the_case(self, sla: Sla) -> None:
        prompt, slow, waiting = sla.case(), sla.case(), sla.case()
        await sla.hear(
            # Five hours at the desk are not the fault of who then answers within one.
            prompt.submitted(hours=-10),
            prompt.triaged(hours=-10),
            prompt.assigned("PUPR", hours=-5),
            prompt.answered(hours=-4),
            *own(slow, "PUPR", "petugas-2", came=10, after=6),
            waiting.submitted(hours=-9),
            waiting.assigned("DLH", hours=-8),
        )
        async with sla.units.begin() as unit:
            board = await make_scoreboard(unit.connection, sla.context, MONTH, unit.now)
        opds = {line.opd: line for line in board.opds}
        assert (opds["PUPR"].cases, opds["PUPR"].in_time) == (2, 1)
        assert opds["PUPR"].median_seconds == 3.5 * 3600
        # What nobody has answered counts for the OPD that lets it lie.
        assert (opds["DLH"].cases, opds["DLH"].in_time, opds["DLH"].median_seconds) == (1, 0, None)
        officers = {
            line.officer_id: (line.opd, line.cases, line.in_time) for line in board.officers
        }
        assert officers == {"petugas-1": ("PUPR", 1, 1), "petugas-2": ("PUPR", 1, 0)}
        assert {line.rank for line in board.opds} == {None}
        assert board.opds[0].note == "Belum diperingkat: kurang dari 20 kasus."
        assert board.best == []

    async def test_ratings_and_reopenings_go_to_who_resolved_it(self, sla: Sla) -> None:
        good, bad = sla.case(), sla.case()
        for case, satisfied in ((good, True), (bad, False)):
            at = case._at(-1)  # noqa: SLF001 - its own time
            await sla.hear(
                *own(case, "DLH", "petugas-1", came=5, after=1),
                case.resolved(hours=-3),
                FeedbackGiven(**at, satisfied=satisfied),
            )
        await sla.hear(bad.reopened(hours=-1))
        async with sla.units.begin() as unit:
            board = await make_scoreboard(unit.connection, sla.context, MONTH, unit.now)
        [line] = board.opds
        assert (line.resolved, line.reopened, line.rated, line.satisfied) == (2, 1, 2, 1)


class TestReport:
    async def test_it_counts_what_became_of_a_months_complaints(self, sla: Sla) -> None:
        done, asked, triaged, gone, before = (sla.case() for _ in range(5))
        await sla.hear(
            *own(done, "PUPR", "petugas-1", came=30, after=1, channel="whatsapp"),
            done.resolved(hours=-20),
            CaseClosed(**done._at(-10), reason="satisfied"),  # noqa: SLF001 - its own time
            asked.submitted(hours=-50, classification="aspiration"),
            asked.assigned("PUPR", hours=-48),
            asked.asked(hours=-40),
            triaged.submitted(),
            triaged.triaged(),
            gone.submitted(),
            gone.withdrawn(),
            before.submitted(hours=-24 * 20),
        )
        async with sla.units.begin() as unit:
            report = await make_report(unit.connection, sla.context, MONTH, None, unit.now)
            theirs = await make_report(unit.connection, sla.context, MONTH, "DLH", unit.now)
        expected = {
            "received": 4,
            "verified": 2,
            "answered": 2,
            "followed_up": 1,
            "resolved": 1,
            "withdrawn": 1,
            "within_2h": 1,
            "within_24h": 2,
            "verification_seconds": 3600.0,
            "answer_seconds": 5.5 * 3600,
            "resolution_seconds": 10 * 3600.0,
        }
        assert {name: getattr(report.total, name) for name in expected} == expected
        assert {line.key: line.received for line in report.by_opd} == {"PUPR": 2, "": 2}
        assert {line.key: line.received for line in report.by_channel} == {"whatsapp": 1, "web": 3}
        assert [line.name for line in report.by_classification] == [
            "Pengaduan tidak berkadar pengawasan",
            "Aspirasi",
        ]
        assert {each.status: each.cases for each in report.by_status} == {
            "Belum Terdisposisi": 1,
            "Dibatalkan oleh Pelapor": 1,
            "Ditutup oleh Pelapor": 1,
            "Menunggu Kelengkapan Informasi": 1,
        }
        assert len(report.by_day) == 31
        assert sum(day.received for day in report.by_day) == 4
        assert theirs.total.received == 0
        assert theirs.total.answer_seconds is None


class TestPublic:
    async def test_small_figures_are_hidden_with_what_tells_them(self, sla: Sla) -> None:
        for opd, count in (("PUPR", 30), ("DLH", 12), ("DINKES", 2)):
            for place in range(count):
                case = sla.case()
                await sla.hear(*own(case, opd, "petugas-1", came=40, after=1 if place % 3 else 5))
        async with sla.units.begin() as unit:
            shown = await make_public(unit.connection, sla.context, MONTH)
        lines = {line.opd: line for line in shown.opds}
        assert (lines["PUPR"].received, lines["PUPR"].median_seconds) == (30, 3600)
        assert lines["DINKES"].received is None
        assert lines["DINKES"].median_seconds is None
        # With the sum and the others, it could be worked out.
        assert lines[None].received is None or lines["DLH"].received is None

    async def test_secret_ones_are_in_no_public_figure(self, sla: Sla) -> None:
        for place in range(12):
            case = sla.case()
            await sla.hear(*own(case, "PUPR", "petugas-1", came=40, after=1, secret=place < 6))
        async with sla.units.begin() as unit:
            shown = await make_public(unit.connection, sla.context, MONTH)
        assert {line.opd: line.received for line in shown.opds} == {"PUPR": 6, None: 6}


@pytest.fixture(scope="module")
async def system(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    """Run sla with a month of cases of two OPDs, of which 25 each."""
    home = tmp_path_factory.mktemp("reports")
    async with running_system(databases, home, services=["sla"]) as running:
        sla = Sla(
            running.service("sla").units, running.app.apps["sla"].state.context, running.clock
        )
        for opd in ("PUPR", "DLH"):
            for place in range(25):
                events = own(sla.case(), opd, f"{opd}-{place % 2}", came=60, after=1)
                await sla.hear(*events)
        yield running


class TestDoors:
    @pytest.mark.parametrize("path", STAFF_PATHS)
    async def test_other_roles_and_strangers_see_nothing(self, system: System, path: str) -> None:
        assert (await system.client.get(path)).status_code == 401
        for role in SEEING_NOTHING:
            answer = await system.client.get(path, headers=system.staff(role, opd="PUPR"))
            assert answer.status_code == 403, role

    async def test_leaders_see_every_opd(self, system: System) -> None:
        for role in SEEING_ALL:
            headers = system.staff(role)
            report = (await system.client.get(STAFF_PATHS[1], headers=headers)).json()
            assert {line["key"] for line in report["by_opd"]} == {"PUPR", "DLH"}
            board = (await system.client.get(STAFF_PATHS[0], headers=headers)).json()
            assert {line["opd"] for line in board["opds"]} == {"PUPR", "DLH"}
            assert len(board["officers"]) == 4

    async def test_an_opd_sees_its_own_and_no_other(self, system: System) -> None:
        for role in (Role.HEAD, Role.OFFICER):
            headers = system.staff(role, opd="PUPR", subject="PUPR-1")
            for path in STAFF_PATHS[1:]:
                answer = await system.client.get(path, headers=headers)
                assert answer.status_code == 200
                assert "DLH" not in answer.text
                assert "Lingkungan Hidup" not in answer.text
                asked = await system.client.get(path, params={"opd": "DLH"}, headers=headers)
                assert asked.status_code == 403
            nowhere = await system.client.get(STAFF_PATHS[1], headers=system.staff(role))
            assert nowhere.status_code == 403

    async def test_colleagues_scores_are_for_the_head(self, system: System) -> None:
        def officers(board: dict[str, Any]) -> set[str]:
            return {line["officer_id"] for line in board["officers"]}

        head = system.staff(Role.HEAD, opd="PUPR", subject="kepala")
        board = (await system.client.get(STAFF_PATHS[0], headers=head)).json()
        assert officers(board) == {"PUPR-0", "PUPR-1"}
        assert {line["opd"] for line in board["opds"]} == {"PUPR"}
        officer = system.staff(Role.OFFICER, opd="PUPR", subject="PUPR-1")
        board = (await system.client.get(STAFF_PATHS[0], headers=officer)).json()
        assert officers(board) == {"PUPR-1"}
        assert {best["title"] for best in board["best"]} >= {"OPD terbaik", "Petugas terbaik"}

    async def test_the_csv_holds_the_same_figures(self, system: System) -> None:
        headers = system.staff(Role.LEADER)
        answer = await system.client.get(STAFF_PATHS[2], headers=headers)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(StringIO(answer.text)))
        assert [(row["Rincian"], row["Diterima"]) for row in rows][:3] == [
            ("semua", "50"),
            ("OPD", "25"),
            ("OPD", "25"),
        ]
        assert rows[0]["Rata-rata jam sampai tanggapan"] == "1.00"

    @pytest.mark.parametrize("path", [STAFF_PATHS[3], PUBLIC_PATHS[1]])
    async def test_pages_fetch_and_run_nothing(self, system: System, path: str) -> None:
        answer = await system.client.get(path, headers=system.staff(Role.LEADER))
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        for forbidden in ("<script", "http://", "https://", "url(", "@import", " src=", "<link"):
            assert forbidden not in answer.text
        assert "<svg" in answer.text or "Tidak ada laporan" in answer.text

    async def test_the_public_page_may_be_framed(self, system: System) -> None:
        answer = await system.client.get(PUBLIC_PATHS[1])
        assert "frame-ancestors *" in answer.headers["content-security-policy"]
        assert "x-frame-options" not in answer.headers

    async def test_public_figures_are_of_months_that_are_over(self, system: System) -> None:
        shown = (await system.client.get(PUBLIC_PATHS[0])).json()
        assert (shown["month"], shown["publisher"]) == (
            "2026-02",
            "Pemerintah Kota Contoh Raya",
        )
        answer = await system.client.get(PUBLIC_PATHS[0], params={"month": "2026-03"})
        assert (answer.status_code, answer.json()["title"]) == (404, "Bulan belum berakhir")

    async def test_a_month_to_come_is_unknown(self, system: System) -> None:
        headers = system.staff(Role.LEADER)
        for path in ("/sla/v1/scoreboard?period=2026-04", "/sla/v1/reports/2027-01"):
            assert (await system.client.get(path, headers=headers)).status_code == 404
        answer = await system.client.get("/sla/v1/reports/2026-13", headers=headers)
        assert answer.status_code == 422


class TestPeriods:
    def test_months_and_weeks_are_the_pemdas(self, sla: Sla) -> None:
        zone = sla.context.zone
        # In UTC it is still Sunday, the last of May.
        starts = starts_of(datetime(2026, 5, 31, 18, tzinfo=UTC), zone)
        assert starts.month == datetime(2026, 6, 1, tzinfo=zone)
        assert starts.week == starts.day == starts.month
        assert span_of("2025-12", zone).until == datetime(2026, 1, 1, tzinfo=zone)
        assert (month_before("2026-01"), month_before("2026-11")) == ("2025-12", "2026-10")


@pytest.fixture(scope="module")
async def full(databases: Databases) -> AsyncIterator[Database]:
    """Give all plans a database with four years of cases."""
    database = Database(await databases.fresh("sla"))
    async with database.transaction() as connection:
        await fill_board(connection, 20_000, START)
    yield database
    await database.close()


class TestPlans:
    @pytest.mark.parametrize("statement", ["OPD_TALLIES", "OFFICER_TALLIES", "REPORT", "PUBLIC"])
    async def test_a_month_is_read_by_the_index_of_receipt(
        self, full: Database, statement: str
    ) -> None:
        values = {
            "now": START,
            "since": START - timedelta(days=30),
            "until": START,
            "zone": "Asia/Jakarta",
            "opd": None,
        }
        sql = getattr(report_queries, statement)
        used = {name: values[name] for name in sql.compile().params}
        async with full.transaction() as connection:
            found = await connection.execute(text(f"EXPLAIN {sql.text}"), used)
            plan = "\n".join(row[0] for row in found)
        assert "case_record_received" in plan
        assert "Seq Scan" not in plan
