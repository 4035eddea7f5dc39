"""Only a token that the issuer signed, for us, now, and with an asymmetric key, lets anybody in."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from shared.auth import JwksKeys, Principal, Role, TokenVerifier
from shared.clock import ManualClock
from shared.errors import Unauthenticated, Unavailable
from shared.local_issuer import LocalIssuer

NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
CLOCK = ManualClock(NOW)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> LocalIssuer:
    return LocalIssuer(tmp_path_factory.mktemp("home"), issuer="us", audience="tanggap")


@pytest.fixture(scope="module")
def verifier(issuer: LocalIssuer) -> TokenVerifier:
    return TokenVerifier(issuer, CLOCK, issuer="us", audience="tanggap")


def signed(issuer: LocalIssuer, **changes: object) -> str:
    """Sign claims that are in order but for the changes; None leaves one out."""
    claims: dict[str, object] = {
        "iss": "us",
        "aud": "tanggap",
        "sub": "staff-1",
        "exp": int((NOW + timedelta(hours=1)).timestamp()),
        "roles": ["officer"],
        "opd": "DISHUB",
        **changes,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, issuer._key, algorithm="EdDSA")  # noqa: SLF001


async def test_token_of_the_local_issuer_says_who_it_is(
    issuer: LocalIssuer, verifier: TokenVerifier
) -> None:
    token = issuer.token(CLOCK, [Role.OFFICER, Role.HEAD], subject="staff-7", opd="DISHUB")
    principal = await verifier.verify(token)
    assert principal == Principal("staff-7", frozenset({Role.OFFICER, Role.HEAD}), "DISHUB")


REFUSED: dict[str, dict[str, object]] = {
    "expired": {"exp": int((NOW - timedelta(minutes=1)).timestamp())},
    "without end": {"exp": None},
    "end is no number": {"exp": "tomorrow"},
    "not yet": {"nbf": int((NOW + timedelta(minutes=1)).timestamp())},
    "for another audience": {"aud": "somebody-else"},
    "without audience": {"aud": None},
    "of another issuer": {"iss": "them"},
    "without issuer": {"iss": None},
    "without subject": {"sub": None},
    "with an empty subject": {"sub": " "},
    "with a number as subject": {"sub": 7},
}


@pytest.mark.parametrize("case", REFUSED)
async def test_claims_not_in_order_are_refused(
    issuer: LocalIssuer, verifier: TokenVerifier, case: str
) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await verifier.verify(signed(issuer, **REFUSED[case]))
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")


async def test_half_a_minute_of_clock_difference_is_forgiven(
    issuer: LocalIssuer, verifier: TokenVerifier
) -> None:
    just_ended = int((NOW - timedelta(seconds=20)).timestamp())
    assert await verifier.verify(signed(issuer, exp=just_ended))


class Keys:
    """Keys of which one may be withdrawn; counts how often it is asked."""

    def __init__(self, issuer: LocalIssuer) -> None:
        self.issuer: LocalIssuer | None = issuer
        self.asked = 0

    def key_for(self, token: str) -> Any:
        self.asked += 1
        if self.issuer is None:
            raise jwt.InvalidKeyError("no such key")
        return self.issuer.key_for(token)


async def test_signature_is_checked_once_a_minute_and_times_each_time(issuer: LocalIssuer) -> None:
    keys, clock = Keys(issuer), ManualClock(NOW)
    verifier = TokenVerifier(keys, clock, issuer="us", audience="tanggap")
    token = signed(issuer, exp=int((NOW + timedelta(seconds=20)).timestamp()))
    assert await verifier.verify(token) == await verifier.verify(token)
    assert keys.asked == 1
    clock.advance(timedelta(seconds=51))
    with pytest.raises(Unauthenticated, match="habis"):
        await verifier.verify(token)
    assert keys.asked == 1
    # Another token, though of the same person, is looked at by itself.
    with pytest.raises(Unauthenticated):
        await verifier.verify(token[:-6] + "AAAAAA")
    assert keys.asked == 2


async def test_key_that_is_withdrawn_lets_nobody_in_after_a_minute(issuer: LocalIssuer) -> None:
    keys, clock = Keys(issuer), ManualClock(NOW)
    verifier = TokenVerifier(keys, clock, issuer="us", audience="tanggap")
    token = signed(issuer)
    await verifier.verify(token)
    keys.issuer = None
    clock.advance(timedelta(seconds=61))
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)


async def test_tokens_that_were_checked_take_no_more_memory_for_ever(
    issuer: LocalIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.auth._MOST_TRUSTED", 2)
    keys = Keys(issuer)
    verifier = TokenVerifier(keys, CLOCK, issuer="us", audience="tanggap")
    tokens = [signed(issuer, sub=f"staff-{number}") for number in range(3)]
    for token in (*tokens, *tokens[1:]):
        await verifier.verify(token)
    assert keys.asked == 3
    await verifier.verify(tokens[0])
    assert keys.asked == 4


async def test_unsigned_token_is_refused(verifier: TokenVerifier) -> None:
    claims = {"iss": "us", "aud": "tanggap", "sub": "x", "exp": 2**40, "roles": ["admin"]}
    with pytest.raises(Unauthenticated):
        await verifier.verify(jwt.encode(claims, "", algorithm="none"))


def _hmac_token(secret: bytes, header: dict[str, str], claims: dict[str, object]) -> str:
    """Sign as an attacker would, past PyJWT's own refusal to use a public key as a secret."""

    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    body = part(header) + b"." + part(claims)
    mac = hmac.new(secret, body, hashlib.sha256).digest()
    return (body + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


@pytest.mark.parametrize("encoding", ["pem", "raw"])
async def test_token_signed_with_the_public_key_as_a_secret_is_refused(
    issuer: LocalIssuer, verifier: TokenVerifier, encoding: str
) -> None:
    public = issuer._key.public_key()  # noqa: SLF001
    secret = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "raw": public.public_bytes(Encoding.Raw, PublicFormat.Raw),
    }[encoding]
    claims: dict[str, object] = {"iss": "us", "aud": "tanggap", "sub": "x", "exp": 2**40}
    with pytest.raises(Unauthenticated):
        await verifier.verify(_hmac_token(secret, {"alg": "HS256", "typ": "JWT"}, claims))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_token_of_a_foreign_key_is_refused(verifier: TokenVerifier, algorithm: str) -> None:
    keys: dict[str, Any] = {
        "RS256": new_rsa_key(65537, 2048),
        "ES256": new_ec_key(SECP256R1()),
        "EdDSA": Ed25519PrivateKey.generate(),
    }
    claims = {"iss": "us", "aud": "tanggap", "sub": "x", "exp": 2**40, "roles": ["admin"]}
    with pytest.raises(Unauthenticated):
        await verifier.verify(jwt.encode(claims, keys[algorithm], algorithm=algorithm))


@given(
    text=st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{0,40}(\.[A-Za-z0-9_-]{0,40}){0,4}")
)
async def test_garbage_is_refused_and_nothing_else(verifier: TokenVerifier, text: str) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(text)


@pytest.mark.parametrize(
    "roles", [None, "admin", {"admin": True}, [["admin"]], [{"a": 1}, 7, None], ["unknown"]]
)
async def test_roles_of_another_shape_give_no_rights(
    issuer: LocalIssuer, verifier: TokenVerifier, roles: object
) -> None:
    principal = await verifier.verify(signed(issuer, roles=roles))
    assert principal.roles == frozenset()


async def test_opd_that_is_no_text_is_none(issuer: LocalIssuer, verifier: TokenVerifier) -> None:
    assert (await verifier.verify(signed(issuer, opd=["DISHUB"]))).opd is None


async def test_roles_are_found_along_a_dotted_path(issuer: LocalIssuer) -> None:
    keycloak = TokenVerifier(
        issuer, CLOCK, issuer="us", audience="tanggap", roles_claim="realm_access.roles"
    )
    token = signed(issuer, realm_access={"roles": ["triage", "offline_access"]}, roles=None)
    assert (await keycloak.verify(token)).roles == {Role.TRIAGE}
    odd = signed(issuer, realm_access=["triage"], roles=["admin"])
    assert (await keycloak.verify(odd)).roles == frozenset()


def test_two_who_come_at_once_have_one_key(tmp_path: Path) -> None:
    made: list[LocalIssuer] = []
    barrier = threading.Barrier(8)

    def make() -> None:
        barrier.wait()
        made.append(LocalIssuer(tmp_path, issuer="us", audience="tanggap"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = {each.key_for("").public_bytes(Encoding.Raw, PublicFormat.Raw) for each in made}
    assert len(made) == 8
    assert len(keys) == 1
    assert (tmp_path / "keys" / "issuer.pem").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["issuer.pem"]


class Provider:
    """An OIDC provider's JWKS, served over HTTP."""

    def __init__(self) -> None:
        self.keys: dict[str, RSAPrivateKey] = {"first": new_rsa_key(65537, 2048)}
        self.asked = 0

    def document(self) -> bytes:
        """Return the JWKS."""
        self.asked += 1
        keys = []
        for kid, key in self.keys.items():
            jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
            keys.append({**jwk, "kid": kid, "use": "sig", "alg": "RS256"})
        return json.dumps({"keys": keys}).encode()

    def token(self, kid: str, **changes: object) -> str:
        """Sign a token."""
        claims = {
            "iss": "us",
            "aud": "tanggap",
            "sub": "x",
            "exp": int((NOW + timedelta(hours=1)).timestamp()),
            "roles": ["head"],
            **changes,
        }
        return jwt.encode(claims, self.keys[kid], algorithm="RS256", headers={"kid": kid})


@contextmanager
def serving(provider: Provider) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = provider.document()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/jwks"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_keys_of_a_provider_are_fetched_once_and_kept() -> None:
    provider = Provider()
    with serving(provider) as url:
        verifier = TokenVerifier(JwksKeys(url), CLOCK, issuer="us", audience="tanggap")
        for number in range(5):
            principal = await verifier.verify(provider.token("first", sub=f"staff-{number}"))
            assert principal.roles == {Role.HEAD}
        assert provider.asked == 1


async def test_unknown_keys_do_not_make_us_ask_the_provider_each_time() -> None:
    provider = Provider()
    stranger = Provider()
    stranger.keys = {f"kid-{number}": stranger.keys["first"] for number in range(10)}
    with serving(provider) as url:
        verifier = TokenVerifier(JwksKeys(url), CLOCK, issuer="us", audience="tanggap")
        await verifier.verify(provider.token("first"))
        for kid in stranger.keys:
            with pytest.raises(Unauthenticated):
                await verifier.verify(stranger.token(kid))
        assert provider.asked <= 2


async def test_provider_that_is_away_is_no_refusal() -> None:
    provider = Provider()
    with serving(provider) as url:
        pass
    verifier = TokenVerifier(JwksKeys(url), CLOCK, issuer="us", audience="tanggap")
    with pytest.raises(Unavailable) as away:
        await verifier.verify(provider.token("first"))
    assert away.value.headers["Retry-After"]
