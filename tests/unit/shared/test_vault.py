"""What is sealed opens only with its own key, in its own place, and never after an erasure."""

import os
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.settings import CoreSettings
from shared.vault import MasterKeyInvalid, Vault, VaultLocked, WrappedKey, open_vault

PERSON = "019b76da-a800-7000-8000-00000000aaaa"


def _vault(*keys: str) -> Vault:
    ring = {name: name.encode().ljust(32, b"-") for name in keys}
    return Vault(ring, current=keys[0])


@given(st.text())
def test_what_is_sealed_opens_again(text: str) -> None:
    vault = _vault("one")
    wrapped, person = vault.new_person(PERSON)
    sealed = person.seal(text, "row:words")
    assert text.encode() not in sealed or len(text) < 4
    assert vault.unwrap(PERSON, wrapped).open(sealed, "row:words") == text


def test_a_value_moved_to_another_field_or_changed_does_not_open() -> None:
    _, person = _vault("one").new_person(PERSON)
    sealed = person.seal("rahasia", "row:words")
    with pytest.raises(VaultLocked):
        person.open(sealed, "row:identity")
    with pytest.raises(VaultLocked):
        person.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), "row:words")
    with pytest.raises(VaultLocked):
        person.open(b"", "row:words")


def test_a_wrapped_key_opens_for_its_own_person_alone() -> None:
    vault = _vault("one")
    wrapped, _ = vault.new_person(PERSON)
    with pytest.raises(VaultLocked):
        vault.unwrap("another", wrapped)
    with pytest.raises(VaultLocked):
        _vault("two").unwrap(PERSON, WrappedKey("two", wrapped.wrapped))
    with pytest.raises(VaultLocked):
        _vault("two").unwrap(PERSON, wrapped)


def test_old_rows_open_and_are_found_after_the_master_key_changed() -> None:
    old, changed = _vault("one"), _vault("two", "one")
    wrapped, person = old.new_person(PERSON)
    sealed = person.seal("isi", "row:words")
    assert changed.unwrap(PERSON, wrapped).open(sealed, "row:words") == "isi"
    assert old.blind_index("phone", "+62812") in changed.blind_indexes("phone", "+62812")
    assert changed.derive_secret("one", "c") == old.derive_secret("one", "c")

    anew = changed.rewrap(PERSON, wrapped)
    assert anew.key_id == "two"
    assert _vault("two").unwrap(PERSON, anew).open(sealed, "row:words") == "isi"


def test_hashes_and_secrets_differ_by_field_subject_and_key() -> None:
    vault = _vault("one", "two")
    assert vault.blind_index("phone", "1") != vault.blind_index("nik", "1")
    secrets = {
        vault.derive_secret("one", "c"),
        vault.derive_secret("one", "d"),
        vault.derive_secret("two", "c"),
    }
    assert len(secrets) == 3
    assert all(len(secret) == 20 for secret in secrets)


def test_a_home_keeps_its_key(tmp_path: Path) -> None:
    first = open_vault(CoreSettings(home=tmp_path))
    wrapped, _ = first.new_person(PERSON)
    open_vault(CoreSettings(home=tmp_path)).unwrap(PERSON, wrapped)
    assert (tmp_path / "keys" / "master.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("given_key", ["", "kunci", b64encode(b"short").decode(), "é" * 44])
def test_a_bad_master_key_is_refused(tmp_path: Path, given_key: str) -> None:
    with pytest.raises(MasterKeyInvalid):
        open_vault(CoreSettings(home=tmp_path, master_key=SecretStr(given_key)))


def test_several_master_keys_may_be_given(tmp_path: Path) -> None:
    old, new = (b64encode(os.urandom(32)).decode() for _ in range(2))
    before = open_vault(CoreSettings(home=tmp_path, master_key=SecretStr(old)))
    wrapped, _ = before.new_person(PERSON)
    after = open_vault(CoreSettings(home=tmp_path, master_key=SecretStr(f"{new}, {old}")))
    after.unwrap(PERSON, wrapped)
    assert after.current_key_id != before.current_key_id
