"""What the bank counts: facets, map, trends, export and open data agree with its entries."""

import csv
import io
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.operations import counting, exporting
from services.intake.rules.searching import monday_of
from shared.auth import Role
from tests.service.intake.bank import ZONE, caught_up, days_ago, put_in, read
from tests.service.intake.driver import REPORTER, Driver
from tests.service.intake.events import Telling
from tests.support.numbers import tells_number

OPEN_DATA = "/intake/v1/open-data/complaints"


async def test_facets_count_what_matches(intake: Driver) -> None:
    for number in range(7):
        opd = "DLH" if number % 3 else "PUPR"
        await put_in(
            intake,
            {
                "text": f"Wortelungu {number}",
                "opd": opd,
                "area": "99.71.03.1001" if number < 4 else "",
                "submitted_at": "2026-02-03" if number < 2 else "2026-01-30",
            },
        )
    said = (await read(intake, "facets", q="wortelungu")).json()
    assert (said["entries"], said["complete"]) == (7, True)
    assert said["opds"] == [{"value": "DLH", "entries": 4}, {"value": "PUPR", "entries": 3}]
    assert said["areas"] == [
        {"value": "99.71.03.1001", "entries": 4},
        {"value": None, "entries": 3},
    ]
    assert said["months"] == [
        {"value": "2026-01", "entries": 5},
        {"value": "2026-02", "entries": 2},
    ]
    assert said["states"] == [{"value": "archived", "entries": 7}]


async def test_what_is_counted_has_an_end(intake: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_COUNTED", 3)
    rows = [{"text": f"Terbatas {n}", "submitted_at": f"202{n}-05-05"} for n in range(6)]
    await put_in(intake, *rows)
    said = (await read(intake, "facets", q="terbatas")).json()
    assert not said["complete"]
    assert not (await read(intake, "map", q="terbatas")).json()["complete"]


async def test_the_map_counts_areas_and_cells(intake: Driver) -> None:
    place = {"lat": "-7.6287", "lon": "111.5306", "area": "99.71.01.1003"}
    near = {"lat": "-7.6288", "lon": "111.5307", "area": "99.71.01.1004"}
    await put_in(
        intake,
        {"text": "Dipetakan satu", **place},
        {"text": "Dipetakan dua", **near},
        {"text": "Dipetakan tiga", "area": "99.71.02"},
    )
    said = (await read(intake, "map", q="dipetakan", grid=0.01)).json()
    assert [(each["area_code"], each["name"], each["entries"]) for each in said["districts"]] == [
        ("99.71.01", "Mekarsari", 2),
        ("99.71.02", "Tirtajaya", 1),
    ]
    (cell,) = said["cells"]
    assert cell["entries"] == 2
    assert abs(cell["lat"] - -7.6287) <= 0.005 + 1e-9
    assert abs(cell["lon"] - 111.5306) <= 0.005 + 1e-9


async def test_about_tells_when_where_and_whether_it_was_answered(intake: Driver) -> None:
    lodged = [await intake.lodge(f"Mogoknya odong-odong {number}") for number in range(2)]
    telling = Telling(lodged[0].complaint_id, intake.now)
    for each in lodged:
        await intake.tell(Telling(each.complaint_id, intake.now).clock("first_response"))
    await intake.tell(telling.assigned(), telling.answered())
    await put_in(
        intake,
        *(
            {"text": f"Odong-odong rusak remnya {number}", "submitted_at": "2025-03-03"}
            for number in range(5)
        ),
    )
    await caught_up(intake)
    intake.system.clock.advance(timedelta(hours=3))
    said = (await read(intake, "about", q="odong")).json()
    assert said["entries"] == 7
    assert said["answered_in_time"] == 0.5
    assert said["months"][0] == {"value": "2025-03", "entries": 5}
    assert said["common_words"][0] == {"word": "odong", "entries": 7}
    assert len(said["sample"]) == 5


async def test_trends_show_weeks_and_what_rises(alone: Driver) -> None:
    def times(weeks_back: int, count: int, topic: str) -> list[dict[str, str]]:
        at = alone.now - timedelta(weeks=weeks_back, days=-1)
        return [
            {"text": f"Naik {topic} {weeks_back} {n}", "topic": topic, "opd": "PUPR",
             "submitted_at": at.isoformat()}
            for n in range(count)
        ]  # fmt: skip

    rows = [row for back in range(2, 10) for row in times(back, 3, "jalan-berlubang")]
    rows += (
        times(1, 3, "jalan-berlubang") + times(1, 12, "jalan-ambles") + times(5, 2, "jalan-ambles")
    )
    await put_in(alone, *rows)
    said = (await read(alone, "trends", weeks=8, recent=1)).json()
    assert len(said["weeks"]) == 8
    assert sum(week["entries"] for week in said["weeks"]) == 8 * 3 - 3 + 12 + 2
    (rising,) = said["rising"]
    assert (rising["topic"], rising["recent"]) == ("jalan-ambles", 12)
    assert rising["name"] == "Jalan ambles atau longsor"
    assert 1 < rising["at_least"] < rising["ratio"]
    elsewhere = (await read(alone, "trends", weeks=8, opd="DLH")).json()
    assert sum(week["entries"] for week in elsewhere["weeks"]) == 0


moves = st.lists(
    st.tuples(
        st.sampled_from(["import", "lodge", "assign", "triage"]),
        st.integers(0, 5),
        st.sampled_from(["DLH", "PUPR"]),
        st.integers(0, 400),
    ),
    min_size=1,
    max_size=15,
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves)
async def test_counts_by_week_equal_direct_counts(
    intake: Driver, moves: list[tuple[str, int, str, int]]
) -> None:
    tellings: list[Telling] = []
    for move, which, opd, days in moves:
        if move == "lodge" or (not tellings and move != "import"):
            area = {"location": {"area_code": f"99.71.0{which % 5 + 1}"}} if which else {}
            lodged = await intake.lodge("Dihitung per minggu", **area)
            tellings.append(Telling(lodged.complaint_id, intake.now))
        elif move == "import":
            at = days_ago(intake, days).isoformat()
            await put_in(intake, {"text": "Per minggu", "opd": opd, "submitted_at": at})
        elif move == "assign":
            await intake.tell(tellings[which % len(tellings)].assigned(opd))
        else:
            await intake.tell(tellings[which % len(tellings)].triaged())
    await caught_up(intake)
    direct = Counter(
        (
            monday_of(row["submitted_at"].astimezone(ZONE).date()),
            row["opd"] or "",
            row["topic"] or "",
            (row["area_code"] or "")[:8],
        )
        for row in await intake.rows("SELECT * FROM bank_entry")
    )
    kept = {
        (row["week"], row["opd"], row["topic"], row["area"]): row["entries"]
        for row in await intake.rows("SELECT * FROM bank_week WHERE entries <> 0")
    }
    assert kept == direct
    stored = await intake.rows("SELECT count(*) AS n FROM bank_entry WHERE NOT is_import")
    lodged_ever = await intake.rows("SELECT count(*) AS n FROM complaint")
    assert stored == lodged_ever


async def test_export_is_everything_masked_and_harmless(
    intake: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 3)
    formula = '=HYPERLINK("http://contoh.example","klik") unduhan'
    await intake.lodge(formula, title="@unduhan", reporter=REPORTER)
    await caught_up(intake)
    await put_in(
        intake,
        *(
            {"text": f"unduhan {n}, hubungi 081234567890", "submitted_at": f"2025-10-0{n + 1}",
             "lat": "-7.6", "lon": "111.5"}
            for n in range(7)
        ),
    )  # fmt: skip
    answer = await read(intake, "export.csv", Role.HEAD, "DLH", q="unduhan")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 8
    assert rows[0]["text"] == f"'{formula}"
    assert rows[0]["title"] == "'@unduhan"
    assert [row["submitted_at"] for row in rows] == sorted(
        (row["submitted_at"] for row in rows), reverse=True
    )
    assert rows[1]["lat"] == "-7.6"
    assert not tells_number(answer.text, "081234567890")


async def test_open_data_hides_the_small_and_the_secret(alone: Driver) -> None:
    def rows(count: int, area: str, opd: str, **more: str) -> list[dict[str, str]]:
        return [
            {"text": f"Terbuka {area} {opd} {n} {more}", "area": area, "opd": opd,
             "submitted_at": "2026-02-10", **more}
            for n in range(count)
        ]  # fmt: skip

    await put_in(
        alone,
        *rows(9, "99.71.01.1001", "DLH"),
        *rows(2, "99.71.01.1001", "PUPR"),
        *rows(8, "99.71.01.1002", "DLH"),
        *rows(7, "99.71.01.1002", "PUPR"),
        *rows(30, "99.71.01.1002", "DINSOS", secret="ya"),  # noqa: S106 - a flag
        *rows(6, "99.71.01.1002", "DLH", submitted_at="2026-01-31"),
    )
    answer = await alone.client.get(f"{OPEN_DATA}/2026-02")
    assert answer.status_code == 200
    shown = {(row["area_code"], row["opd"]): row["entries"] for row in answer.json()["rows"]}
    assert shown[(None, None)] == 26
    assert shown[("99.71.01.1001", "PUPR")] is None
    # By itself it would follow from the totals; so each row and column hides two.
    assert sum(1 for entries in shown.values() if entries is None) >= 4
    assert not any(opd == "DINSOS" for _, opd in shown)
    as_csv = await alone.client.get(f"{OPEN_DATA}/2026-02/table.csv")
    lines = list(csv.DictReader(io.StringIO(as_csv.text)))
    assert len(lines) == len(shown)
    assert {line["entries"] for line in lines if line["suppressed"] == "true"} == {""}


@pytest.mark.parametrize(
    ("month", "status"),
    [("2026-03", 404), ("2099-01", 404), ("2026-13", 422), ("x", 422), ("2001-01", 200)],
)
async def test_open_data_is_of_months_that_are_over(
    intake: Driver, month: str, status: int
) -> None:
    assert (await intake.client.get(f"{OPEN_DATA}/{month}")).status_code == status


def test_weeks_begin_on_monday_in_the_pemdas_zone() -> None:
    # Sunday 18:00 in London is Monday in Jakarta.
    sunday = datetime.fromisoformat("2026-03-08T18:00:00+00:00")
    assert monday_of(sunday.astimezone(ZONE).date()) == date(2026, 3, 9)
