"""What a model learns, how sure it may be, and how it is kept."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from services.routing.classifier.evaluation import Trial, train_and_measure
from services.routing.classifier.features import parts_of
from services.routing.classifier.model import (
    SUB_DISTRICT,
    ModelDamaged,
    read_model,
    write_model,
)
from services.routing.classifier.training import Lesson, TooLittleToLearn, telling_of
from services.routing.operations.learning import lessons_of, topics_of
from services.routing.profile import read
from services.routing.rules import Router, compile_rules
from services.routing.text import split_words
from tests.support.invented_texts import invented_past
from tests.support.servers import PROFILE


@pytest.fixture(scope="module")
def router() -> Router:
    return compile_rules(read(PROFILE))


@pytest.fixture(scope="module")
def trial(router: Router) -> Trial:
    lessons = lessons_of(invented_past(), router.profile)
    return train_and_measure(lessons, topics_of(router), "model/1", 0.9)


def suggested(trial: Trial, router: Router, text: str) -> list[tuple[str | None, str | None]]:
    words = split_words(text)
    found = trial.model.suggest(words, router.keyword_points(words))
    return [(each.opd, each.topic) for each in found]


class TestLearning:
    def test_it_tells_the_matters_apart(self, trial: Trial, router: Router) -> None:
        assert trial.report.accuracy > 0.95
        first = suggested(trial, router, "aspal depan rmh berlobang dalem")[0]
        assert first == ("PUPR", "jalan-berlubang")

    def test_all_sub_districts_are_one_class(self, trial: Trial, router: Router) -> None:
        assert SUB_DISTRICT in trial.model.classes
        assert suggested(trial, router, "pengurus rt minta iuran lagi")[0][0] is None

    def test_it_says_by_which_words(self, trial: Trial, router: Router) -> None:
        words = split_words("aspal berlubang dalam di gang kenanga")
        best = trial.model.suggest(words, router.keyword_points(words))[0]
        assert set(best.words) & {"aspal", "berlubang", "aspal berlubang"}
        assert 0.5 < best.confidence <= 1

    def test_a_word_of_one_class_counts_more_than_a_word_of_all(self) -> None:
        matrix = csr_matrix([[1.0, 1.0, 0.0]] * 5 + [[1.0, 0.0, 0.0]] * 5)
        of_all, of_one, of_none = telling_of(matrix, ["PUPR"] * 5 + ["DLH"] * 5)
        assert of_one > of_all == pytest.approx(of_none)
        assert matrix.power(2).sum() == pytest.approx(10 * of_all**2 + 5 * of_one**2)

    def test_equal_lessons_make_equal_models(self, trial: Trial, router: Router) -> None:
        lessons = lessons_of(invented_past(), router.profile)
        again = train_and_measure(lessons, topics_of(router), "model/1", 0.9)
        assert write_model(again.model)[1] == write_model(trial.model)[1]

    def test_too_few_lessons_are_refused_with_their_number(self, router: Router) -> None:
        lessons = lessons_of(invented_past()[:50], router.profile)
        with pytest.raises(TooLittleToLearn, match="300"):
            train_and_measure(lessons, topics_of(router), "model/1", 0.9)
        with pytest.raises(TooLittleToLearn):
            train_and_measure([], topics_of(router), "model/1", 0.9)

    def test_one_opd_alone_is_nothing_to_tell_apart(self, router: Router) -> None:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        lessons = [Lesson(f"lampu {n} padam", "DISHUB", None, at) for n in range(500)]
        with pytest.raises(TooLittleToLearn):
            train_and_measure(lessons, topics_of(router), "model/1", 0.9)

    def test_what_the_profile_lost_is_not_learned(self, router: Router) -> None:
        past = invented_past()
        gone = [*past, past[0].__class__("lama sekali", "DINAS-LAMA", None, past[0].submitted_at)]
        assert len(lessons_of(gone, router.profile)) == len(past)

    @given(text=st.text(st.characters(codec=None), max_size=300))
    def test_whatever_is_written_it_suggests_what_exists(
        self, trial: Trial, router: Router, text: str
    ) -> None:
        opds = {opd.code for opd in router.profile.opds} | {None}
        topics = {topic.code for topic in router.profile.topics} | {None}
        for opd, topic in suggested(trial, router, text):
            assert opd in opds
            assert topic in topics


class TestSureness:
    def test_a_higher_precision_asks_for_a_higher_confidence(self, trial: Trial) -> None:
        low, high = trial.model.sure_from(0.6), trial.model.sure_from(0.99)
        assert low <= high

    def test_shares_add_up_to_one(self, trial: Trial, router: Router) -> None:
        words = split_words("lampu dan aspal dan kran")
        shares = trial.model.rank(words, router.keyword_points(words)).shares
        assert np.isclose(shares.sum(), 1, atol=1e-5)

    def test_a_model_that_was_never_measured_is_never_sure(self, trial: Trial) -> None:
        content, digest = write_model(trial.model)
        model = read_model(content, digest, "model/1")
        object.__setattr__(model.measure, "confidence", np.empty(0, dtype=np.float32))
        assert model.sure_from(0.5) > 1


class TestKeeping:
    def test_what_is_read_suggests_what_was_written(self, trial: Trial, router: Router) -> None:
        content, digest = write_model(trial.model)
        again = read_model(content, digest, "model/7")
        assert again.name == "model/7"
        words = split_words("kran mati tiga hari di gang kenanga")
        points = router.keyword_points(words)
        ours, theirs = trial.model.suggest(words, points), again.suggest(words, points)
        assert [each.opd for each in ours] == [each.opd for each in theirs]
        assert ours[0].confidence == pytest.approx(theirs[0].confidence, abs=0.01)

    def test_damage_is_noticed(self, trial: Trial) -> None:
        content, digest = write_model(trial.model)
        with pytest.raises(ModelDamaged):
            read_model(content[:-1] + b"x", digest, "model/1")

    @pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04broken"])
    def test_other_bytes_are_refused_even_with_their_digest(self, content: bytes) -> None:
        from hashlib import sha256  # noqa: PLC0415

        with pytest.raises(ModelDamaged):
            read_model(content, sha256(content).hexdigest(), "model/1")


def test_parts_of_a_word_know_its_ends() -> None:
    assert set(parts_of("got")) == {" go", "got", "ot ", " got", "got ", " got "}
