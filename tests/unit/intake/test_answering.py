"""By which way a reporter is answered, and in which words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.rules.answering import (
    TOLD,
    answering_channel,
    recipient_of,
    window_is_over,
)
from services.intake.rules.sentences import kinds
from services.intake.rules.wording import WordingInvalid, named_in, render, render_sms
from shared.messaging.gsm import fits_one, to_gsm

ALL = frozenset({"whatsapp", "telegram", "messenger", "instagram", "x", "sms", "email", "webhook"})
PHONE, MAIL, SENDER = {"phone": "+62812"}, {"email": "a@b.c"}, {"sender": "s"}


@pytest.mark.parametrize(
    ("channel", "kind", "identity", "expected"),
    [
        ("whatsapp", "chat", SENDER, ("whatsapp", "s")),
        ("facebook", "social", SENDER | MAIL, ("messenger", "s")),
        ("sms", "text", SENDER, ("sms", "s")),
        ("sms", "text", PHONE, ("sms", "+62812")),
        ("email", "text", SENDER, ("email", "s")),
        ("web", "form", PHONE | MAIL, ("email", "a@b.c")),
        ("web", "form", PHONE, None),
        ("whatsapp", "chat", MAIL, ("email", "a@b.c")),
        ("radio", "desk", PHONE | MAIL, ("sms", "+62812")),
        ("call112", "voice", PHONE, ("sms", "+62812")),
        ("call112", "voice", MAIL, None),
        ("sp4n", "partner", PHONE | MAIL, None),
        ("open311", "partner", MAIL, None),
        ("web", "form", {}, None),
    ],
)
def test_a_reporter_is_answered_where_they_can_be_reached(
    channel: str, kind: str, identity: dict[str, str], expected: tuple[str, str] | None
) -> None:
    found = answering_channel(channel, kind, identity, ALL)
    assert found == (expected[0] if expected else None)
    assert answering_channel(channel, kind, identity, frozenset()) is None
    if expected:
        assert recipient_of(expected[0], channel, identity) == expected[1]


def test_a_reporter_is_told_only_what_the_timeline_shows() -> None:
    assert kinds() >= TOLD


@pytest.mark.parametrize(
    ("channel", "hours", "over"),
    [("whatsapp", 23, False), ("whatsapp", 24, True), ("telegram", 999, False), ("sms", 99, False)],
)
def test_the_window_is_a_day_where_there_is_one(channel: str, hours: int, over: bool) -> None:
    heard_at = datetime(2026, 3, 9, tzinfo=UTC)
    assert window_is_over(channel, heard_at, heard_at + timedelta(hours=hours)) is over


@given(st.text(max_size=2000), st.text(max_size=300))
def test_an_sms_is_always_one_and_keeps_the_code(text: str, opd: str) -> None:
    values = {"code": "K7M3PXA92W", "text": text, "opd_code": opd}
    filled = render_sms("Laporan {{ code }}: {{ text }} ({{ opd_code }})", values)
    assert fits_one(filled)
    assert filled.startswith("Laporan K7M3PXA92W:")


@given(st.text(alphabet=st.characters(codec="ascii", exclude_categories=["C"]), max_size=400))
def test_as_much_of_the_text_stays_as_there_is_room_for(text: str) -> None:
    filled = render_sms("{{ text }}|", {"text": text})
    whole = render("{{ text }}|", {"text": to_gsm(text)})
    assert filled == whole or (fits_one(filled) and len(filled) >= 60)


@given(st.text(max_size=200))
def test_what_people_write_is_never_run(text: str) -> None:
    assert render("{{ text }}", {"text": text}) == text.strip()


@pytest.mark.parametrize(
    "source",
    [
        "{{ kode }}",
        "{{ code",
        "{% if %}",
        "{{ code.__class__.__mro__ }}",
        "{% for x in range(10**9) %}{% endfor %}",
        "{{ code | tidakada }}",
    ],
)
def test_a_text_that_cannot_be_filled_in_is_refused(source: str) -> None:
    with pytest.raises(WordingInvalid):
        named_in(source)


def test_a_text_says_what_it_names() -> None:
    assert named_in("{{ code }} {{ text | upper }}") == {"code", "text"}
