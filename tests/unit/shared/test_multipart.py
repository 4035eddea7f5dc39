"""Forms with files: read as clients write them, and refused as nobody should."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.multipart import FormUnreadable, read_form

NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)
TYPE = "multipart/form-data; boundary=batas"


@given(st.dictionaries(NAMES, st.binary(max_size=200), min_size=1, max_size=5))
def test_form_of_a_client_is_read(values: dict[str, bytes]) -> None:
    request = httpx.Request(
        "POST",
        "http://contoh.example",
        files=[(name, ("x", value)) for name, value in values.items()],
    )

    assert read_form(request.headers["content-type"], request.read()) == values


@given(st.binary(max_size=300))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    for sent in (body, b"--batas\r\n" + body + b"\r\n--batas--"):
        try:
            read_form(TYPE, sent)
        except FormUnreadable:
            continue


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "multipart/form-data",
        "multipart/mixed; boundary=batas",
        TYPE + "x" * 70,
    ],
)
def test_other_types_are_refused(content_type: str) -> None:
    with pytest.raises(FormUnreadable):
        read_form(content_type, b"--batas--")


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"\r\nisi",
        b'\r\nContent-Disposition: form-data; name="file"\r\nisi',
        b"\r\nContent-Type: image/jpeg\r\n\r\nisi",
        b'\r\nContent-Disposition: attachment; name="file"\r\n\r\nisi',
        b"\r\nContent-Disposition: form-data\r\n\r\nisi",
        b"\r\nX: " + b"x" * 5000 + b'\r\nContent-Disposition: form-data; name="a"\r\n\r\nisi',
    ],
)
def test_part_without_a_name_is_refused(part: bytes) -> None:
    with pytest.raises(FormUnreadable):
        read_form(TYPE, b"--batas" + part + b"\r\n--batas--")


def test_same_name_twice_is_refused() -> None:
    part = b'--batas\r\nContent-Disposition: form-data; name="file"\r\n\r\nisi\r\n'
    with pytest.raises(FormUnreadable):
        read_form(TYPE, part * 2 + b"--batas--")


def test_form_that_ends_too_soon_or_has_too_many_parts_is_refused() -> None:
    part = b'--batas\r\nContent-Disposition: form-data; name="%d"\r\n\r\nisi\r\n'
    with pytest.raises(FormUnreadable):
        read_form(TYPE, part)
    with pytest.raises(FormUnreadable):
        read_form(TYPE, b"".join(part % number for number in range(20)) + b"--batas--")


def test_a_file_may_hold_what_looks_like_a_boundary() -> None:
    part = b'--batas\r\nContent-Disposition: form-data; name="file"\r\n\r\nisi --batas\n--batas\n'

    assert read_form(TYPE, part + b"\r\n--batas--") == {"file": b"isi --batas\n--batas\n"}
