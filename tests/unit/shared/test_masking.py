"""What a citizen typed of a person is not in what is published; dates and amounts are."""

import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.masking import mask_identifiers, mask_long_numbers, mask_person
from tests.support.growth import growth

_SEPARATORS = st.sampled_from(["", "", "", " ", "-", ".", "/", " - ", ") ", "\u2013"])
_AROUND = st.text(st.sampled_from("abcde nama KTP ,;:!?\n\"'[]"), max_size=20)
_NAMES = st.lists(
    st.text(
        st.characters(max_codepoint=0x24F, categories=["Lu", "Ll"], exclude_characters="\u0131"),
        min_size=2,
        max_size=12,
    ),
    min_size=1,
    max_size=3,
).map(" ".join)


@st.composite
def _spelled(draw: st.DrawFn, digits: st.SearchStrategy[str]) -> str:
    """A number as people write it: groups of two to four digits with separators between them."""
    number = draw(digits)
    spelled = ""
    while number:
        size = draw(st.integers(2, 4))
        spelled += number[:size]
        number = number[size:]
        spelled += draw(_SEPARATORS) if number else ""
    return spelled


_MOBILE = st.from_regex(re.compile(r"08[1-9][0-9]{7,9}"), fullmatch=True)
_ABROAD = st.from_regex(re.compile(r"628[1-9][0-9]{7,9}"), fullmatch=True)
_NIK = st.from_regex(re.compile(r"[1-9][0-9]{15}"), fullmatch=True)


@given(_AROUND, _spelled(st.one_of(_MOBILE, _ABROAD, _NIK)), _AROUND)
def test_no_phone_or_nik_survives_however_it_is_spelled(
    before: str, number: str, after: str
) -> None:
    masked = mask_identifiers(f"{before}{number}{after}")
    assert not re.search(r"\d", masked)


@given(_AROUND, st.emails(), _AROUND)
def test_no_email_survives(before: str, email: str, after: str) -> None:
    masked = mask_identifiers(f"{before} {email} {after}")
    assert not re.search(r"\w@\w", masked)


@given(st.text())
def test_no_sixteen_digits_survive_any_text(text: str) -> None:
    masked = mask_identifiers(text)
    assert not re.search(r"\d{16}", masked)
    assert not re.search(r"[\w.+-]@\w+\.\w", masked)


@given(_AROUND, _NAMES, _AROUND, st.sampled_from([str, str.upper, str.lower, str.title]))
def test_no_name_of_the_reporter_survives(
    before: str, name: str, after: str, cased: Callable[[str], str]
) -> None:
    masked = mask_person(f"{before} {cased(name)} {after}", [name]).replace("[nama]", "")
    for written in (name, cased(name)):
        plain = unicodedata.normalize("NFKC", written)
        assert not re.search(rf"(?<!\w){re.escape(plain)}(?!\w)", masked)


@given(_AROUND, _spelled(_MOBILE), _AROUND)
def test_the_reporters_own_number_is_found_without_its_prefix(
    before: str, number: str, after: str
) -> None:
    e164 = "+62" + "".join(re.findall(r"\d", number))[1:]
    masked = mask_person(f"{before}|{number[2:]}|{after}", [e164])
    assert not re.search(r"\d", masked)


@pytest.mark.parametrize(
    "text",
    [
        "Kejadian 05-12-2023 pukul 08.30 - 10.00, RT 03/RW 05, nomor 12.",
        "Anggaran Rp 8.000.000.000 tahun 2024, ukuran 120 x 340.",
        "Terakhir 2024-01-15, sudah 3 kali lapor sejak 01/02/2024.",
        "Tiang nomor 4471 di KM 12,5; akun @dishub tidak menjawab.",
    ],
)
def test_dates_times_and_amounts_stay(text: str) -> None:
    assert mask_identifiers(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("hp.081234567890", "hp.[telepon]"),
        ("WA +62 (812) 3456-7890 ya", "WA [telepon] ya"),
        ("telp (0351) 461234", "telp [telepon]"),
        ("NIK 6201012345670001", "NIK [nik]"),
        ("kirim ke budi.s+x@contoh.example.", "kirim ke [email]."),
        ("\uff10\uff18\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "[telepon]"),
        ("0812\u200b3456\u200b7890", "[telepon]"),
        (
            "no complaint 019b76da-a800-7000-8000-000000081234, hp 081234567890",
            "no complaint 019b76da-a800-7000-8000-000000081234, hp [telepon]",
        ),
    ],
)
def test_what_people_write_is_marked_for_what_it_is(text: str, masked: str) -> None:
    assert mask_identifiers(text) == masked


def test_a_name_is_masked_whole_and_by_its_longer_words() -> None:
    said = "Saya  sri\nAYU lestari. Bu Lestari sudah lapor; Sri juga."
    assert mask_person(said, ["Sri Ayu Lestari", "x"]) == (
        "Saya  [nama]. Bu [nama] sudah lapor; Sri juga."
    )


@pytest.mark.parametrize("sign", ["\n", "\r\n", ", ", ":", "*", " \u00b7 ", "\u2212", "  - "])
def test_the_reporters_own_numbers_are_found_across_lines_and_any_sign(sign: str) -> None:
    known = ["0812-0000-4321", "9971014503870003"]
    said = (
        f"Nomor {sign.join(('0812', '0000', '4321'))}, NIK {sign.join(('9971014', '503870003'))}."
    )
    assert mask_person(said, known) == f"Nomor 0812{sign}[telepon], NIK [nik]."


@pytest.mark.parametrize("spelled", ["#SriRahayuningsih", "@sri_rahayuningsih", "_Rahayuningsih_"])
def test_a_name_is_found_as_a_hashtag_and_between_underscores(spelled: str) -> None:
    assert "rahayuningsih" not in mask_person(spelled, ["Sri Rahayuningsih"]).casefold()


def test_officers_hotlines_stay_and_long_numbers_go() -> None:
    said = "Hubungi 0351-461234 / 081234567890. NIK 3577 0123 4567 0001 sudah kami terima."
    assert mask_long_numbers(said) == (
        "Hubungi 0351-461234 / 081234567890. NIK [nik] sudah kami terima."
    )


@pytest.mark.parametrize(
    "unit", ["1", "1 ", "a", "a.b-", "+(", "1 - ", "@", "a@", "0 ", "1.2.2020 ", "1.234.", "8 1-"]
)
def test_long_runs_cost_no_more_than_their_pieces(unit: str) -> None:
    def mask(text: str) -> None:
        mask_person(text, ["Budi Santoso", "+6281234567890"])
        mask_long_numbers(text)

    assert growth(mask, (unit * 16_000)[:16_000]) < 4
