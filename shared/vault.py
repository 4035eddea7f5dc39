"""Keeps identities sealed: each person has a data key, which a master key of a key ring wraps.

What a person's key sealed is gone for good once the wrapped key is destroyed. All encryption is
AES-256-GCM with a random nonce before the ciphertext; the associated data binds each value to its
row and field, so that none can be moved to another place. Losing the master key loses everything.
"""

import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as BinasciiError
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from shared.keeping import write_once
from shared.settings import CoreSettings

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_BASE32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
# Two characters for ten bits, the lower five first.
_PAIRS: Final = tuple(low + high for high in _BASE32 for low in _BASE32)
#: 20 characters of base32: 100 bits.
SECRET_CHARACTERS: Final = 20


class VaultLocked(Exception):
    """A value cannot be opened: its key is not in the ring, or it was changed or moved."""


class MasterKeyInvalid(ValueError):
    """The master key that was configured is not 32 bytes in base64."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A person's data key, sealed under the master key named `key_id`."""

    key_id: str
    wrapped: bytes


class PersonKey:
    """A person's data key, open: it seals and opens what belongs to this person."""

    __slots__ = ("_cipher",)

    def __init__(self, data_key: bytes) -> None:
        """Take the 32 bytes of the key."""
        self._cipher = AESGCM(data_key)

    def seal(self, text: str, place: str) -> bytes:
        """Encrypt a text for one place, `<row id>:<field>`."""
        return self.seal_bytes(text.encode(), place)

    def open(self, sealed: bytes, place: str) -> str:
        """Decrypt what was sealed for this place; raises VaultLocked."""
        return self.open_bytes(sealed, place).decode()

    def seal_bytes(self, data: bytes, place: str) -> bytes:
        """Encrypt bytes, such as a file or another key, for one place."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, place.encode())

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """Decrypt bytes that were sealed for this place; raises VaultLocked."""
        return _decrypt(self._cipher, sealed, place.encode())


class _MasterKey:
    """One master key, and the keys for single purposes that are derived from it."""

    def __init__(self, key: bytes) -> None:
        self.wrapping = AESGCM(_derive(key, "wrap"))
        self.index = _derive(key, "index")
        self.secrets = _derive(key, "secret")


class Vault:
    """Wraps and unwraps persons' keys, and makes keyed hashes and secrets."""

    def __init__(self, ring: Mapping[str, bytes], current: str) -> None:
        """`ring` maps key ids to 32-byte master keys; `current` is the one that new rows get."""
        self._ring = {key_id: _MasterKey(key) for key_id, key in ring.items()}
        self._current = self._ring[current]
        self.current_key_id = current

    def new_person(self, person_id: str) -> tuple[WrappedKey, PersonKey]:
        """Make a data key for a person; only the wrapped form may be stored."""
        data_key = os.urandom(KEY_BYTES)
        nonce = os.urandom(_NONCE_BYTES)
        wrapped = nonce + self._current.wrapping.encrypt(nonce, data_key, person_id.encode())
        return WrappedKey(self.current_key_id, wrapped), PersonKey(data_key)

    def unwrap(self, person_id: str, key: WrappedKey) -> PersonKey:
        """Open a person's data key; raises VaultLocked."""
        master = self._master(key.key_id)
        return PersonKey(_decrypt(master.wrapping, key.wrapped, person_id.encode()))

    def rewrap(self, person_id: str, key: WrappedKey) -> WrappedKey:
        """Wrap a data key anew under the current master key: for changing master keys."""
        data_key = _decrypt(self._master(key.key_id).wrapping, key.wrapped, person_id.encode())
        nonce = os.urandom(_NONCE_BYTES)
        wrapped = nonce + self._current.wrapping.encrypt(nonce, data_key, person_id.encode())
        return WrappedKey(self.current_key_id, wrapped)

    def blind_index(self, field: str, value: str | bytes) -> bytes:
        """Hash a value under the current key: equal values of a field are found, none is read."""
        return _keyed_hash(self._current.index, field, value)

    def blind_indexes(self, field: str, value: str | bytes) -> list[bytes]:
        """Return the hash under every key of the ring, to find rows older than the current key."""
        return [_keyed_hash(master.index, field, value) for master in self._ring.values()]

    def derive_secret(self, key_id: str, subject: str) -> str:
        """Return the secret of a subject, always the same: 20 characters of base32.

        It is stored nowhere; `key_id` is that of the subject's row. Raises VaultLocked.
        """
        digest = hmac.digest(self._master(key_id).secrets, subject.encode(), "sha256")
        bits = int.from_bytes(digest)
        # Base32 by hand: the library's takes five times as long, and this is done for each answer.
        return "".join(
            [_PAIRS[bits >> shift & 1023] for shift in range(0, 5 * SECRET_CHARACTERS, 10)]
        )

    def _master(self, key_id: str) -> _MasterKey:
        master = self._ring.get(key_id)
        if master is None:
            raise VaultLocked(f"the master key {key_id!r} is not in the ring")
        return master


def open_vault(core: CoreSettings) -> Vault:
    """Make the vault from `TANGGAP_MASTER_KEY`, or from the key below the home, made if missing.

    The setting may name several keys with commas between them: the first is the current one, the
    others only open what they closed. Raises MasterKeyInvalid.
    """
    if core.master_key is not None:
        given = core.master_key.get_secret_value()
    else:
        kept = write_once(core.home / "keys" / "master.key", lambda: b64encode(os.urandom(32)))
        given = kept.decode("ascii", "replace")
    keys = [_read_key(each.strip()) for each in given.split(",")]
    ring = {key_id_of(key): key for key in keys}
    return Vault(ring, current=key_id_of(keys[0]))


def key_id_of(key: bytes) -> str:
    """Name a master key by a fingerprint that does not tell the key."""
    return _derive(key, "id").hex()[:12]


def _read_key(text: str) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except (BinasciiError, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise MasterKeyInvalid("TANGGAP_MASTER_KEY must be 32 bytes in base64 (openssl rand)")
    return key


def _derive(key: bytes, purpose: str) -> bytes:
    # The master key is uniformly random, so that HKDF's extract step is not needed (RFC 5869, 3.3).
    return HKDFExpand(SHA256(), KEY_BYTES, f"tanggap:{purpose}".encode()).derive(key)


def _keyed_hash(key: bytes, field: str, value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return hmac.digest(key, field.encode() + b"\0" + data, "sha256")


def _decrypt(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place)
    except (InvalidTag, ValueError) as error:
        raise VaultLocked("the value was changed, moved, or sealed under another key") from error
