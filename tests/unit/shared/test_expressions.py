"""What a Pemda may write as a condition, what is refused with its place, and what may fail."""

from collections.abc import Mapping
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.expressions.language import (
    MOST_CHARACTERS,
    ExpressionFailed,
    ExpressionInvalid,
    Field,
    Kind,
    Language,
)

LANGUAGE = Language(
    {
        "text": Field(Kind.TEXT),
        "channel": Field(Kind.TEXT, frozenset({"web", "sms"})),
        "hour": Field(Kind.NUMBER),
        "account": Field(Kind.TEXT, optional=True),
        "answers": Field(Kind.TEXT_BY_NAME),
        "urgent": Field(Kind.YES_NO),
        "tags": Field(Kind.TEXTS),
    }
)
VALUES: Mapping[str, object] = {
    "text": "ada asap di pasar",
    "channel": "sms",
    "hour": 5,
    "account": None,
    "answers": {"lebar": "3"},
    "urgent": True,
    "tags": {"malam"},
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("urgent", True),
        ("not urgent", False),
        ('channel == "sms" and hour < 6', True),
        ('channel in ["web", "sms"] and hour in [4, 5]', True),
        ('"asap" in text and not "api" in text', True),
        ('account == "DISHUB"', False),
        ("account == null or urgent", True),
        ('answers&["lebar"] == "3"', True),
        ('answers&["tinggi"] == "3"', False),
        ('"malam" in tags', True),
        ("(hour > 4\n and hour < 6)", True),
    ],
)
def test_conditions_hold_or_not(source: str, expected: bool) -> None:
    assert LANGUAGE.compile(source).matches(VALUES) is expected


@pytest.mark.parametrize(
    ("source", "line", "column", "said"),
    [
        ("", 1, 1, "nothing here"),
        ("channel ==", 1, 11, "ends too early"),
        ("urgent and\n  (hour > 3", 2, 12, "ends too early"),
        ("urgent and\n  hour = 3", 2, 8, "cannot stand here"),
        ("urgent and\n  hourr > 3", 2, 3, "no field 'hourr'"),
        ("hour", 1, 1, "not a condition"),
        ('hour > 3 and channel == "smss"', 1, 25, "never 'smss'"),
        ('channel in ["web", "smss"]', 1, 20, "never 'smss'"),
        ("channel == 3", 1, 1, "something else"),
        ('hour == "3"', 1, 9, "something else"),
        ("urgent == 1", 1, 1, "something else"),
        ('text =~ "(a+)+$"', 1, 6, "regular expressions"),
        ('text =~~ "(a+)+$"', 1, 6, "regular expressions"),
        ("hour == 9 ** 999999999", 1, 11, "not allowed"),
        ("hour + 1 == 2", 1, 6, "not allowed"),
        ("$random(5) == 1", 1, 1, "no function"),
        ("[x for x in tags] == tags", 1, 4, "not allowed"),
        ("text.as_lower == text", 1, 5, "not allowed"),
        ("urgent ? urgent : urgent", 1, 8, "not allowed"),
        ("not not urgent", 1, 5, "second 'not'"),
        ("(" * 30 + "urgent" + ")" * 30, 1, 21, "nested too deep"),
        ("urgent or " * 150 + "urgent", 1, 1, "too long"),
        ("urgent" + " " * MOST_CHARACTERS, 1, 1, "longer than"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    source: str, line: int, column: int, said: str
) -> None:
    with pytest.raises(ExpressionInvalid) as refused:
        LANGUAGE.compile(source)
    assert said in str(refused.value) or "too long" in str(refused.value)
    if said not in ("too long", "longer than"):
        assert (refused.value.line, refused.value.column) == (line, column), refused.value


def test_a_name_that_is_not_there_fails_aloud() -> None:
    with pytest.raises(ExpressionFailed):
        LANGUAGE.compile('answers["tinggi"] == "3"').matches(VALUES)


@given(
    st.text(max_size=80)
    | st.lists(
        st.sampled_from(
            [
                *VALUES,
                "and",
                "or",
                "not",
                "in",
                "==",
                "<",
                "(",
                ")",
                "[",
                "]",
                ",",
                '"sms"',
                "3",
                "null",
                "**",
            ]
        ),
        max_size=25,
    ).map(" ".join)
)
def test_whatever_is_written_is_compiled_or_refused_at_once(source: str) -> None:
    began = thread_time()
    try:
        compiled = LANGUAGE.compile(source)
        compiled.matches(VALUES)
    except (ExpressionInvalid, ExpressionFailed):
        pass
    assert thread_time() - began < 1.0
