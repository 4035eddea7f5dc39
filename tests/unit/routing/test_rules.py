"""Which OPD the rules choose, why, and what they leave to the triage desk."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.catalogue import (
    Area,
    KeywordRule,
    Opd,
    Placing,
    RoutingProfile,
    Topic,
)
from services.routing.conditions import Circumstances
from services.routing.decisions import MOST_PROPOSALS, Decision
from services.routing.profile import check, read
from services.routing.rules import Router, compile_rules
from tests.support.growth import growth

CONTOH = Path(__file__).parents[3] / "deploy" / "profiles" / "contoh"

OPDS = (
    Opd("PUPR", "Dinas Pekerjaan Umum", "dinas"),
    Opd("DISHUB", "Dinas Perhubungan", "dinas"),
    Opd("DAMKAR", "Dinas Pemadam Kebakaran", "dinas"),
    Opd("SETDA-TAPEM", "Bagian Pemerintahan", "setda"),
    Opd("KEC-SATU", "Kecamatan Melati", "kecamatan", "99.71.01"),
    Opd("KEC-DUA", "Kecamatan Kenanga", "kecamatan", "99.71.02"),
)
TOPICS = (
    Topic("jalan-rusak", "Jalan rusak", "PUPR", ("berlubang",), ("jalan rusak",), ("jalan",)),
    Topic("saluran", "Saluran buntu", "PUPR", (), ("saluran",), ()),
    Topic("pju", "Lampu jalan padam", "DISHUB", ("pju",), ("lampu ~ padam",), ("gelap",)),
    Topic("parkir", "Parkir", "DISHUB", (), ("parkir",), ()),
    Topic("kebakaran", "Kebakaran", "DAMKAR", (), ("kebakaran",), (), "emergency"),
    Topic("waris", "Ahli waris", None, ("ahli waris",), (), (), "normal", True),
)
RULES = (
    KeywordRule(
        "darurat-kebakaran",
        "Kebakaran sedang terjadi.",
        topic="kebakaran",
        any_of=("kebakaran", "terbakar"),
        none_of=("latihan",),
    ),
    KeywordRule("listrik-pln", "Urusan PLN.", all_of=("listrik", "padam")),
    KeywordRule("pju-dishub", "Lampu jalan.", opd="DISHUB", any_of=("pju",)),
    KeywordRule("pju-pupr", "Tidak pernah tercapai.", opd="PUPR", any_of=("pju",)),
    KeywordRule("waris", "Urusan kecamatan.", topic="waris", all_of=("ahli waris",)),
)
AREAS = (
    Area("99.71.01", "Melati"),
    Area("99.71.01.1001", "Sidamulih"),
    Area("99.71.02", "Kenanga"),
    Area("99.71.02.1001", "Rejo Mulyo"),
)


def router(**changes: object) -> Router:
    profile = RoutingProfile(
        opds=OPDS,
        topics=TOPICS,
        rules=RULES,
        areas=AREAS,
        placing=Placing(0.4, 0.25, "SETDA-TAPEM"),
        spellings=(("sewer", "saluran"),),
    )
    return compile_rules(profile.model_copy(update=changes))


@pytest.fixture(scope="module")
def contoh() -> Router:
    return compile_rules(read(CONTOH))


class TestRules:
    def test_the_first_rule_that_matches_decides(self) -> None:
        decision = router().choose_opd("PJU di gang kami rusak")
        assert decision.opd == "DISHUB"
        assert decision.rule_id == "pju-dishub"
        turned = router(rules=RULES[::-1]).choose_opd("PJU di gang kami rusak")
        assert turned.opd == "PUPR"

    def test_the_reason_names_the_rule_and_the_words(self) -> None:
        decision = router().choose_opd("Ada KEBAKARAN di toko!")
        assert decision.rule_id == "darurat-kebakaran"
        assert "darurat-kebakaran" in decision.reason
        assert "Kebakaran sedang terjadi." in decision.reason
        assert "“kebakaran”" in decision.reason
        assert decision.priority == "emergency"

    def test_a_forbidden_word_stops_a_rule(self) -> None:
        assert router().choose_opd("latihan padam kebakaran").rule_id != "darurat-kebakaran"

    def test_every_required_word_is_needed(self) -> None:
        assert router().choose_opd("listrik mahal").rule_id is None
        assert router().choose_opd("listrik kami padam").rule_id == "listrik-pln"

    def test_a_rule_without_opd_and_topic_sends_to_the_desk_with_its_reason(self) -> None:
        decision = router().choose_opd("listrik padam, lampu padam")
        assert decision.opd is None
        assert decision.rule_id == "listrik-pln"
        assert "Urusan PLN." in decision.reason
        assert [proposal.opd for proposal in decision.proposals] == ["DISHUB"]

    def test_a_rule_for_an_opd_takes_the_topic_that_its_words_speak_for(self) -> None:
        assert router().choose_opd("pju padam").topic == "pju"
        assert router(topics=TOPICS[:2]).choose_opd("pju padam").topic is None

    def test_the_choice_is_the_first_proposal(self) -> None:
        decision = router().choose_opd("pju padam di jalan rusak berlubang")
        first, second = decision.proposals
        assert (first.opd, first.confidence) == ("DISHUB", 1.0)
        assert second.opd == "PUPR"


class TestChoice:
    def test_what_was_chosen_decides_where_no_rule_does(self) -> None:
        decision = router().choose_opd("tolong dibantu", came=Circumstances(chosen="saluran"))
        assert (decision.opd, decision.topic) == ("PUPR", "saluran")
        assert decision.rule_id == "kategori/saluran"
        assert decision.rule_id in decision.reason

    def test_a_rule_comes_before_the_choice_unless_it_is_an_emergency(self) -> None:
        text = "Ada KEBAKARAN di toko!"
        came = Circumstances(chosen="saluran")
        assert router().choose_opd(text, came=came).rule_id == "darurat-kebakaran"
        urgent = router().choose_opd(text, came=replace(came, emergency=True))
        assert urgent.rule_id == "kategori/saluran"

    def test_what_the_profile_does_not_have_is_passed_over(self) -> None:
        said = "jln di depan rmh berlobang"
        unknown = Circumstances(chosen="tidak-ada")
        assert router().choose_opd(said, came=unknown) == router().choose_opd(said)


class TestKeywords:
    def test_clear_keywords_place_with_a_reason(self) -> None:
        decision = router().choose_opd("jln di depan rmh berlobang")
        assert decision.opd == "PUPR"
        assert decision.topic == "jalan-rusak"
        assert decision.rule_id == "kata-kunci/jalan-rusak"
        assert decision.rule_id in decision.reason
        assert "“berlubang”" in decision.reason

    def test_the_title_speaks_too(self) -> None:
        assert router().choose_opd("mohon segera", "Saluran").opd == "PUPR"

    def test_a_spelling_of_the_region_is_understood(self) -> None:
        assert router().choose_opd("sewer mampet").topic == "saluran"

    def test_words_for_two_opds_go_to_the_desk_with_both_proposed(self) -> None:
        decision = router().choose_opd("saluran parkir")
        assert decision.opd is None
        assert decision.rule_id is None
        assert {proposal.opd for proposal in decision.proposals} == {"PUPR", "DISHUB"}
        assert "PUPR" in decision.reason
        assert "DISHUB" in decision.reason

    def test_what_is_said_first_weighs_more(self) -> None:
        decision = router().choose_opd("saluran " + "lalu " * 80 + "parkir")
        assert decision.proposals[0].opd == "PUPR"
        assert decision.proposals[0].confidence > 1.5 * decision.proposals[1].confidence

    def test_hints_alone_place_nothing(self) -> None:
        topic = Topic("ramai", "Ramai", "PUPR", (), ("ramai",), ("satu", "dua", "tiga", "lima"))
        decision = router(topics=(topic,), rules=()).choose_opd("satu dua tiga lima")
        assert decision.opd is None
        assert decision.proposals[0].words == ("satu", "dua", "tiga", "lima")

    @pytest.mark.parametrize("text", ["", "   ", "halo", "\0", "😀", "\ud800", "?!"])
    def test_a_text_that_says_nothing_goes_to_the_desk(self, text: str) -> None:
        decision = router().choose_opd(text)
        assert decision.opd is None
        assert decision.proposals == ()
        assert decision.reason

    def test_no_word_of_the_citizen_is_repeated(self) -> None:
        decision = router().choose_opd("Budi Rahasia 0812 lapor jalanan berlubaang")
        assert "Budi" not in repr(decision)
        assert "berlubaang" not in repr(decision)


class TestPlaces:
    def test_the_code_of_the_place_decides(self) -> None:
        for code in ("99.71.02", "99.71.02.1001", "99.71.02.1999"):
            assert (
                router().choose_opd("urus ahli waris", came=Circumstances(area_code=code)).opd
                == "KEC-DUA"
            )

    def test_else_the_name_in_the_text_does(self) -> None:
        assert router().choose_opd("ahli waris di Kel. Sidamulih").opd == "KEC-SATU"
        assert router().choose_opd("ahli waris, rejo mulyo").opd == "KEC-DUA"

    def test_the_code_outweighs_the_text(self) -> None:
        decision = router().choose_opd(
            "ahli waris di sidamulih", came=Circumstances(area_code="99.71.02")
        )
        assert decision.opd == "KEC-DUA"

    def test_a_street_is_not_a_place(self) -> None:
        assert router().choose_opd("ahli waris, Jl. Melati 3").opd is None
        assert router().choose_opd("ahli waris, Jl. Melati 3, kec kenanga").opd == "KEC-DUA"

    def test_an_unknown_place_goes_to_the_desk_with_the_one_to_ask(self) -> None:
        for code in (None, "99.71.07", "x", "", "....", "\ud800"):
            decision = router().choose_opd("urus ahli waris", came=Circumstances(area_code=code))
            assert decision.opd is None
            assert decision.rule_id == "waris"
            assert decision.proposals[0].opd == "SETDA-TAPEM"
            assert decision.proposals[0].topic == "waris"
            assert "Kecamatannya belum diketahui" in decision.reason

    def test_two_places_are_both_proposed(self) -> None:
        decision = router().choose_opd("ahli waris di kec melati dan kec kenanga")
        assert decision.opd is None
        assert [each.opd for each in decision.proposals[:2]] == ["KEC-SATU", "KEC-DUA"]
        assert "Lebih dari satu kecamatan" in decision.reason

    def test_keywords_alone_follow_the_place_too(self) -> None:
        without = router(rules=())
        assert (
            without.choose_opd("ahli waris", came=Circumstances(area_code="99.71.01")).opd
            == "KEC-SATU"
        )
        assert without.choose_opd("ahli waris").opd is None
        assert without.choose_opd("ahli waris").rule_id == "kata-kunci/waris"


def assert_sound(decision: Decision, router: Router) -> None:
    opds = {opd.code for opd in router.profile.opds}
    topics = {topic.code for topic in router.profile.topics}
    assert decision.opd is None or decision.opd in opds
    assert decision.topic is None or decision.topic in topics
    assert decision.by == "rule"
    assert decision.reason
    assert len(decision.proposals) <= MOST_PROPOSALS
    for proposal in decision.proposals:
        assert proposal.opd in opds
        assert 0 <= proposal.confidence <= 1
    if decision.opd is not None:
        assert decision.rule_id is not None
        assert decision.proposals[0].opd == decision.opd
    if decision.rule_id is not None:
        assert decision.rule_id in decision.reason


VOCABULARY = """
    jalan berlubang pju padam parkir saluran ahli waris kebakaran listrik latihan gelap
    kec kel jl melati kenanga sidamulih lampu dan tidak rt 03 …
"""
WORDS = [*VOCABULARY.split(), "\0", "\ud800"]
TEXTS = st.one_of(
    st.text(st.characters(codec=None)),
    st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join),
)
SHARED_ROUTER = router()


@given(text=TEXTS, title=st.none() | TEXTS, area=st.none() | st.text(max_size=20))
def test_whatever_is_written_there_is_a_sound_decision(
    text: str, title: str | None, area: str | None
) -> None:
    decision = SHARED_ROUTER.choose_opd(text, title, Circumstances(area_code=area))
    assert_sound(decision, SHARED_ROUTER)


@given(text=TEXTS)
def test_equal_texts_get_equal_decisions(text: str) -> None:
    assert SHARED_ROUTER.choose_opd(text) == router().choose_opd(text)


class TestShippedProfile:
    @pytest.mark.parametrize(
        ("text", "opd", "topic"),
        [
            ("Jln depan sekolah berlobang, sdh byk yg jatuh", "PUPR", "jalan-berlubang"),
            ("PJU gang mawar padam 3 malam", "DISHUB", "pju-padam"),
            ("mohon pemangkasan pohon depan rumah", "DLH", "pangkas-pohon"),
            ("ktp saya hilang, urus ktp di mana?", "DUKCAPIL", "ktp-elektronik"),
            ("air pdam keruh", "PDAM", "air-keruh"),
            ("bansos belum cair, bantuan sosial PKH", "DINSOS", "bantuan-sosial"),
            ("ada kebakaran di pasar", "DAMKAR", "kebakaran"),
            ("tetangga mukulin istrinya tiap malam", "DP3AP2KB", "kekerasan-perempuan-anak"),
            ("antri di puskesmas lama", "DINKES", "pelayanan-puskesmas"),
            ("ijasah anak ditahan sekolah", "DISDIK", "ijazah"),
            ("surat ahli waris di kelurahan Tirtosari", "KEC-TIRTAJAYA", "ahli-waris"),
        ],
    )
    def test_plain_matters_are_placed(
        self, contoh: Router, text: str, opd: str, topic: str
    ) -> None:
        decision = contoh.choose_opd(text)
        assert (decision.opd, decision.topic) == (opd, topic), decision

    @pytest.mark.parametrize(
        "text", ["listrik padam sejak pagi", "motor saya hilang, kena curanmor", "STNK saya mati"]
    )
    def test_what_is_not_the_pemdas_goes_to_the_desk(self, contoh: Router, text: str) -> None:
        decision = contoh.choose_opd(text)
        assert decision.opd is None
        assert decision.rule_id is not None
        assert decision.rule_id.startswith("bukan-wewenang")

    def test_the_hour_is_not_a_blow(self, contoh: Router) -> None:
        assert contoh.choose_opd("pukul 10 anak saya ke sekolah").opd != "DP3AP2KB"

    @given(text=st.text(st.characters(codec=None)) | st.lists(st.sampled_from(WORDS)).map(" ".join))
    def test_its_decisions_are_sound(self, contoh: Router, text: str) -> None:
        assert_sound(contoh.choose_opd(text), contoh)

    @pytest.mark.parametrize("hostile", ["all keywords", "lampu ", "lampu padam "])
    def test_a_hostile_text_costs_no_more_than_its_pieces(
        self, contoh: Router, hostile: str
    ) -> None:
        keywords = [keyword for topic in contoh.profile.topics for keyword in topic.keywords]
        unit = " ".join(keywords) if hostile == "all keywords" else hostile
        assert growth(contoh.choose_opd, unit * (200_000 // len(unit))) < 4


class TestConditions:
    NIGHT = KeywordRule("malam", "Di luar jam kerja.", opd="DAMKAR", when="hour < 6")
    FORM = KeywordRule("formulir", "Isian formulir.", opd="PUPR", when='answers["lebar"] == "3"')

    def test_a_condition_alone_decides_and_is_named(self) -> None:
        came = Circumstances(submitted_at=datetime(2026, 3, 9, 3, 0, tzinfo=UTC))
        chosen = router(rules=(self.NIGHT, *RULES)).choose_opd("entah apa", came=came)
        assert (chosen.opd, chosen.rule_id) == ("DAMKAR", "malam")
        assert router(rules=(self.NIGHT, *RULES)).choose_opd("entah apa").opd is None

    def test_words_and_condition_must_both_hold(self) -> None:
        rule = replace(self.NIGHT, any_of=("pju",))
        came = Circumstances(submitted_at=datetime(2026, 3, 9, 3, 0, tzinfo=UTC))
        assert router(rules=(rule,)).choose_opd("pju rusak", came=came).rule_id == "malam"
        assert router(rules=(rule,)).choose_opd("entah apa", came=came).rule_id is None
        assert router(rules=(rule,)).choose_opd("pju rusak").rule_id != "malam"

    def test_one_that_fails_is_passed_over_and_told(self) -> None:
        decision = router(rules=(self.FORM, *RULES)).choose_opd("listrik kami padam")
        assert decision.failed_rules == ("formulir",)
        assert decision.rule_id == "listrik-pln"
        came = Circumstances(answers={"lebar": 3})
        chosen = router(rules=(self.FORM, *RULES)).choose_opd("listrik kami padam", came=came)
        assert (chosen.opd, chosen.failed_rules) == ("PUPR", ())

    def test_a_rule_may_send_to_the_sub_district(self) -> None:
        rule = KeywordRule("setempat", "Urusan setempat.", place=True, any_of=("gapura",))
        came = Circumstances(area_code="99.71.02")
        assert router(rules=(rule,)).choose_opd("gapura roboh", came=came).opd == "KEC-DUA"
        assert router(rules=(rule,)).choose_opd("gapura roboh").opd is None

    def test_an_account_settles_only_what_its_words_allow(self) -> None:
        came = Circumstances(account_opd="DISHUB")
        assert router().choose_opd("min tolong", came=came).rule_id == "akun-opd"
        doubtful = router().choose_opd("saluran parkir", came=came)
        assert (doubtful.opd, doubtful.rule_id) == ("DISHUB", "akun-opd")
        other = Circumstances(account_opd="DAMKAR")
        assert router().choose_opd("saluran parkir", came=other).opd is None

    def test_a_condition_that_is_wrong_is_told_with_its_column(self, tmp_path: Path) -> None:
        folder = tmp_path / "profil"
        shutil.copytree(CONTOH, folder)
        path = folder / "rules.yaml"
        path.write_text(path.read_text().replace("topic == null", "topik == null"))
        line = next(n for n, x in enumerate(path.read_text().splitlines(), 1) if "topik ==" in x)
        problem = check(folder)[0]
        # `    when: emergency and topik`: the unknown field begins in column 25.
        assert str(problem).startswith(f"rules.yaml:{line}:25: rules[")
        assert "no field 'topik'" in problem.message
