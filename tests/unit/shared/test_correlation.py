"""A client's own request id goes into logs and events unmasked, so it may name nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.correlation import is_safe_id


@pytest.mark.parametrize(
    "given_id",
    [
        "01a20157-422c-7751-bb5a-8e8439cf1c12",
        "01A20157-422C-7751-BB5A-8E853E21759C",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "permintaan-9",
        "web_2026.03-7",
        "req-12345",
    ],
)
def test_ids_that_programs_make_are_kept(given_id: str) -> None:
    assert is_safe_id(given_id)


@pytest.mark.parametrize(
    "given_id",
    [
        "081234567890",
        "0812-3456-7890",
        "628123456789",
        "req-081234567890",
        "req-0812.3456.7890",
        "9971014503870003",
        "9971-0145-0387-0003",
        "99710145038700039971014503870003",
        "081234567890abcdef081234567890ab",
        "budi@contoh.example",
        "nama saya",
        "short",
        "x" * 41,
        "id\n1234567",
        "",
    ],
)
def test_ids_that_could_be_a_persons_number_are_not(given_id: str) -> None:
    assert not is_safe_id(given_id)


@given(st.integers(10**8, 10**16), st.text(alphabet="._-", max_size=1), st.integers(1, 6))
def test_no_long_number_passes_however_it_is_parted(number: int, sign: str, every: int) -> None:
    digits = str(number)
    parted = sign.join(digits[at : at + every] for at in range(0, len(digits), every))
    assert not is_safe_id(parted)
