"""What a message means."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.conversation_profile import Conversation
from services.intake.rules.incoming import codes_in, meaning_of
from services.intake.rules.meanings import (
    Addition,
    Hint,
    Join,
    Meaning,
    NewComplaint,
    OptIn,
    OptOut,
    OwnCase,
    Passed,
    Said,
    Standing,
    StatusAsked,
    Verdict,
)
from services.intake.rules.progress import OPEN_STATES, STATES
from services.intake.rules.tracking import draw_code

KEYWORDS = Conversation().keywords()
NOBODY = Standing()
CODE = draw_code(lambda below: below // 3)
STRANGERS = Standing(named="theirs")

texts = st.text(max_size=200)
cases = st.builds(
    OwnCase,
    complaint_id=st.sampled_from(["a", "b", "c"]),
    state=st.sampled_from(STATES),
    fresh=st.booleans(),
    judged=st.booleans(),
    offers=st.lists(st.integers(1, 3), unique=True).map(tuple),
    joined=st.booleans(),
)
standings = st.builds(Standing, own=st.lists(cases, max_size=4))


def means(text: str, standing: Standing = NOBODY, **said: bool) -> Meaning:
    return meaning_of(Said(text, **said), KEYWORDS, standing)


def has(state: str, *, fresh: bool = True, judged: bool = False) -> Standing:
    return Standing([OwnCase("mine", state, fresh, judged)])


def named(state: str) -> Standing:
    case = OwnCase("mine", state, fresh=True)
    return Standing([OwnCase("newer", "assigned", fresh=True), case], "mine", case)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Lampu jalan di depan pos ronda padam", NewComplaint()),
        ("LAPOR jalan berlubang depan pasar", NewComplaint()),
        ("Cek dong, jalan rusak di depan SD", NewComplaint()),
        ("Stop pungli di loket parkir pasar", NewComplaint()),
        ("1 lampu padam di gang mawar", NewComplaint()),
        ("Puaskah bapak melihat sampah ini", NewComplaint()),
        ("LAPOR", Hint("too_short")),
        ("Selamat pagi, pak admin", Hint("greeting")),
        ("Assalamu'alaikum wr. wb.", Hint("greeting")),
        ("terima kasih banyak", Hint("greeting")),
        ("jalan", Hint("too_short")),
        ("", Hint("wordless")),
        ("👍", Passed()),
        ("STOP", OptOut()),
        ("*Berhenti*!", OptOut()),
        ("mulai", OptIn()),
        ("/start", OptIn()),
        ("STATUS", Hint("no_complaint")),
        ("cek AAAAAAAAA2", Hint("code_unknown")),
    ],
)
def test_stranger_means(text: str, meaning: Meaning) -> None:
    assert means(text) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", Verdict("mine", True)),
        ("2.", Verdict("mine", False)),
        ("PUAS", Verdict("mine", True)),
        ("Tidak puas, lampunya masih padam", Verdict("mine", False, "lampunya masih padam")),
        ("belum  puas", Verdict("mine", False)),
        ("Puas. Terima kasih!", Verdict("mine", True, "Terima kasih!")),
        ("1 lampu masih padam", Addition("mine")),
        ("Lampunya masih padam", Addition("mine")),
        ("Terima kasih", Hint("greeting")),
        ("LAPOR sampah menumpuk di pasar", NewComplaint()),
    ],
)
def test_after_a_result(text: str, meaning: Meaning) -> None:
    assert means(text, has("resolved")) == meaning


def test_verdict_can_come_after_the_case_was_closed_by_silence() -> None:
    assert means("2", has("closed")) == Verdict("mine", False)
    assert means("2", has("closed", judged=True)) == Hint("too_short")
    assert means("2", has("closed", fresh=False)) == Hint("too_short")


@pytest.mark.parametrize("text", ["RT 05", "ya", "ok", "Selamat pagi", "2", "puas"])
def test_open_question_takes_whatever_is_written_for_its_answer(text: str) -> None:
    assert means(text, has("waiting_citizen", fresh=False)) == Addition("mine")


@pytest.mark.parametrize("state", OPEN_STATES)
def test_message_goes_on_with_the_open_case(state: str) -> None:
    assert means("Sekarang malah dua lampu yang padam", has(state)) == Addition("mine")
    assert means("baru: sampah menumpuk di pasar", has(state)) == NewComplaint()


def offered(*numbers: int, state: str = "assigned") -> Standing:
    newer = OwnCase("newer", "assigned", fresh=True)
    return Standing([newer, OwnCase("mine", state, fresh=True, offers=numbers)])


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("IKUT", Join("mine", number=1)),
        ("ikut 2.", Join("mine", number=2)),
        ("Saya juga!", Join("mine", number=1)),
        ("ikut 3", Hint("no_similar")),
        (f"ikut {CODE}", Hint("code_unknown")),
        ("ikut prihatin, jalannya rusak parah", Addition("newer")),
    ],
)
def test_offer_to_join_is_taken_by_its_number(text: str, meaning: Meaning) -> None:
    assert means(text, offered(1, 2)) == meaning


def test_nobody_joins_without_a_complaint_of_their_own_that_is_open() -> None:
    assert means("ikut 1") == Hint("no_similar")
    assert means("ikut 1", offered(1, state="resolved")) == Hint("no_similar")
    assert means("saya juga", has("waiting_citizen")) == Addition("mine")
    assert means("saya juga", public=True) == Passed()
    joined = Standing([OwnCase("mine", "in_progress", fresh=True, offers=(1,), joined=True)])
    assert means("ikut 1", joined) == Hint("no_similar")
    theirs = replace(offered(), named="theirs")
    assert means(f"IKUT {CODE}", theirs) == Join("newer", code=CODE)
    assert means(f"IKUT {CODE}", STRANGERS) == Hint("no_similar")


def test_message_to_an_old_case_is_a_new_complaint() -> None:
    assert means("Lampu jalan padam lagi", has("assigned", fresh=False)) == NewComplaint()


def test_photo_alone_goes_on_with_a_case_or_waits_for_words() -> None:
    assert means("", has("assigned"), has_files=True) == Addition("mine")
    assert means("", has_files=True) == Hint("wordless")
    assert means("", has("assigned"), has_place=True) == Addition("mine")


def test_one_word_with_a_point_on_the_map_is_a_report() -> None:
    assert means("banjir", has_place=True) == NewComplaint()
    assert means("banjir") == Hint("too_short")


@pytest.mark.parametrize(
    ("text", "state", "meaning"),
    [
        (f"cek {CODE}", "assigned", StatusAsked("mine")),
        (f"STATUS: {CODE.lower()}", "closed", StatusAsked("mine")),
        (CODE, "assigned", StatusAsked("mine")),
        (f"{CODE} terima kasih", "assigned", StatusAsked("mine")),
        (f"{CODE} lampunya di sebelah masjid", "assigned", Addition("mine")),
        (f"{CODE} 2", "resolved", Verdict("mine", False)),
        (f"{CODE} tidak puas", "closed", Verdict("mine", False)),
        (f"{CODE} tidak puas", "assigned", Addition("mine")),
        (f"{CODE} masih padam", "withdrawn", StatusAsked("mine")),
    ],
)
def test_code_of_ones_own_complaint(text: str, state: str, meaning: Meaning) -> None:
    assert means(text, named(state)) == meaning


@pytest.mark.parametrize("text", [f"cek {CODE}", f"{CODE} 2", f"{CODE} ini salah semua, hapus"])
def test_code_of_anothers_complaint_shows_no_more_than_its_status(text: str) -> None:
    assert means(text, STRANGERS) == StatusAsked("theirs")


def test_talk_under_a_post_is_not_answered() -> None:
    for text in ("halo", "mantap", ""):
        assert means(text, public=True) == Passed()
    assert means("Jalan depan pasar berlubang", public=True) == NewComplaint()


def test_comments_may_need_a_keyword() -> None:
    strict = replace(KEYWORDS, comments_need_keyword=True)

    def comment(text: str, *, public: bool = True) -> Meaning:
        return meaning_of(Said(text, public=public), strict, NOBODY)

    assert comment("Mantap pak wali kota, lanjutkan") == Passed()
    assert comment("Jalan pasar berlubang #Lapor") == NewComplaint()
    assert comment("Mantap pak wali kota, lanjutkan", public=False) == NewComplaint()


def test_codes_are_found_however_they_are_written() -> None:
    assert codes_in(f"no {CODE[:5]}-{CODE[5:].lower()}, {CODE} dan 0812345678") == [CODE]
    assert codes_in("jalan berlubang sepanjang kampungku") == []


@given(texts, standings, st.booleans(), st.booleans(), st.booleans())
def test_every_message_means_something_and_only_of_the_senders_own_cases(
    text: str, standing: Standing, files: bool, place: bool, public: bool
) -> None:
    meaning = means(text, standing, has_files=files, has_place=place, public=public)
    own = {case.complaint_id for case in standing.own}
    if isinstance(meaning, Addition | Verdict | StatusAsked):
        assert meaning.complaint_id in own
    if public:
        assert not isinstance(meaning, Hint)


@given(texts)
def test_stranger_never_adds_to_a_case_nor_judges_one(text: str) -> None:
    assert not isinstance(means(text), Addition | Verdict | StatusAsked)


@given(texts)
def test_strangers_code_never_changes_what_is_anothers(text: str) -> None:
    assert not isinstance(means(f"{text} {CODE}", STRANGERS), Addition | Verdict)


@given(st.sampled_from(["stop", "berhenti"]), st.text(" .!*\n", max_size=5), standings)
def test_stop_is_respected_whatever_is_open(word: str, around: str, standing: Standing) -> None:
    assert means(f"{around}{word.upper()}{around}", standing) == OptOut()
