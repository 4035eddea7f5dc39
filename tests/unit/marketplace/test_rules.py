"""What traders write, and what the rules make of it."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.marketplace.rules.codes import LEAST_PAUSE, WINDOW, judge_try, seconds_to_wait
from services.marketplace.rules.elsewhere import leads_elsewhere
from services.marketplace.rules.listing import (
    Wanted,
    degrees_around,
    is_in_season,
    metres_between,
    write_facts,
)
from services.marketplace.rules.numbers import tidy_number
from services.marketplace.rules.phones import normalise_mobile, show_last_digits
from services.marketplace.rules.prohibited import ProhibitedWords
from services.marketplace.rules.sizes import size_class
from services.marketplace.rules.spelling import set_right
from services.marketplace.rules.states import (
    TraderAction,
    TraderState,
    legal_trader_actions,
    next_trader_state,
)
from services.marketplace.rules.wording import months
from services.marketplace.trade_profile import ProhibitedGoods, SizeLimit

NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
LIMITS = [
    SizeLimit(size="mikro", capital=10**9, annual_sales=2 * 10**9),
    SizeLimit(size="kecil", capital=5 * 10**9, annual_sales=15 * 10**9),
    SizeLimit(size="menengah", capital=10 * 10**9, annual_sales=50 * 10**9),
]
WORDS = ProhibitedWords(
    [
        ProhibitedGoods(
            code="keras", name="Minuman keras", action="refuse", words=("arak", "bir", "miras")
        ),
        ProhibitedGoods(code="obat", name="Obat", action="flag", words=("obat*", "jamu kuat")),
    ]
)


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("0812-0000-0001", "+6281200000001"),
        ("+62 812 0000 0001", "+6281200000001"),
        ("62 (812) 0000.0001", "+6281200000001"),
        ("021 555 0101", None),
        ("0812", None),
        ("081200000001234567", None),
        ("+1 415 555 0101", None),
    ],
)
def test_only_mobile_numbers_are_numbers_of_traders(written: str, phone: str | None) -> None:
    assert normalise_mobile(written) == phone


def test_a_number_is_shown_by_its_last_digits() -> None:
    assert show_last_digits("+6281200000001") == "••••0001"


@pytest.mark.parametrize(
    ("basis", "amount", "size"),
    [
        ("capital", 0, "mikro"),
        ("capital", 10**9, "mikro"),
        ("capital", 10**9 + 1, "kecil"),
        ("capital", 10**10, "menengah"),
        ("capital", 10**10 + 1, None),
        ("annual_sales", 2 * 10**9, "mikro"),
        ("annual_sales", 15 * 10**9, "kecil"),
        ("annual_sales", 50 * 10**9 + 1, None),
    ],
)
def test_the_size_is_the_regulations(basis: str, amount: int, size: str | None) -> None:
    assert size_class(LIMITS, basis, amount) == size  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("lihat https://contoh.example/x", "link"),
        ("toko-contoh.com", "link"),
        ("toko . com", "link"),
        ("wa.me/62812", "link"),
        ("www.contoh", "link"),
        ("\uff57\uff57\uff57\uff0econtoh\uff0ecom", "link"),
        ("jual@contoh.example", "email"),
        ("ikuti @keripikcontoh", "handle"),
        ("WA 0812-0000-0001", "phone"),
        ("08 12 00 00 00 01", "phone"),
        ("+62 (812) 0000 0001", "phone"),
        ("0812.0000.0001", "phone"),
    ],
)
def test_what_leads_elsewhere_is_seen(text: str, kind: str) -> None:
    assert leads_elsewhere(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "Harga 1.000.000.000 rupiah",
        "Rp15.000 - 20.000 per bungkus",
        "Isi 12 x 250 g, tahan 3 bulan",
        "Dibuat 2010. Coba rasa baru.",
        "Ukuran 30 x 40 x 50 cm",
        "Enak, gurih.manis dan renyah",
        "Sejak 1998-2010, lalu 2012-2024",
        "",
    ],
)
def test_what_leads_nowhere_is_left_alone(text: str) -> None:
    assert leads_elsewhere(text) is None


@given(st.text(max_size=200))
def test_no_text_breaks_the_rules_of_words(text: str) -> None:
    leads_elsewhere(text)
    WORDS.find(text, text)


@given(
    st.integers(0, 10**8 - 1).map(lambda n: f"0812{n:08}"),
    st.sampled_from(["", " ", "-", ".", " -"]),
    st.text(st.characters(categories=["Ll"]), max_size=20),
)
def test_however_a_number_is_written_it_is_seen(phone: str, sign: str, word: str) -> None:
    written = sign.join(phone[place : place + 4] for place in range(0, len(phone), 4))
    assert leads_elsewhere(f"{word} {written} {word}") is not None


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Arak beras", ["keras"]),
        ("4R4K murni", ["keras"]),
        ("a.r.a.k", []),
        ("Karak nasi", []),
        ("Kue bikang", []),
        ("BIRRRR dingin", ["keras"]),
        ("Obat-obatan dan miras", ["keras", "obat"]),
        ("obatnya", ["obat"]),
        ("jamu   kuat", ["obat"]),
        ("jamu lemah kuat", []),
    ],
)
def test_prohibited_words_are_whole_words(text: str, codes: list[str]) -> None:
    assert [each.code for each in WORDS.find(text)] == codes


def test_a_word_does_not_reach_from_one_field_into_the_next() -> None:
    assert WORDS.find("jamu", "kuat") == []


@pytest.mark.parametrize(
    ("written", "form", "number"),
    [
        ("1234 5678 90123", r"[0-9]{13}", "1234567890123"),
        ("123456789012", r"[0-9]{13}", None),
        ("206.3571010001-29", r"[0-9]{13}-?[0-9]{2}", "2063571010001-29"),
        ("id00000000000000001", r"ID[0-9]{17}", "ID00000000000000001"),
    ],
)
def test_numbers_are_tidied(written: str, form: str, number: str | None) -> None:
    assert tidy_number(written, form) == number


@given(st.lists(st.integers(0, 7200), max_size=12), st.integers(1, 6))
def test_however_often_is_asked_no_number_gets_more_codes_in_an_hour(
    seconds: list[int], most: int
) -> None:
    sent: list[datetime] = []
    for each in sorted(seconds):
        moment = NOW + timedelta(seconds=each)
        wait = seconds_to_wait(sent, most, moment)
        if wait == 0:
            sent.append(moment)
        else:
            # Who comes back when they were told to is let in.
            assert seconds_to_wait(sent, most, moment + timedelta(seconds=wait)) == 0
    for first in sent:
        assert sum(first <= other < first + WINDOW for other in sent) <= most
    assert all(b - a >= LEAST_PAUSE for a, b in pairwise(sent))


@given(st.integers(0, 10), st.integers(1, 10), st.integers(-5, 5), st.booleans())
def test_a_code_is_right_only_while_it_has_tries_and_time(
    tries: int, most: int, left: int, same: bool
) -> None:
    verdict = judge_try(
        b"kept",
        [b"other", b"kept" if same else b"no"],
        tries=tries,
        most=most,
        expires_at=NOW + timedelta(seconds=left),
        now=NOW,
    )
    over = tries >= most or left <= 0
    assert verdict == ("over" if over else "right" if same else "wrong")


@given(
    st.floats(-8, -7), st.floats(111, 112), st.floats(-8, -7), st.floats(111, 112),
    st.integers(1, 100_000),
)  # fmt: skip
def test_the_box_holds_the_circle(
    lat: float, lon: float, other_lat: float, other_lon: float, metres: int
) -> None:
    north, east = degrees_around(lat, metres)
    if metres_between(lat, lon, other_lat, other_lon) <= metres:
        assert abs(other_lat - lat) <= north * 1.0001
        assert abs(other_lon - lon) <= east * 1.0001


def test_a_degree_of_latitude_is_as_long_as_it_is() -> None:
    assert metres_between(-7, 111, -8, 111) == pytest.approx(111_195, abs=10)


@given(st.none() | st.dates(), st.none() | st.dates(), st.dates())
def test_a_season_has_both_its_days(begin: date | None, end: date | None, day: date) -> None:
    inside = (begin is None or begin <= day) and (end is None or day <= end)
    assert is_in_season(begin, end, day) is inside


def test_facts_are_quoted() -> None:
    wanted = Wanted(category="o'brien \\ x", in_stock=True)
    assert write_facts(wanted.facts()) == "'=category:o''brien \\\\ x' & '=stock'"


@given(st.sampled_from(TraderState), st.sampled_from(TraderAction))
def test_the_table_of_states_and_its_list_agree(state: TraderState, action: TraderAction) -> None:
    legal = next_trader_state(state, action) is not None
    assert legal is (action in legal_trader_actions(state))
    if state == TraderState.ERASED:
        assert not legal


@pytest.mark.parametrize(
    ("text", "known", "alike", "right"),
    [
        ("kripik pedas", {"pedas"}, {"kripik": "keripik"}, "keripik pedas"),
        ("keripik pedas", {"keripik", "pedas"}, {}, None),
        ("qqqq pedas", {"pedas"}, {}, "pedas"),
        ("qqqq", set(), {}, None),
        ("-", set(), {}, None),
    ],
)
def test_words_are_set_right(
    text: str, known: set[str], alike: dict[str, str], right: str | None
) -> None:
    assert set_right(text, known, alike) == right


def test_what_buyers_read() -> None:
    assert months([11, 5, 6, 7]) == "Mei sampai Juli, November"
    assert months([]) == ""
