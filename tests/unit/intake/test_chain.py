"""Chains and Merkle trees: every leaf is provable, and nothing else is."""

from datetime import UTC, datetime
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from services.intake.rules.chain import (
    EMPTY_ROOT,
    NOTHING,
    link,
    merkle_path,
    merkle_root,
    receipt,
    root_from,
)

LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40, unique=True)
WORDS = {"title": None, "text": "Lampu padam.", "address": "Gang Delima"}
AT = datetime(2026, 3, 9, 2, tzinfo=UTC)


def test_roots_are_those_of_rfc_9162() -> None:
    assert merkle_root([]).hex() == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert merkle_root([]) == EMPTY_ROOT
    assert merkle_root([b""]).hex() == (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )
    a, b, c = (sha256(b"\0" + leaf).digest() for leaf in (b"a", b"b", b"c"))
    left = sha256(b"\1" + a + b).digest()
    assert merkle_root([b"a", b"b", b"c"]) == sha256(b"\1" + left + c).digest()


@given(LEAVES, st.data())
def test_every_leaf_has_a_path_to_the_root_and_no_other_value_has(
    leaves: list[bytes], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle_path(leaves, place)
    assert root_from(leaves[place], path) == merkle_root(leaves)
    assert len(path) <= (len(leaves) - 1).bit_length()
    assert root_from(data.draw(st.binary().filter(lambda x: x != leaves[place])), path) != (
        merkle_root(leaves)
    )


@given(LEAVES, st.data())
def test_any_change_of_the_leaves_changes_the_root(
    leaves: list[bytes], data: st.DataObject
) -> None:
    changed = data.draw(st.permutations(leaves)) if data.draw(st.booleans()) else leaves[:-1]
    assert (merkle_root(changed) == merkle_root(leaves)) == (changed == leaves)


@given(st.lists(st.one_of(st.text(max_size=5), st.integers(), st.none()), max_size=4), st.data())
def test_a_link_depends_on_all_that_it_follows_and_says(
    content: list[object], data: st.DataObject
) -> None:
    other = data.draw(st.lists(st.one_of(st.text(max_size=5), st.integers(), st.none())))
    assert (link(NOTHING, content) == link(NOTHING, other)) == (content == other)
    assert link(NOTHING, content) != link(b"\1" * 32, content)


def test_a_receipt_is_of_the_words_the_time_and_the_salt() -> None:
    made = receipt("id", AT, "SALT", WORDS)
    said = '["id","2026-03-09T02:00:00Z","SALT",null,"Lampu padam.","Gang Delima"]'
    assert made == sha256(said.encode()).digest()
    assert made != receipt("id", AT, "OTHER", WORDS)
