"""The alphabet of SMS: what fits into one, and how longer texts are divided."""

from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.gsm import divide, fits_one, septets, to_gsm


def test_the_signs_of_the_extension_cost_two() -> None:
    assert septets("Rp 5.000") == 8
    assert septets("[a]") == 5
    assert septets("€") == 2
    assert septets("日") is None
    assert fits_one("x" * 160)
    assert not fits_one("x" * 159 + "~")


def test_what_phones_make_of_quotes_and_dashes_is_made_plain() -> None:
    assert to_gsm("“Jalan” \u2013 rusak… 🚧") == '"Jalan" - rusak...'
    assert to_gsm("Jl. Ā no. ½") == "Jl. A no. 12"


@given(st.text(max_size=400))
def test_whatever_is_written_can_be_sent(text: str) -> None:
    assert septets(to_gsm(text)) is not None


@given(st.text(max_size=900), st.integers(0, 10_000))
def test_the_parts_of_a_text_are_the_text(text: str, reference: int) -> None:
    parts = divide(text, reference)
    joined = "".join(part.text for part in parts)
    assert text.startswith(joined)
    assert joined == text or len(parts) == 10
    unicode = septets(text) is None
    for number, part in enumerate(parts, 1):
        size = len(part.text.encode("utf-16-be", "surrogatepass")) // 2
        size = size if unicode else (septets(part.text) or 0)
        if part.header is None:
            assert size <= (70 if unicode else 160)
            continue
        assert size <= (67 if unicode else 153)
        assert part.header == f"050003{reference % 256:02X}{len(parts):02X}{number:02X}"


def test_a_picture_is_not_torn_apart() -> None:
    for part in divide("🚧" * 80, 1):
        assert part.text.encode("utf-16-be")
