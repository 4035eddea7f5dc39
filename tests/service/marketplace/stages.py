"""Local servers that behave like the platforms on which promotion is published."""

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.support.platforms import Platforms


@dataclass
class Stages(Platforms):
    """What accounts have posted is told to who asks, as the platforms do; Telegram tells nothing.

    While `hides` names a platform, it lists nothing: what is new comes late. While `deaf` names it,
    questions are answered with 503.
    """

    hides: set[str] = field(default_factory=set)
    deaf: set[str] = field(default_factory=set)

    def posts(self, platform: str) -> list[dict[str, Any]]:
        """Return what an account has posted: each text once per post."""
        paths = {
            "facebook": "/photos",
            "instagram": "/media_publish",
            "x": "/tweets",
            "telegram": "/sendPhoto",
        }
        return [
            call.json for call in self.accepted(platform) if call.path.endswith(paths[platform])
        ]

    def captions(self, platform: str) -> list[str]:
        """Return the texts that are to be seen on a platform."""
        if platform == "instagram":
            made = [c.json for c in self.accepted(platform) if c.path.endswith("/media")]
            return [made[int(post["creation_id"])]["caption"] for post in self.posts(platform)]
        key = {"facebook": "message", "x": "text", "telegram": "caption"}[platform]
        return [post[key] for post in self.posts(platform)]

    def accept(self, platform: str, path: str, body: bytes) -> Response:
        """Answer in the platform's form."""
        if platform == "facebook":
            return JSONResponse({"id": "1", "post_id": f"page_{len(self.posts(platform))}"})
        if platform == "instagram":
            made = [c for c in self.accepted(platform) if c.path.endswith("/media")]
            number = len(made) - 1 if path.endswith("/media") else len(self.posts(platform))
            return JSONResponse({"id": str(number)})
        return super().accept(platform, path, body)

    def show(self, platform: str, path: str) -> Response:
        """List what an account has posted, the newest first."""
        if platform in self.deaf:
            return PlainTextResponse("Service Unavailable", 503)
        texts = [] if platform in self.hides else list(reversed(self.captions(platform)))
        key = {"facebook": "message", "instagram": "caption"}.get(platform, "text")
        if platform == "x":
            # X puts links of its own in place of ours.
            texts = [_with_own_links(text) for text in texts]
        found = [{"id": f"{platform}-{n}", key: text} for n, text in enumerate(texts)]
        return JSONResponse({"data": found})


def _with_own_links(text: str) -> str:
    return " ".join(
        "https://t.co/abc" if word.startswith("http") else word for word in text.split(" ")
    )


def settings_of(stages: Stages) -> dict[str, str]:
    """Return the variables by which every account is published on the local servers."""
    prefix = "TANGGAP_MARKETPLACE_PUBLISH_"
    values = {
        "TELEGRAM_URL": stages.url("telegram"),
        "TELEGRAM": json.dumps({"pemkot-telegram": "@lapak|1:token"}),
        "FACEBOOK_URL": stages.url("facebook"),
        "FACEBOOK": json.dumps({"wali-kota-facebook": "900|token"}),
        "INSTAGRAM_URL": stages.url("instagram"),
        "INSTAGRAM": json.dumps({"wali-kota-instagram": "800|token"}),
        "X_URL": stages.url("x"),
        "X": json.dumps({"pemkot-x": "700|token|secret"}),
        "TIMEOUT_SECONDS": "0.5",
        # The tests promote by themselves.
        "POLL_SECONDS": "60",
    }
    return {prefix + name: value for name, value in values.items()}
