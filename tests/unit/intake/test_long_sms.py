"""Parts of long text messages find each other."""

from hypothesis import given
from hypothesis import strategies as st

from services.intake.rules.long_sms import SmsPart, WholeSms, join_parts


def header(reference: int, total: int, number: int, *, wide: bool = False) -> str:
    octets = (
        bytes((6, 8, 4, reference >> 8, reference & 255, total, number))
        if wide
        else bytes((5, 0, 3, reference, total, number))
    )
    return octets.hex().upper()


def test_parts_are_joined_in_their_order_whatever_the_order_of_their_coming() -> None:
    parts = [
        SmsPart(1, "+6281", "dunia", header(7, 2, 2)),
        SmsPart(2, "+6282", "sendiri", ""),
        SmsPart(3, "+6281", "halo ", header(7, 2, 1)),
    ]
    assert join_parts(parts) == [
        WholeSms((1, 3), "+6281", "halo dunia"),
        WholeSms((2,), "+6282", "sendiri"),
    ]


def test_part_that_is_missing_is_waited_for_and_not_for_ever() -> None:
    part = SmsPart(1, "+6281", "halo ", header(7, 2, 1))
    assert join_parts([part]) == []
    late = SmsPart(1, "+6281", "halo ", header(7, 2, 1), waited=True)
    assert join_parts([late]) == [WholeSms((1,), "+6281", "halo ")]


def test_reference_that_comes_again_is_another_message() -> None:
    parts = [
        SmsPart(1, "+6281", "a", header(7, 2, 1)),
        SmsPart(2, "+6281", "c", header(7, 2, 1)),
        SmsPart(3, "+6281", "b", header(7, 2, 2)),
        SmsPart(4, "+6281", "d", header(7, 2, 2)),
    ]
    assert [sms.text for sms in join_parts(parts)] == ["ab", "cd"]


def test_other_headers_make_no_parts() -> None:
    for other in ("zz", "", "06050415811581", "0500030702", "050003070205", "050003070200"):
        assert join_parts([SmsPart(1, "+6281", "a", other)]) == [WholeSms((1,), "+6281", "a")]
    both = "0A" + header(7, 1, 1)[2:] + header(9, 2, 1)[2:]
    assert join_parts([SmsPart(1, "+6281", "a", both)]) == []


@given(st.data())
def test_any_text_survives_being_parted_and_shuffled(data: st.DataObject) -> None:
    wide = data.draw(st.booleans())
    sent = data.draw(
        st.dictionaries(
            st.tuples(st.sampled_from(["+6281", "+6282"]), st.integers(0, 255)),
            st.lists(st.text(max_size=5), min_size=2, max_size=5),
            max_size=4,
        )
    )
    parts = [
        (sender, text, header(reference, len(texts), number, wide=wide))
        for (sender, reference), texts in sent.items()
        for number, text in enumerate(texts, 1)
    ]
    shuffled = data.draw(st.permutations(parts))
    rows = [SmsPart(row_id, *part) for row_id, part in enumerate(shuffled)]
    joined = {(sms.sender, sms.text, len(sms.row_ids)) for sms in join_parts(rows)}
    assert joined == {(sender, "".join(texts), len(texts)) for (sender, _), texts in sent.items()}


@given(st.lists(st.tuples(st.text("0123456789ABCDEFx", max_size=20), st.booleans()), max_size=8))
def test_every_row_is_taken_once_at_most(headers: list[tuple[str, bool]]) -> None:
    rows = [SmsPart(n, "+6281", "a", each, waited) for n, (each, waited) in enumerate(headers)]
    taken = [row_id for sms in join_parts(rows) for row_id in sms.row_ids]
    assert len(taken) == len(set(taken))
