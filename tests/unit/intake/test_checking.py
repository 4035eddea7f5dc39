"""Numbers come in many spellings and are kept in one; what is none is refused."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.rules.checking import is_in_the_future
from shared.personal_numbers import normalise_nik, normalise_phone
from shared.text import is_email

NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("081234567890", "+6281234567890"),
        ("0812-3456-7890", "+6281234567890"),
        ("0812 3456 7890", "+6281234567890"),
        ("+62 812 3456 7890", "+6281234567890"),
        ("6281234567890", "+6281234567890"),
        ("(0351) 461234", "+62351461234"),
        ("021-5550123", "+62215550123"),
        ("+60 12-345 6789", "+60123456789"),
        (
            "\uff10\uff18\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10",
            "+6281234567890",
        ),
    ],
)
def test_phone_numbers_are_kept_as_e164(written: str, kept: str) -> None:
    assert normalise_phone(written) == kept


@pytest.mark.parametrize(
    "written", ["", "12", "halo", "0", "+", "0812", "+999 1", "1" * 40, "0812345678901234567"]
)
def test_what_is_no_phone_number_is_refused(written: str) -> None:
    assert normalise_phone(written) is None


@given(st.from_regex(re.compile(r"8[1-9][0-9]{7,10}"), fullmatch=True))
def test_every_spelling_of_a_mobile_number_is_kept_alike(number: str) -> None:
    spellings = [f"0{number}", f"62{number}", f"+62{number}", f"+62 {number[:3]}-{number[3:]}"]
    assert {normalise_phone(each) for each in spellings} == {f"+62{number}"}


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_numbers(text: str) -> None:
    phone, nik = normalise_phone(text), normalise_nik(text)
    assert phone is None or re.fullmatch(r"\+[0-9]{5,15}", phone)
    assert nik is None or re.fullmatch(r"[0-9]{16}", nik)
    is_email(text)


@pytest.mark.parametrize(
    "written", ["9971010101010001", "997101 010101 0001", "99.71.01.0101010001"]
)
def test_a_nik_is_sixteen_digits(written: str) -> None:
    assert normalise_nik(written) == "9971010101010001"


@pytest.mark.parametrize("written", ["", "99710101010100", "997101010101000X", "٩" * 16])
def test_what_is_no_nik_is_refused(written: str) -> None:
    assert normalise_nik(written) is None


@given(st.emails(domains=st.just("contoh.example")))
def test_the_form_of_an_email_address(email: str) -> None:
    if not re.search(r"[<>()\[\],;:\"]", email):
        assert is_email(email)
    assert not is_email(email.replace("@", " "))


def test_a_badly_set_clock_is_believed_for_five_minutes() -> None:
    assert not is_in_the_future(NOW + timedelta(minutes=5), NOW)
    assert is_in_the_future(NOW + timedelta(minutes=5, seconds=1), NOW)
