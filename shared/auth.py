"""Who is calling: staff tokens (OIDC access tokens, or the local issuer's), roles, and the door."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Protocol

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jwt import PyJWKClient
from starlette.datastructures import Headers

from shared.clock import Clock
from shared.errors import Forbidden, Unauthenticated, Unavailable

# Asymmetric algorithms alone: a token signed with a public key as if it were a secret is refused.
ALGORITHMS = ("RS256", "ES256", "EdDSA")
_LEEWAY_SECONDS = 30
# A signature that was good is not checked again for so long: an officer's screen sends the same
# token with every request, and the check took a twelfth of what answering costs. A key that the
# provider withdraws is refused so much later.
_TRUSTED_SECONDS = 60
_MOST_TRUSTED = 4096

bearer = HTTPBearer(auto_error=False, description="Access token of a member of staff (OIDC).")


class Role(StrEnum):
    """What a member of staff may be."""

    OPERATOR = "operator"
    TRIAGE = "triage"
    OFFICER = "officer"
    HEAD = "head"
    SEKDA = "sekda"
    LEADER = "leader"
    AUDITOR = "auditor"
    ADMIN = "admin"
    INTERVIEWER = "interviewer"
    SURVEY_MANAGER = "survey_manager"
    PANEL = "panel"
    TRADER = "trader"
    CURATOR = "curator"
    PUBLISHER = "publisher"


@dataclass(frozen=True, slots=True)
class Principal:
    """A member of staff: an opaque id, roles, and the OPD that officers and heads belong to."""

    subject: str
    roles: frozenset[Role]
    opd: str | None = None

    def has(self, *roles: Role) -> bool:
        """Tell whether the principal has any of these roles."""
        return not self.roles.isdisjoint(roles)


class KeySource(Protocol):
    """Finds the public key that a token names."""

    def key_for(self, token: str) -> Any:
        """Return the key; raises jwt.PyJWTError when there is none. May block."""
        ...


class JwksKeys:
    """Keys of an OIDC provider, fetched from its JWKS and cached."""

    def __init__(self, url: str) -> None:
        """Fetch lazily; keys are kept for five minutes, so that one withdrawn is soon refused."""
        self._client = PyJWKClient(url, cache_keys=False, lifespan=300, timeout=5)

    def key_for(self, token: str) -> Any:
        """Return the key of the token's `kid`."""
        return self._client.get_signing_key_from_jwt(token).key


@dataclass(frozen=True, slots=True)
class _Trusted:
    """A token whose signature was checked: whose it is, what it claims, and when it was checked."""

    principal: Principal
    claims: Mapping[str, Any]
    checked_at: float


class TokenVerifier:
    """Turns a bearer token into a Principal, or refuses it."""

    def __init__(
        self,
        keys: KeySource,
        clock: Clock,
        *,
        issuer: str,
        audience: str,
        roles_claim: str = "roles",
        opd_claim: str = "opd",
    ) -> None:
        """`roles_claim` is a dotted path into the claims."""
        self._keys = keys
        self._clock = clock
        self._issuer = issuer
        self._audience = audience
        self._roles_claim = roles_claim.split(".")
        self._opd_claim = opd_claim
        # By hash: whoever reads this process's memory finds no token to use.
        self._trusted: dict[bytes, _Trusted] = {}

    async def verify(self, token: str) -> Principal:
        """Check signature, algorithm, issuer, audience and times; raises Unauthenticated.

        The times are checked each time, the rest once a minute for each token.
        """
        fingerprint = sha256(token.encode("utf-8", "surrogatepass")).digest()
        trusted = self._trusted.get(fingerprint)
        now = self._clock.now().timestamp()
        if trusted is None or not 0 <= now - trusted.checked_at < _TRUSTED_SECONDS:
            claims = await self._read(token)
            trusted = _Trusted(self._principal(claims), claims, now)
            self._trust(fingerprint, trusted)
        self._check_times(trusted.claims, now)
        return trusted.principal

    def _trust(self, fingerprint: bytes, trusted: _Trusted) -> None:
        self._trusted.pop(fingerprint, None)
        while len(self._trusted) >= _MOST_TRUSTED:
            del self._trusted[next(iter(self._trusted))]
        self._trusted[fingerprint] = trusted

    async def _read(self, token: str) -> Mapping[str, Any]:
        """Return a token's claims; raises Unauthenticated for all that is wrong but its times."""
        try:
            key = await asyncio.to_thread(self._keys.key_for, token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self._audience,
                issuer=self._issuer,
                options={
                    "require": ["exp", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.PyJWKClientConnectionError as error:
            raise Unavailable(
                "Penyedia identitas tidak dapat dihubungi. Coba lagi sebentar.",
                headers={"Retry-After": "5"},
            ) from error
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            # Beside its own errors, PyJWT lets through what a key of another kind raises.
            raise _refused("Token tidak sah. Masuk kembali.") from error
        return claims

    @staticmethod
    def _check_times(claims: Mapping[str, Any], now: float) -> None:
        try:
            # Turned round, so that what is no number (NaN) lets nobody in.
            expired = not float(claims["exp"]) > now - _LEEWAY_SECONDS
            early = not float(claims.get("nbf", 0)) <= now + _LEEWAY_SECONDS
        except (TypeError, ValueError) as error:
            raise _refused("Token tidak sah. Masuk kembali.") from error
        if expired or early:
            raise _refused("Masa berlaku token habis. Masuk kembali.")

    def _principal(self, claims: Mapping[str, Any]) -> Principal:
        found: Any = claims
        for step in self._roles_claim:
            found = found.get(step) if isinstance(found, Mapping) else None
        names = found if isinstance(found, list) else []
        known = {role.value for role in Role}
        opd = claims.get(self._opd_claim)
        subject = str(claims["sub"]).strip()
        if not subject:
            raise _refused("Token tidak sah. Masuk kembali.")
        return Principal(
            subject=subject,
            roles=frozenset(
                Role(name) for name in names if isinstance(name, str) and name in known
            ),
            opd=opd if isinstance(opd, str) else None,
        )


def _refused(detail: str) -> Unauthenticated:
    return Unauthenticated(detail, headers={"WWW-Authenticate": "Bearer"})


def require(*roles: Role) -> Callable[..., Awaitable[Principal]]:
    """Make a dependency that lets in staff with any of these roles, and nobody else."""

    async def principal(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> Principal:
        if credentials is None:
            raise _refused("Sertakan token petugas pada header Authorization.")
        return await admit(request, credentials.credentials, roles)

    return principal


def read_bearer(headers: Headers) -> str | None:
    """Return the token of an orderly Authorization header; None where there is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" and token else None


async def admit(request: Request, token: str, roles: Collection[Role]) -> Principal:
    """Return who sends a token; raises Unauthenticated, and Forbidden without any of the roles."""
    verifier: TokenVerifier = request.app.state.verifier
    caller = await verifier.verify(token)
    if not caller.has(*roles):
        raise Forbidden("Peran Anda tidak berwenang melakukan ini.")
    return caller
