"""Talks with intake as people on the platforms do: what they write, and what reaches them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

import pytest

from tests.service.intake.driver import Driver
from tests.service.intake.writing import arrives, open_to_platforms
from tests.support.deliveries import ACCOUNTS, Delivery
from tests.support.platforms import Call, Platforms, running_platforms, sending_settings
from tests.support.servers import Databases

PLATFORMS = sorted(ACCOUNTS)


@dataclass
class Talk:
    """Intake, and the platforms that it writes to."""

    intake: Driver
    platforms: Platforms

    async def heard(self, platform: str, number: int) -> list[Call]:
        """Return what people got by a platform, once it is this many messages."""
        deadline = monotonic() + 30
        while len(self.platforms.accepted(platform)) < number:
            assert monotonic() < deadline, [call.path for call in self.platforms.calls]
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        calls = self.platforms.accepted(platform)
        assert len(calls) == number
        return calls

    async def hears(self, delivery: Delivery, number: int = 1) -> str:
        """Deliver, and return the text of the newest answer on the platform, its `number`th."""
        await arrives(self.intake, delivery)
        return text_of((await self.heard(delivery.platform, number))[-1])


@pytest.fixture
async def talk(talking: Talk) -> Talk:
    """Begin with nothing heard."""
    talking.platforms.calls.clear()
    return talking


@pytest.fixture(scope="module")
async def talking(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Talk]:
    """Run intake with secrets and credentials of every platform."""
    async with running_platforms() as platforms:
        messaging = sending_settings(
            platforms,
            whatsapp_tokens={ACCOUNTS["whatsapp"]: "token-wa"},
            telegram_tokens={ACCOUNTS["telegram"]: "111:token-tg"},
            messenger_tokens={ACCOUNTS["messenger"]: "token-fb"},
            instagram_tokens={ACCOUNTS["instagram"]: "token-ig"},
            x_tokens={ACCOUNTS["x"]: "token-x:secret-x"},
        )
        home = tmp_path_factory.mktemp("replies")
        async with open_to_platforms(databases, home, messaging=messaging) as system:
            yield Talk(Driver(system), platforms)


def text_of(call: Call) -> str:
    """Return what a person reads."""
    body: dict[str, Any] = call.json
    for steps in (("text", "body"), ("message", "text"), ("message",), ("text",)):
        found: Any = body
        for step in steps:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, str):
            return found
    raise AssertionError(body)


def recipient_of(call: Call) -> str:
    """Return whom a private message went to."""
    body: dict[str, Any] = call.json
    recipient = body.get("recipient", {})
    by_path = call.path.split("/with/")[-1].split("/")[0]
    return str(body.get("to") or body.get("chat_id") or recipient.get("id") or by_path)
