"""Publishes by Meta's Graph API: photos of a Facebook page, and pictures on Instagram."""

from typing import Any, Final

from services.marketplace.publishers.port import (
    Credential,
    Post,
    Posted,
    PublishingSettings,
    credential_of,
)
from shared.messaging.exchange import check_status, exchange, http_client, read_object
from shared.messaging.port import TryLater, Unsure
from shared.messaging.whatsapp import check_graph_error

# Trouble on Meta's side; limits of calls and posts; an expired token; a picture not ready yet.
_PASSING: Final = frozenset({1, 2, 4, 9, 17, 32, 190, 341, 368, 613, 9007})
_NEWEST: Final = 25


class _GraphPublisher:
    can_ask = True

    def __init__(self, url: str, timeout_seconds: float) -> None:
        self._url = url
        self._client = http_client(timeout_seconds)

    async def close(self) -> None:
        """Close connections."""
        await self._client.aclose()

    async def _call(
        self, method: str, path: str, credential: Credential, **request: Any
    ) -> dict[str, Any]:
        response = await exchange(
            self._client,
            method,
            f"{self._url}/{path}",
            headers={"Authorization": f"Bearer {credential.token}"},
            **request,
        )
        answer = read_object(response)
        check_graph_error(answer, _PASSING)
        check_status(response)
        return answer

    async def _newest(
        self, path: str, text_field: str, credential: Credential, post: Post
    ) -> Posted | None:
        query = {"fields": f"id,{text_field}", "limit": str(_NEWEST)}
        answer = await self._call("GET", path, credential, params=query)
        for each in answer.get("data") or ():
            if post.link in (each.get(text_field) or ""):
                return Posted(str(each.get("id")))
        return None


class FacebookPublisher(_GraphPublisher):
    """A photo with its message on a page."""

    def __init__(self, settings: PublishingSettings) -> None:
        """Take the pages' tokens."""
        super().__init__(settings.facebook_url, settings.timeout_seconds)
        self._accounts = settings.facebook

    async def publish(self, post: Post) -> Posted:
        """Publish once."""
        page = credential_of(self._accounts, post.account_id)
        body = {"url": post.picture_url, "message": post.caption}
        answer = await self._call("POST", f"{page.owner}/photos", page, json=body)
        return Posted(answer.get("post_id") or answer.get("id"))

    async def find(self, post: Post) -> Posted | None:
        """Look through the page's newest posts."""
        page = credential_of(self._accounts, post.account_id)
        return await self._newest(f"{page.owner}/posts", "message", page, post)


class InstagramPublisher(_GraphPublisher):
    """A picture with its caption: a container is made, which nobody sees, and then published."""

    def __init__(self, settings: PublishingSettings) -> None:
        """Take the accounts' tokens."""
        super().__init__(settings.instagram_url, settings.timeout_seconds)
        self._accounts = settings.instagram

    async def publish(self, post: Post) -> Posted:
        """Publish once."""
        user = credential_of(self._accounts, post.account_id)
        body = {"image_url": post.picture_url, "caption": post.caption}
        try:
            made = await self._call("POST", f"{user.owner}/media", user, json=body)
        except Unsure as error:
            # A container that nobody published shows nothing, and is forgotten after a day.
            raise TryLater(str(error)) from None
        if not made.get("id"):
            raise TryLater("no container")
        answer = await self._call(
            "POST", f"{user.owner}/media_publish", user, json={"creation_id": made["id"]}
        )
        return Posted(answer.get("id"))

    async def find(self, post: Post) -> Posted | None:
        """Look through the account's newest pictures."""
        user = credential_of(self._accounts, post.account_id)
        return await self._newest(f"{user.owner}/media", "caption", user, post)
