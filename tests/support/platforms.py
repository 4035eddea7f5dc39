"""A local server that behaves like the platforms messages go out by, and a real SMTP server.

Paths begin with the platform's name, so that `platforms.url("telegram")` is what a setting calls
Telegram's address. Each answers in its platform's own form, keeps what it accepted, and does on
request what platforms do on bad days.
"""

import asyncio
import json
import re
from base64 import b64encode
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import Any, Final, Literal, TypeVar
from urllib.parse import parse_qsl

import uvicorn
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.embedded.ports import HOST, free_port
from shared.messaging.settings import MessagingSettings

#: What a platform does with the next call instead of accepting it.
Mood = Literal[
    "rate_limited",  # 429 or the platform's own form of it, with a time to wait
    "unavailable",  # 503: certainly not done
    "broken",  # 502 without a word of the platform's: nobody can know
    "refused",  # this message never
    "slow_before",  # no answer in time, and not accepted
    "slow_after",  # accepted, and no answer in time
]
RETRY_AFTER_SECONDS: Final = 7
#: By which the front end "situs" is told.
WEBHOOK_KEY: Final = "whsec_" + b64encode(b"w" * 32).decode()
_SLOW_SECONDS: Final = 30.0
_META = ("whatsapp", "messenger", "instagram")


@dataclass(frozen=True)
class Call:
    """One request that came, whether it was accepted or not."""

    platform: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    accepted: bool

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        """The body, read as a form."""
        return dict(parse_qsl(self.body.decode()))


@dataclass
class Platforms:
    """The running server: what came, and what to do with what comes next."""

    base: str
    calls: list[Call] = field(default_factory=list)
    #: Bytes by the platform's id of them, for adapters that fetch what a message only names.
    files: dict[str, bytes] = field(default_factory=dict)
    _moods: dict[str, deque[Mood]] = field(default_factory=lambda: defaultdict(deque))
    _ids: Any = field(default_factory=lambda: count(1))
    _closing: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, platform: str) -> str:
        """Return the address that stands for a platform's."""
        return f"{self.base}/{platform}"

    def will(self, platform: str, *moods: Mood) -> None:
        """Let the platform's next calls end like this; those after them are accepted."""
        self._moods[platform].extend(moods)

    def accepted(self, platform: str) -> list[Call]:
        """Return what a platform accepted, in order: what people got."""
        return [call for call in self.calls if call.platform == platform and call.accepted]

    def tried(self, platform: str) -> int:
        """Return how many calls came."""
        return sum(call.platform == platform for call in self.calls)

    def reset(self) -> None:
        """Forget what came, and answer well again."""
        self.calls.clear()
        self._moods.clear()
        self._ids = count(1)

    def stop(self) -> None:
        """Let go of those who wait for a slow answer."""
        self._closing.set()

    async def serve(self, request: Request) -> Response:
        """Answer one request."""
        platform, _, path = request.path_params["path"].partition("/")
        if request.method == "GET":
            return self.show(platform, path)
        moods = self._moods[platform]
        mood = moods.popleft() if moods else None
        accepted = mood in {None, "slow_after"}
        body = await request.body()
        self.calls.append(Call(platform, path, dict(request.headers), body, accepted))
        if mood in {"slow_before", "slow_after"}:
            with suppress(TimeoutError):
                async with asyncio.timeout(_SLOW_SECONDS):
                    await self._closing.wait()
        if mood == "broken":
            return PlainTextResponse("Bad Gateway", 502)
        if mood == "unavailable":
            return PlainTextResponse("Service Unavailable", 503)
        if mood is not None:
            return _refusal(platform, mood)
        return self.accept(platform, path, body)

    def accept(self, platform: str, path: str, body: bytes) -> Response:
        """Answer what was accepted, in the platform's own form."""
        number = next(self._ids)
        answers: dict[str, Any] = {
            "whatsapp": {
                "messaging_product": "whatsapp",
                "contacts": [{"input": "", "wa_id": ""}],
                "messages": [{"id": f"wamid.{number}"}],
            },
            "telegram": {"ok": True, "result": {"message_id": number, "date": 0}},
            "sms": {"status": "queued", "id": f"sms-{number}"},
        }
        if platform in {"messenger", "instagram"}:
            key = "message_id" if path.endswith("/messages") else "id"
            return JSONResponse({key: f"mid.{number}"})
        if platform == "x":
            key = "dm_event_id" if "dm_conversations" in path else "id"
            return JSONResponse({"data": {key: str(number)}}, 201)
        if platform not in answers:
            return Response(status_code=204)
        return JSONResponse(answers[platform])

    def show(self, platform: str, path: str) -> Response:
        """Serve what adapters fetch: first where a file lies, then its bytes."""
        name = path.rpartition("/")[2]
        if platform == "telegram" and name == "getFile":
            return JSONResponse({"ok": True, "result": {"file_path": "photos/1"}})
        if platform in _META and re.search(r"^v\d+\.\d/\d+$", path):
            url = f"{self.url(platform)}/files/{name}"
            return JSONResponse({"url": url, "mime_type": "image/jpeg", "id": name})
        if name not in self.files:
            return PlainTextResponse("Not Found", 404)
        return Response(self.files[name], media_type="application/octet-stream")


def _refusal(platform: str, mood: Mood) -> Response:
    limited = mood == "rate_limited"
    if platform == "telegram":
        body: dict[str, Any] = {"ok": False, "error_code": 429 if limited else 403}
        body["description"] = "Too Many Requests" if limited else "Forbidden: bot was blocked"
        if limited:
            body["parameters"] = {"retry_after": RETRY_AFTER_SECONDS}
        return JSONResponse(body, body["error_code"])
    if platform in _META:
        # WhatsApp's rate limit comes as 400 with a code of its own, and names no time.
        code = (130429 if platform == "whatsapp" else 613) if limited else 131026
        error = {"message": f"(#{code})", "type": "OAuthException", "code": code}
        return JSONResponse({"error": error}, 400)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if limited else {}
    return JSONResponse({"title": mood}, 429 if limited else 403, headers)


PlatformsT = TypeVar("PlatformsT", bound=Platforms)


@asynccontextmanager
async def running(make: Callable[[str], PlatformsT]) -> AsyncIterator[PlatformsT]:
    """Serve until the block ends, on the loop that it runs on; `make` is given the address."""
    port = free_port()
    platforms = make(f"http://{HOST}:{port}")
    app = Starlette(routes=[Route("/{path:path}", platforms.serve, methods=["GET", "POST", "PUT"])])
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=HOST,
            port=port,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    try:
        yield platforms
    finally:
        platforms.stop()
        server.should_exit = True
        await serving


def running_platforms() -> AbstractAsyncContextManager[Platforms]:
    """Serve the platforms that messages go out by until the block ends."""
    return running(Platforms)


MailMood = Literal["greylisted", "refused", "slow_after"]


@dataclass
class Mailbox:
    """A real SMTP server, and the letters that it accepted."""

    port: int
    letters: list[EmailMessage] = field(default_factory=list)
    moods: deque[MailMood] = field(default_factory=deque)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a letter, or do what was asked for."""
        mood = self.moods.popleft() if self.moods else None
        if mood == "greylisted":
            return "451 4.7.1 Greylisted, try again later"
        if mood == "refused":
            return "550 5.1.1 No such mailbox"
        content = envelope.content
        letter = message_from_bytes(
            content if isinstance(content, bytes) else b"", policy=policy.default
        )
        self.letters.append(letter)
        if mood == "slow_after":
            await asyncio.sleep(_SLOW_SECONDS)
        return "250 2.0.0 OK"


@asynccontextmanager
async def running_mailbox() -> AsyncIterator[Mailbox]:
    """Serve SMTP until the block ends."""
    mailbox = Mailbox(free_port())
    controller = Controller(mailbox, hostname=HOST, port=mailbox.port)
    await asyncio.to_thread(controller.start)
    try:
        yield mailbox
    finally:
        await asyncio.to_thread(controller.stop)


def sending_settings(
    platforms: Platforms | None, mailbox: Mailbox | None = None, **values: Any
) -> MessagingSettings:
    """Return settings by which every channel sends to the local servers."""
    given: dict[str, Any] = {"timeout_seconds": 5, "poll_seconds": 0.05}
    if platforms is not None:
        given |= {
            "whatsapp_url": f"{platforms.url('whatsapp')}/v23.0",
            "whatsapp_tokens": {"1055501": "token-wa", "1055502": "token-wa-2"},
            "telegram_url": platforms.url("telegram"),
            "telegram_tokens": {"contoh_bot": "111:token-tg"},
            "messenger_url": f"{platforms.url('messenger')}/v23.0",
            "messenger_tokens": {"page-1": "token-fb"},
            "instagram_url": f"{platforms.url('instagram')}/v23.0",
            "instagram_tokens": {"ig-1": "token-ig"},
            "x_url": platforms.url("x"),
            "x_consumer_key": "consumer",
            "x_consumer_secret": "consumer-secret",
            "x_tokens": {"9000": "token-x:secret-x"},
            "sms_url": f"{platforms.url('sms')}/send",
            "webhook_keys": {"situs": WEBHOOK_KEY},
        }
    if mailbox is not None:
        given |= {
            "smtp_host": HOST,
            "smtp_port": mailbox.port,
            "smtp_security": "none",
            "mail_from": "Kota Contoh Raya <lapor@contoh.example>",
        }
    return MessagingSettings(**(given | values))
