"""What a trader's device shows: an access token, signed and short-lived, and a refresh token.

They have a key, an issuer and an audience of their own: no token of staff opens a trader's door,
and none of a trader's opens a door of staff. Refresh tokens are derived and stored nowhere.
"""

import hmac
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.marketplace.trader_tables import TraderSession
from shared.auth import Principal, Role, TokenVerifier
from shared.clock import Clock
from shared.errors import Unauthenticated
from shared.local_issuer import LocalIssuer
from shared.vault import Vault

_ISSUER: Final = "tanggap-marketplace"
_AUDIENCE: Final = "tanggap-traders"
_KEY_FILE: Final = "traders.pem"

trader_bearer = HTTPBearer(
    auto_error=False, scheme_name="TraderToken", description="Access token of a trader."
)


class TraderTokens:
    """Signs and reads the tokens of traders."""

    def __init__(self, home: Path, clock: Clock, lifetime: timedelta) -> None:
        """Make the key below the home, unless it is there."""
        self._issuer = LocalIssuer(home, issuer=_ISSUER, audience=_AUDIENCE, key_file=_KEY_FILE)
        self._verifier = TokenVerifier(self._issuer, clock, issuer=_ISSUER, audience=_AUDIENCE)
        self._clock = clock
        self.lifetime = lifetime

    def sign(self, trader_id: str) -> str:
        """Return an access token."""
        return self._issuer.token(
            self._clock, [Role.TRADER], subject=trader_id, lifetime=self.lifetime
        )

    async def verify(self, token: str) -> Principal:
        """Return whose token it is; raises Unauthenticated."""
        return await self._verifier.verify(token)


def refresh_token(vault: Vault, session: TraderSession) -> str:
    """Return the refresh token of a session's present generation."""
    return f"{session.session_id}.{_secret(vault, session, session.generation)}"


def generation_of(vault: Vault, session: TraderSession, given: str) -> int | None:
    """Return which generation a secret is of, the present or the last one; None for neither."""
    for generation in (session.generation, session.generation - 1):
        expected = _secret(vault, session, generation)
        if hmac.compare_digest(expected.encode(), given.encode()):
            return generation
    return None


async def trader_caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(trader_bearer)],
) -> str:
    """Return the id of the trader who calls; raises Unauthenticated."""
    if credentials is None:
        raise Unauthenticated(
            "Sertakan token pelaku usaha pada header Authorization.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    tokens: TraderTokens = request.app.state.doors.tokens
    return (await tokens.verify(credentials.credentials)).subject


def _secret(vault: Vault, session: TraderSession, generation: int) -> str:
    return vault.derive_secret(session.key_id, f"refresh:{session.session_id}:{generation}")
