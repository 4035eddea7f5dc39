"""Whatever is sent, and however a good file is damaged: it is made clean, or refused in words."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.media.cleaning import clean
from shared.media.files import MEDIA_TYPES, Limits
from shared.media.refusals import FileRefused
from tests.support.files import (
    document,
    encoded,
    film,
    moving,
    music,
    photo,
    picture,
    saved,
    web_film,
)

LIMITS = Limits(most_pixels=1_000_000)


@cache
def good_files() -> tuple[bytes, ...]:
    """Return one file of each format."""
    small = picture(64, 48)
    return (
        photo(),
        *(encoded(small, encoder) for encoder in ("PNG", "WEBP")),
        moving(3),
        saved(document()),
        film(),
        web_film(),
        music(),
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_file_is_clean_or_refused(data: st.DataObject) -> None:
    sent = bytearray(data.draw(st.sampled_from(good_files())))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(sent) - 1))
        match data.draw(st.sampled_from(("change", "cut", "repeat", "grow"))):
            case "change":
                sent[at] = data.draw(st.integers(0, 255))
            case "cut":
                del sent[at : at + data.draw(st.integers(1, 50))]
            case "repeat":
                sent[at:at] = sent[at : at + 200]
            case _:
                sent[at:at] = data.draw(st.binary(max_size=20))
        if not sent:
            break
    check(bytes(sent))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([each[:12] for each in good_files()]), st.binary(max_size=200))
def test_what_only_begins_well_is_refused(head: bytes, rest: bytes) -> None:
    check(head + rest)


def check(sent: bytes) -> None:
    """Clean a file; nothing but a refusal may be raised."""
    try:
        cleaned = clean(sent, LIMITS)
    except FileRefused:
        return
    assert cleaned.media_type in MEDIA_TYPES
    assert cleaned.content


@pytest.mark.parametrize("data", good_files(), ids=len)
def test_clean_file_is_accepted_again(data: bytes) -> None:
    assert clean(clean(data, LIMITS).content, LIMITS).content
