"""Pages of the newest: what several want at once is what a plain statement finds for each."""

import asyncio
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.intake.bank_queries import Entry, Position
from services.intake.bank_upkeep_queries import insert_imports
from services.intake.operations import searching
from services.intake.operations.searching import Wanted
from services.intake.rules.searching import Filters, write_query
from shared.database import fetch
from tests.load.bank_rows import NEWEST, BankRows
from tests.service.intake.bank import ZONE
from tests.service.intake.driver import Driver

ROWS = 1_500
_LAST = Position(NEWEST.replace(year=NEWEST.year + 1), "ffffffff-ffff-ffff-ffff-ffffffffffff")
_PLAIN = text(
    """
    SELECT CAST(entry_id AS text) FROM bank_entry
    WHERE (:words = '' OR words @@ websearch_to_tsquery('indonesian', :words))
      AND (:facts = '' OR words @@ CAST(:facts AS tsquery))
      AND (NOT secret OR :all_secrets OR opd = :own_opd)
      AND (CAST(:since AS date) IS NULL
           OR submitted_at >= CAST(:since AS timestamp) AT TIME ZONE :zone)
      AND (CAST(:until AS date) IS NULL
           OR submitted_at < (CAST(:until AS timestamp) + interval '1 day') AT TIME ZONE :zone)
      AND (submitted_at, entry_id) < (:before, CAST(:before_id AS uuid))
    ORDER BY submitted_at DESC, entry_id DESC LIMIT :most
    """
)


@pytest.fixture(scope="module")
async def stocked(intake: Driver) -> Driver:
    """Fill the bank with invented complaints of four years, one in seven of them secret."""
    async with intake.doors.units.begin() as unit:
        await insert_imports(unit.connection, list(BankRows().rows(ROWS)), ZONE.key)
        await unit.connection.execute(text("TRUNCATE bank_announcement"))
        await unit.connection.execute(
            text(
                "UPDATE bank_entry SET secret = true WHERE hashtext(CAST(entry_id AS text)) % 7 = 0"
            )
        )
    intake.system.clock.set(NEWEST)
    return intake


def days() -> st.SearchStrategy[date | None]:
    """Return days in and around the years of the entries, or none."""
    return st.none() | st.dates(date(2021, 1, 1), date(2027, 1, 1))


WORDS = ["", "jalan", "jalan lampu", "lampu OR sampah", "jalan -lampu", "tiwaraka", '"jalan rusak"']
FILTERS = st.builds(
    Filters,
    text=st.sampled_from(WORDS),
    opd=st.sampled_from([None, None, "DLH", "PUPR", "TIDAKADA"]),
    channel=st.sampled_from([None, None, "web"]),
    since=days(),
    until=days(),
    own_opd=st.sampled_from([None, "DLH"]),
    sees_all_secrets=st.booleans(),
)


async def plainly(intake: Driver, filters: Filters, start: Position, most: int) -> list[str]:
    """Return the ids of a page as one plain statement finds them."""
    values: dict[str, Any] = {
        "words": filters.text,
        "facts": write_query(filters.facts()),
        "since": filters.since,
        "until": filters.until,
        "zone": ZONE.key,
        "all_secrets": filters.sees_all_secrets,
        "own_opd": filters.own_opd,
        "before": start.submitted_at,
        "before_id": start.entry_id,
        "most": most,
    }
    async with intake.doors.units.database.transaction() as connection:
        return list((await connection.execute(_PLAIN, values)).scalars())


def ids(entries: Any) -> list[str]:
    return [str(entry.entry_id) for entry in entries]


def after(entries: list[Entry]) -> Position:
    return Position(entries[-1].submitted_at, str(entries[-1].entry_id))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(chosen=st.lists(st.tuples(FILTERS, st.integers(1, 60)), min_size=1, max_size=5))
async def test_pages_together_are_what_each_finds_plainly(
    stocked: Driver, chosen: list[tuple[Filters, int]]
) -> None:
    starts: list[Position | None] = [None] * len(chosen)
    for _ in range(2):
        wanted = [
            Wanted(filters, stocked.now, start, most)
            for (filters, most), start in zip(chosen, starts, strict=True)
        ]
        async with stocked.doors.units.database.transaction() as connection:
            pages = await searching.list_pages(
                partial(fetch, connection), stocked.doors.context, wanted
            )
        for each, page in zip(wanted, pages, strict=True):
            expected = await plainly(stocked, each.filters, each.start or _LAST, each.most)
            assert ids(page) == expected
        starts = [
            after(list(page)) if page else start for page, start in zip(pages, starts, strict=True)
        ]


async def test_many_at_once_get_each_their_own(stocked: Driver) -> None:
    doors = stocked.doors
    chosen = [
        Filters(text=words, opd=opd, sees_all_secrets=True)
        for words in WORDS
        for opd in (None, "DLH", "PUPR", "DISHUB")
    ]
    alone = [
        ids(await doors.bank.list_page(Wanted(filters, stocked.now, None, 21)))
        for filters in chosen
    ]
    together = await asyncio.gather(
        *(doors.bank.list_page(Wanted(filters, stocked.now, None, 21)) for filters in chosen)
    )
    assert [ids(page) for page in together] == alone
    assert any(alone)
    assert ids(
        await doors.bank.list_page(
            Wanted(replace(chosen[0], sees_all_secrets=False), stocked.now, None, 21)
        )
    ) != ids(together[0])
