"""The local issuer: signs staff tokens where there is no OIDC provider."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from shared.auth import Role
from shared.clock import Clock
from shared.keeping import write_once


class LocalIssuer:
    """An Ed25519 key in a file that only its owner reads, and the tokens signed with it."""

    def __init__(
        self, home: Path, *, issuer: str, audience: str, key_file: str = "issuer.pem"
    ) -> None:
        """Make the key below `home/keys` unless it is there already; safe with two at once."""
        self._issuer = issuer
        self._audience = audience
        pem = write_once(home / "keys" / key_file, _new_pem)
        key = load_pem_private_key(pem, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("The local issuer's key is no Ed25519 key.")
        self._key = key

    def key_for(self, token: str) -> Any:
        """Return the public key, whichever token it is."""
        del token
        return self._key.public_key()

    def token(
        self,
        clock: Clock,
        roles: Iterable[Role],
        *,
        subject: str,
        opd: str | None = None,
        lifetime: timedelta = timedelta(hours=12),
    ) -> str:
        """Sign a token for a member of staff."""
        now = clock.now()
        claims: dict[str, object] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": subject,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "roles": [role.value for role in roles],
        }
        if opd is not None:
            claims["opd"] = opd
        return jwt.encode(claims, self._key, algorithm="EdDSA")


def _new_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
