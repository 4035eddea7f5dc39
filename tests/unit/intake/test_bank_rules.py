"""The bank's pure rules: windows, rises, what is hidden, rows of old logs, cells."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.rules.archives import Names, RowRefused, named, read_row, read_time
from services.intake.rules.searching import (
    Filters,
    Span,
    month_span,
    shift_month,
    windows,
    write_query,
)
from services.intake.rules.spreadsheets import plain_cell
from services.intake.rules.trends import rise_of, rising_words, words_of
from shared.suppression import LEAST_SHOWN, TOTAL, Cell, bridges, publish

ZONE = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 3, 9, 2, tzinfo=UTC)
NAMES = Names(
    ZONE,
    named([("DLH", "Dinas Lingkungan Hidup"), ("PUPR", "Dinas Pekerjaan Umum")]),
    named([("pju-padam", "Lampu padam")]),
    named([("99.71.01", "Mekarsari"), ("99.71.01.1001", "Mekarsari"), ("99.71.02", "Tirtajaya")]),
)
instants = st.integers(0, 35 * 365 * 24 * 3600).map(
    lambda seconds: datetime(1995, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(instants, instants)
def test_windows_cut_a_span_without_gap_or_overlap(one: datetime, other: datetime) -> None:
    span = Span(min(one, other), max(one, other))
    cut = list(windows(span, ZONE))
    if span.is_empty:
        assert cut == []
        return
    assert cut[0].until == span.until
    assert cut[-1].since == span.since
    assert all(newer.since == older.until for newer, older in pairwise(cut))
    assert all(window.since < window.until for window in cut)
    # A year window for each year at most.
    assert len(cut) <= 3 + span.until.year - span.since.year + 1


@given(instants, instants, st.floats(0, 1))
def test_each_moment_has_its_periods_fact(one: datetime, other: datetime, share: float) -> None:
    span = Span(min(one, other), max(one, other))
    moment = span.since + (span.until - span.since) * share
    for window in windows(span, ZONE):
        if window.since <= moment < window.until:
            local = moment.astimezone(ZONE)
            facts = {f"=month:{local:%Y-%m}", f"=year:{local.year}"}
            assert facts & set(window.periods)


def test_days_outside_the_calendar_cost_nothing() -> None:
    hostile = Filters(since=date.min, until=date.max)
    span = hostile.span(date(2020, 1, 6), NOW, ZONE)
    assert span is not None
    assert span.since == datetime(2020, 1, 6, tzinfo=ZONE)
    assert Filters(since=date.max).span(date(2020, 1, 6), NOW, ZONE) is None
    assert Filters(until=date.min).span(date(2020, 1, 6), NOW, ZONE) is None


def test_months_add_up() -> None:
    assert shift_month("2026-01", -1) == "2025-12"
    assert month_span("2025-12", ZONE).until == datetime(2026, 1, 1, tzinfo=ZONE)


def test_facts_cannot_break_out_of_their_quotes() -> None:
    assert (
        write_query(["=opd:a'b\\"], ("=month:2026-03",)) == "'=opd:a''b\\\\' & ('=month:2026-03')"
    )


# ------------------------------------------------------------------ trends


@given(st.integers(0, 500), st.integers(0, 500), st.floats(0.01, 1))
def test_a_rise_is_never_a_fall(recent: int, before: int, share: float) -> None:
    rise = rise_of(recent, before, share)
    if rise is not None:
        assert recent >= 5
        assert 1 < rise.at_least < rise.ratio
        assert recent > before * share


def test_more_evidence_is_surer() -> None:
    few, many = rise_of(6, 6, 0.5), rise_of(600, 600, 0.5)
    assert few is None
    assert many is not None
    assert many.at_least > 1.7


def test_words_that_say_nothing_are_left_out() -> None:
    said = words_of("Mohon lampu jalan yang PADAM segera diperbaiki, 081234")
    assert said == {"lampu", "padam", "diperbaiki"}


def test_rising_words_compare_shares_of_texts() -> None:
    recent = ["banjir rob"] * 8 + ["sampah menumpuk"] * 4
    before = ["sampah menumpuk"] * 40 + ["banjir rob"]
    assert [word for word, _ in rising_words(recent, before, 5)] == ["banjir"]
    assert rising_words(recent, [], 5) == []


# ------------------------------------------------------------------ suppression

tables = st.dictionaries(
    st.tuples(st.sampled_from("abcde"), st.sampled_from("vwxyz")), st.integers(0, 12), max_size=25
)


@given(tables)
def test_no_hidden_count_follows_from_what_is_shown(counts: dict[Cell, int]) -> None:
    published = publish(counts)
    for cell, count in counts.items():
        shown = published.counts.get(cell, 0)
        assert shown in {None, count}
        assert not 0 < count < LEAST_SHOWN or shown is None
    assert determined(published.hidden) == set()
    hidden = {cell for cell in published.hidden if TOTAL not in cell}
    for place in (0, 1):
        for line in {cell[place] for cell in hidden}:
            of_line = [cell for cell in hidden if cell[place] == line]
            everything = [cell for cell in counts if cell[place] == line and counts[cell]]
            known = sum(counts[cell] for cell in of_line)
            total = (line, TOTAL) if place == 0 else (TOTAL, line)
            assert known >= LEAST_SHOWN or (
                set(of_line) == set(everything) and total in published.hidden
            )


@given(st.sets(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz"))))
def test_bridges_are_what_the_totals_determine(cells: set[Cell]) -> None:
    assert set(bridges(cells)) == determined(frozenset(cells))


def determined(hidden: frozenset[Cell]) -> set[Cell]:
    """Return the cells whose value the sums of rows and columns fix: by exact elimination."""
    cells = sorted(hidden)
    lines = sorted({("r", row) for row, _ in cells} | {("c", column) for _, column in cells})
    rows = [
        [int(cell[0] == name if kind == "r" else cell[1] == name) for cell in cells]
        for kind, name in lines
    ]
    rank = _rank(rows)
    unit = [[int(i == j) for j in range(len(cells))] for i in range(len(cells))]
    return {cell for i, cell in enumerate(cells) if _rank([*rows, unit[i]]) == rank}


def _rank(matrix: list[list[int]]) -> int:
    # Incidence matrices of such pictures are totally unimodular: whole numbers stay whole.
    rows = [list(row) for row in matrix]
    rank = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(rank + 1, len(rows)):
            if rows[i][column]:
                factor = rows[i][column] * rows[rank][column]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


# ------------------------------------------------------------------ rows of old logs


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-09-23", "2024-09-22T17:00:00+00:00"),
        ("2024-09-23T08:15:00+00:00", "2024-09-23T08:15:00+00:00"),
        ("2024-09-23T08:15:00Z", "2024-09-23T08:15:00+00:00"),
        ("23 Sep 2024", "2024-09-22T17:00:00+00:00"),
        ("23 September 2024 08.15", "2024-09-23T01:15:00+00:00"),
        ("5 Mei 2024 00:41:43", "2024-05-04T17:41:43+00:00"),
        ("05-Agu-2024", "2024-08-04T17:00:00+00:00"),
        ("5/12/2024 7:05", "2024-12-05T00:05:00+00:00"),
    ],
)
def test_times_are_read_as_people_write_them(written: str, expected: str) -> None:
    read = read_time(written, ZONE)
    assert read is not None
    assert read.isoformat() == expected


@pytest.mark.parametrize("written", ["", "kemarin", "31/02/2024", "5 Xyz 2024", "0001-01-01", "१"])
def test_what_is_no_time_is_none(written: str) -> None:
    assert read_time(written, ZONE) is None


@given(st.text(max_size=30))
def test_no_text_breaks_reading_a_time(written: str) -> None:
    read = read_time(written, ZONE)
    assert read is None or read.tzinfo is not None


ROW = {"text": "Lampu padam", "submitted_at": "2025-01-01"}


def test_a_row_is_masked_and_named_in_the_profiles_codes() -> None:
    entry = read_row(
        {
            **ROW,
            "text": "Saya Suminten, telp 081234567890",
            "person": "Suminten",
            "opd": "dinas lingkungan hidup",
            "topic": "LAMPU PADAM",
            "area": "Tirtajaya",
            "lat": "-7,62",
            "secret": "Anonim|Rahasia",
        },
        NAMES,
        "log",
        NOW,
    )
    assert entry["text"] == "Saya [nama], telp [telepon]"
    assert (entry["opd"], entry["topic"], entry["area_code"]) == ("DLH", "pju-padam", "99.71.02")
    assert entry["lat"] == -7.62
    assert entry["secret"] is True
    assert "person" not in entry


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": " "},
        {"text": "a\0b"},
        {"text": "\ud800"},
        {"submitted_at": ""},
        {"submitted_at": "kapan"},
        {"submitted_at": "2031-01-01"},
        {"submitted_at": "1820-01-01"},
        {"responded_at": "2024-12-31"},
        {"opd": "Dinas Kota Lain"},
        {"area": "Mekarsari"},
        {"lat": "utara"},
        {"lat": "nan"},
        {"lon": "181"},
        {"channel": "x" * 101},
        {"classification": "apa saja"},
        {"secret": "mungkin"},
    ],
)
def test_a_row_that_cannot_be_is_refused_without_quoting_it(wrong: dict[str, str]) -> None:
    with pytest.raises(RowRefused) as refused:
        read_row({**ROW, **wrong}, NAMES, "log", NOW)
    (value,) = wrong.values()
    assert len(value) < 3 or value not in str(refused.value)


def test_the_same_row_is_the_same_entry() -> None:
    def entry_id(source: str = "log", **row: str) -> str:
        return str(read_row({**ROW, **row}, NAMES, source, NOW)["entry_id"])

    assert entry_id() == entry_id()
    assert entry_id(key="7") == entry_id(key="7", text="Dikoreksi")
    different = [entry_id(), entry_id("lain"), entry_id(key="7"), entry_id(title="x")]
    assert len(set(different)) == 4


# ------------------------------------------------------------------ cells


@given(st.text())
def test_no_cell_begins_as_a_formula(text: str) -> None:
    cell = plain_cell(text)
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell in {text, f"'{text}"}
