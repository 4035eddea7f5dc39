"""Who is told of what, and in which form: quiet hours, floods, and the words themselves."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.sla import profile
from services.sla.addressees import Offices, Sending, make_offices
from services.sla.firing import firings
from services.sla.notice_rules import (
    NoticeKind,
    Told,
    case_notice,
    choose_form,
    clock_notices,
    notice_id_of,
    quiet_until,
)
from services.sla.notice_texts import (
    CaseNotice,
    Overview,
    daily_letter,
    digest_letter,
    left_until,
    notice_letter,
)
from services.sla.notices_profile import contact_keys
from services.sla.policies import Rung
from services.sla.stopwatch import ClockKey
from tests.support.servers import PROFILE

JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LADDER = (
    Rung(0, "near", 0, "officer", "triage"),
    Rung(1, "missed", 0, "head", "triage"),
    Rung(2, "missed", 14_400, "sekda", "sekda"),
    Rung(3, "missed", 86_400, "leader", "leader"),
)
KEY = ClockKey(0, "first_response", 0)
KNOWN = profile.read(PROFILE)


@pytest.fixture(scope="module")
def offices() -> Offices:
    sending = Sending(frozenset({"email", "whatsapp"}))
    return make_offices(KNOWN, "https://petugas.contoh.example/kasus/{id}", sending)


def told(
    hours: float, opd: str | None = "PUPR", rungs: tuple[Rung, ...] = LADDER
) -> list[tuple[str, str, int | None]]:
    """Return what a clock of two hours tells when it is first looked at after so many."""
    now = NOW + hours * HOUR
    fired = [f for f in firings(NOW + 1.5 * HOUR, NOW + 2 * HOUR, rungs) if f.at <= now]
    notices = clock_notices("c", "k", KEY, opd, rungs, fired, now)
    return [(str(each.kind), each.to_role, each.level) for each in notices]


class TestWhoIsTold:
    def test_near_is_told_to_the_officer_once(self) -> None:
        assert told(1.6) == [("near", "officer", 0)]

    def test_after_days_down_only_the_miss_is_told_and_each_level(self) -> None:
        assert told(72) == [
            ("missed", "officer", None),
            ("escalated", "head", 1),
            ("escalated", "sekda", 2),
            ("escalated", "leader", 3),
        ]

    def test_while_nobody_has_the_case_the_desk_is_told_once_of_a_miss(self) -> None:
        assert told(3, opd=None) == [("missed", "triage", 1)]

    def test_the_citizens_silence_is_told_to_nobody(self) -> None:
        assert told(72, rungs=()) == []

    def test_a_ladder_without_the_officer_leaves_the_near_to_the_first_line(self) -> None:
        assert told(1.6, rungs=LADDER[1:]) == [("near", "officer", None)]

    @given(moments=st.lists(st.floats(0, 100), min_size=1, max_size=8))
    @settings(max_examples=50)
    def test_in_however_many_looks_no_notice_comes_twice(self, moments: list[float]) -> None:
        keys, done = [], set()
        for hours in sorted(moments):
            now = NOW + hours * HOUR
            fired = [
                f
                for f in firings(NOW + 1.5 * HOUR, NOW + 2 * HOUR, LADDER)
                if f.at <= now and (f.kind, f.rung) not in done
            ]
            done |= {(f.kind, f.rung) for f in fired}
            notices = clock_notices("c", "k", KEY, "PUPR", LADDER, fired, now)
            keys += [(each.event_key, each.to_role) for each in notices]
        assert len(keys) == len(set(keys))

    def test_the_same_fact_has_the_same_id_and_another_contact_another(self) -> None:
        one, again = (case_notice(NoticeKind.ASSIGNED, "c", "PUPR", NOW) for _ in range(2))
        assert notice_id_of(one.event_key, "a") == notice_id_of(again.event_key, "a")
        assert notice_id_of(one.event_key, "a") != notice_id_of(one.event_key, "b")
        later = case_notice(NoticeKind.ASSIGNED, "c", "PUPR", NOW + HOUR)
        assert later.event_key != one.event_key

    def test_of_an_opd_without_anybody_the_desk_hears(self, offices: Offices) -> None:
        assert [each.key for each in offices.holders("head", "OPD-BARU")] == ["triage"]
        assert [each.key for each in offices.holders("head", "PUPR")] == ["head/PUPR"]
        assert [each.key for each in offices.holders("sekda", "PUPR")] == ["sekda"]

    def test_offices_are_named_without_the_person(self) -> None:
        one = KNOWN.contacts[3]
        assert contact_keys([one, one, KNOWN.contacts[0]]) == [
            "officer/PUPR",
            "officer/PUPR/2",
            "leader",
        ]


class TestQuietHours:
    @given(
        minutes=st.integers(0, 400 * 24 * 60),
        start=st.times(),
        end=st.times(),
    )
    @settings(max_examples=200)
    def test_they_end_where_the_clock_on_the_wall_says(
        self, minutes: int, start: time, end: time
    ) -> None:
        start, end = (each.replace(second=0, microsecond=0) for each in (start, end))
        now = (NOW + timedelta(minutes=minutes)).astimezone(JAKARTA)
        until = quiet_until(now, JAKARTA, start, end)
        # The reference looks at one minute after the other.
        minute = now
        while _lies_in(minute.time(), start, end):
            minute += timedelta(minutes=1)
        assert until == (minute if minute > now else None)

    def test_the_same_hour_twice_is_no_quiet(self) -> None:
        assert quiet_until(NOW, JAKARTA, time(9), time(9)) is None


def _lies_in(at: time, start: time, end: time) -> bool:
    if start <= end:
        return start <= at < end
    return at >= start or at < end


class TestFlood:
    @given(
        arrivals=st.lists(st.tuples(st.integers(0, 600), st.integers(1, 30)), max_size=40),
        most=st.integers(1, 12),
    )
    @settings(max_examples=100)
    def test_no_window_holds_more_than_its_messages_and_one_digest(
        self, arrivals: list[tuple[int, int]], most: int
    ) -> None:
        window = timedelta(minutes=15)
        told, waiting, sent, held_until = Told(), 0, [], NOW
        due = {NOW + timedelta(seconds=at): 0 for at, _ in arrivals}
        for at, count in arrivals:
            due[NOW + timedelta(seconds=at)] += count
        moments = sorted(due)
        while moments:
            now = moments.pop(0)
            waiting += due.get(now, 0)
            if now < held_until or not waiting:
                continue
            form = choose_form(waiting, told, most, window, now)
            if isinstance(form, datetime):
                assert form > now
                held_until = form
                moments = sorted({*moments, form})
                continue
            if form == "digest":
                told = Told(told.within(window, now).recent, now)
                sent.append((now, "digest"))
            else:
                told = Told((*told.within(window, now).recent, *[now] * waiting), told.digested_at)
                sent += [(now, "singly")] * waiting
            waiting = 0
        assert waiting == 0
        for moment, _ in sent:
            inside = [kind for when, kind in sent if moment - window < when <= moment]
            assert inside.count("singly") <= most
            assert inside.count("digest") <= 1

    def test_a_few_go_singly_and_many_as_one(self) -> None:
        window = timedelta(minutes=15)
        assert choose_form(10, Told(), 10, window, NOW) == "singly"
        assert choose_form(11, Told(), 10, window, NOW) == "digest"
        assert choose_form(11, Told((), NOW - window / 2), 10, window, NOW) == NOW + window / 2

    def test_a_clock_that_was_set_back_holds_up_nothing(self) -> None:
        ahead = NOW + 2 * HOUR
        told = Told((ahead,) * 10, ahead)
        assert choose_form(10, told, 10, timedelta(minutes=15), NOW) == "singly"


class TestWords:
    def notice(self, kind: str = "missed", **fields: object) -> CaseNotice:
        usual: dict[str, object] = {
            "notice_id": "n",
            "kind": kind,
            "complaint_id": "0199e4c7-7d51-7c51-8f3f-6d0a4d5f8a11",
            "tracking_code": "7KXR42MPQD",
            "opd": "PUPR",
            "part": 0,
            "stage": "first_response",
            "due_at": NOW,
            "level": None,
            "marks": (),
            "holds": True,
        }
        return CaseNotice(**(usual | fields))  # type: ignore[arg-type]

    def test_a_notice_says_which_case_until_when_and_where(self, offices: Offices) -> None:
        to = offices.by_key["officer/PUPR"]
        letter = notice_letter(offices, to, self.notice(), NOW + timedelta(minutes=65))
        assert letter.subject == "Lewat tenggat: laporan 7KXR42MPQD"
        for words in (
            "Tanggapan pertama laporan 7KXR42MPQD",
            "Dinas Pekerjaan Umum",
            "Senin, 9 Maret 2026 pukul 09.00 WIB (lewat 1 jam 5 menit)",
            "https://petugas.contoh.example/kasus/0199e4c7-7d51-7c51-8f3f-6d0a4d5f8a11",
        ):
            assert words in letter.text
        assert letter.template is not None
        assert letter.template.name == "dinas_lewat_tenggat"

    def test_what_is_not_known_yet_leaves_no_hole(self, offices: Offices) -> None:
        bare = self.notice("assigned", tracking_code=None, stage=None, due_at=None)
        letter = notice_letter(offices, offices.by_key["officer/PUPR"], bare, NOW)
        assert bare.complaint_id in letter.text
        assert "- paling lambat - (-)" in letter.text

    def test_a_digest_counts_and_lists(self, offices: Offices) -> None:
        counts = {"missed": 20, "assigned": 3}
        letter = digest_letter(offices, offices.by_key["sekda"], counts, [self.notice()], NOW)
        assert letter.subject == "23 pemberitahuan laporan"
        assert "- Laporan baru: 3\n- Lewat tenggat: 20" in letter.text
        assert "- 7KXR42MPQD, Tanggapan pertama, PUPR: batas Senin" in letter.text

    def test_the_morning_says_whose_cases(self, offices: Offices) -> None:
        overview = Overview(open=4, near=1, overdue=2)
        of_head = daily_letter(offices, offices.by_key["head/PUPR"], overview, NOW)
        assert "Dinas Pekerjaan Umum" in of_head.subject
        assert "4 laporan terbuka, 1 mendekati tenggat, 2 lewat tenggat" in of_head.text
        of_leader = daily_letter(offices, offices.by_key["leader"], overview, NOW)
        assert of_leader.subject == "Laporan terbuka Kota Contoh Raya, Senin, 9 Maret 2026"

    @pytest.mark.parametrize(
        ("minutes", "words"),
        [
            (90, "sisa 1 jam 30 menit"),
            (-90, "lewat 1 jam 30 menit"),
            (0.5, "sisa kurang dari 1 menit"),
            (0, "lewat kurang dari 1 menit"),
            (60 * 24 * 3 + 61, "sisa 3 hari 1 jam"),
        ],
    )
    def test_how_long_there_is_to_go(self, minutes: float, words: str) -> None:
        assert left_until(NOW + timedelta(minutes=minutes), NOW) == words

    def test_every_zone_of_indonesia_has_its_name(self) -> None:
        for zone, words in (("Asia/Makassar", "10.00 WITA"), ("Asia/Jayapura", "11.00 WIT")):
            elsewhere = make_offices(KNOWN.model_copy(update={"zone": zone}), "", Sending())
            letter = notice_letter(elsewhere, elsewhere.by_key["officer/PUPR"], self.notice(), NOW)
            assert words in letter.text
        assert NOW.date() == date(2026, 3, 9)
