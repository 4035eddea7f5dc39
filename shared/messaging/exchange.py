"""One HTTP exchange with a platform, and what its end says about the message.

What matters is whether a request can have had an effect: before it left, never; with a refusal in
the platform's own words, no; with silence or a gateway's error, nobody can know.
"""

import logging
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpx
from pydantic import SecretStr

from shared.messaging.port import Refused, TryLater, Unsure

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LONGEST_RETRY_AFTER = 86_400.0


def http_client(timeout_seconds: float) -> httpx.AsyncClient:
    """Make a client for one platform."""
    # Its lines name the whole address, in which Telegram has its token and X the recipient.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # No connection is used twice: on one that the platform has just closed, a request ends as if
    # it might have been sent, and the message would be held for a person.
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(timeout=timeout_seconds, limits=limits, verify=_trust())


@cache
def _trust() -> ssl.SSLContext:
    """Read the certificates of authorities once for all platforms: it takes time and memory."""
    return httpx.create_ssl_context()


def credentials(tokens: Mapping[str, SecretStr], account: str) -> tuple[str, str]:
    """Return account and secret, for no account those of the first; raises Refused."""
    if not account and tokens:
        account = next(iter(tokens))
    if account not in tokens:
        raise Refused("no credentials for this account")
    return account, tokens[account].get_secret_value()


async def exchange(
    client: httpx.AsyncClient, method: str, url: str, **request: Any
) -> httpx.Response:
    """Send a request; raises TryLater or Unsure where no answer came, Refused for a bad address."""
    try:
        return await client.request(method, url, **request)
    except _NOT_SENT as error:
        raise TryLater(type(error).__name__) from None
    except httpx.TransportError as error:
        raise Unsure(type(error).__name__) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise Refused("the address is not one") from None


def check_status(response: httpx.Response, *, in_own_words: bool = False) -> None:
    """Raise what a status that is no success means.

    `in_own_words` says that the body is the platform's own refusal, so that it did nothing.
    """
    status = response.status_code
    if response.is_success:
        return
    reason = f"HTTP {status}"
    if status in {408, 429, 503}:
        raise TryLater(reason, retry_after_seconds(response))
    if status >= 500:
        raise TryLater(reason) if in_own_words else Unsure(reason)
    if status == 401:
        # A token that ran out is replaced by the operator; the message is not at fault.
        raise TryLater(reason)
    raise Refused(reason)


def retry_after_seconds(response: httpx.Response) -> float | None:
    """Read Retry-After, in seconds or as a date, which is counted from the answer's own."""
    given = response.headers.get("retry-after", "")
    if given.isascii() and given.isdigit():
        return min(float(given), _LONGEST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(given)
        since = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return None
    try:
        return min(max((until - since).total_seconds(), 0.0), _LONGEST_RETRY_AFTER)
    except TypeError:
        # One of the dates has a zone and the other has none.
        return None


def read_object(response: httpx.Response) -> dict[str, Any]:
    """Return the answer's JSON object; an empty one where it is something else."""
    try:
        content = response.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def shorten(text: str, most: int) -> str:
    """Cut a text to what a platform takes, with an ellipsis where something is missing."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
