"""What wraps every request: an id, a trace, a size limit, metrics, and one log line."""

from collections.abc import Callable
from time import perf_counter

from fastapi import Request
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.correlation import correlated, is_safe_id
from shared.ids import new_id
from shared.logging import log_request
from shared.problems import failure_response
from shared.telemetry import span

MAX_BODY_BYTES = 256 * 1024
_BODY_LIMIT = "tanggap.body_limit"
#: In the scope that a hot door is given: the app that serves what it does not.
ORDINARY = "tanggap.ordinary"
HotDoors = Callable[[str, str], ASGIApp | None]
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestScope:
    """ASGI middleware around one service's app."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        service: str,
        seconds: Histogram,
        requests: Counter,
        hot_doors: HotDoors = lambda method, path: None,
    ) -> None:
        """`seconds` has the labels service, method and route; `requests` status as well.

        `hot_doors` are found by method and path before the app is asked for its routes, and set the
        scope's `route` themselves. What is not for them they hand to the scope's ORDINARY.
        """
        self._app = app
        self._service = service
        self._seconds = seconds
        self._requests = requests
        self._hot_doors = hot_doors
        # Of each answer's labels, the metrics: to look them up takes as long as to count.
        self._counted: dict[tuple[str, str, int], tuple[Histogram, Counter]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if is_safe_id(given) else new_id()
        with (
            correlated(request_id),
            span(
                f"{scope['method']} {self._service}",
                traceparent=headers.get("traceparent"),
                kind=SpanKind.SERVER,
            ),
        ):
            await self._serve(scope, receive, send, headers, request_id)

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, headers: Headers, request_id: str
    ) -> None:
        began = perf_counter()
        status = 500
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                started = True
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            app = self._hot_doors(scope["method"], scope["path"])
            if app is None:
                app = self._app
            else:
                scope[ORDINARY] = self._app
            await app(scope, _limited(scope, receive, headers), send_with_id)
        except Exception as error:
            if started:
                raise
            await failure_response(error)(scope, receive, send_with_id)
        finally:
            self._observe(scope, status, perf_counter() - began)

    def _observe(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        if route.endswith(("/livez", "/readyz", "/metrics")):
            return
        # A method may be any word: as a label each would be a series of its own.
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        labels = (method, route, status)
        counted = self._counted.get(labels)
        if counted is None:
            counted = self._counted[labels] = (
                self._seconds.labels(self._service, method, route),
                self._requests.labels(self._service, method, route, str(status)),
            )
        counted[0].observe(seconds)
        counted[1].inc()
        log_request(self._service, method, route, status, round(seconds * 1000, 1))


def _declared_length(headers: Headers) -> int:
    declared = headers.get("content-length", "0")
    return int(declared) if declared.isascii() and declared.isdigit() else 0


def allow_body(request: Request, most_bytes: int) -> None:
    """Let this request carry more than others may; call it before its body is read."""
    request.scope[_BODY_LIMIT] = most_bytes


def _limited(scope: Scope, receive: Receive, headers: Headers) -> Receive:
    """Count what is received: a declared length is refused before the first byte is read.

    A body without one may not grow for ever.
    """
    total = _declared_length(headers)
    received = 0

    async def limited() -> Message:
        nonlocal total, received
        most = scope.get(_BODY_LIMIT, MAX_BODY_BYTES)
        if total <= most:
            message = await receive()
            received += len(message.get("body", b""))
            total = max(total, received)
        if total > most:
            raise HTTPException(413, f"Kirim paling banyak {most // 1024} KiB.")
        return message

    return limited
