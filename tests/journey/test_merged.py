"""Two citizens, two channels, one matter: "saya juga", one answer for both, each judges alone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from shared.contracts.topics import SERVICES
from tests.journey.town import Complaint, Town
from tests.service.intake.driver import Driver
from tests.service.intake.talking import recipient_of, text_of
from tests.service.intake.test_duplicates import looked
from tests.service.intake.writing import REPORT, arrives, complaints_of, open_to_platforms
from tests.support.deliveries import ACCOUNTS, write
from tests.support.platforms import Platforms, running_platforms, sending_settings
from tests.support.servers import Databases

POINT = (-7.62874, 111.53067)
FIRST, SECOND = "6281200000041", "7042"


@dataclass
class Citizen:
    """Somebody who writes on a platform, and knows of the system what it wrote to them."""

    town: Town
    platforms: Platforms
    platform: str
    handle: str

    async def writes(self, text: str, **message: Any) -> None:
        """Write, and let everything that follows happen."""
        intake = Driver(self.town.system)
        await arrives(intake, write(self.platform, text, sender=self.handle, **message))
        await self.town.system.settle()
        await looked(intake)
        await self.town.system.settle()

    async def reports(self) -> Complaint:
        """Report the matter, first in words and then by a point on the map."""
        await self.writes(REPORT)
        await self.writes("", point=POINT)
        intake = Driver(self.town.system)
        (row,) = await complaints_of(intake, self.platform, self.handle)
        secret = intake.doors.context.vault.derive_secret(row["key_id"], str(row["complaint_id"]))
        return Complaint(self.town, str(row["complaint_id"]), row["tracking_code"], secret)

    def heard(self) -> list[str]:
        """Return what reached them, in order."""
        calls = self.platforms.accepted(self.platform)
        return [text_of(call) for call in calls if recipient_of(call) == self.handle]


@pytest.fixture
async def citizens(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Citizen, Citizen]]:
    """Run the whole system on local platforms, with one citizen on WhatsApp, one on Telegram."""
    async with running_platforms() as platforms:
        messaging = sending_settings(
            platforms,
            whatsapp_tokens={ACCOUNTS["whatsapp"]: "token-wa"},
            telegram_tokens={ACCOUNTS["telegram"]: "111:token-tg"},
        )
        home = tmp_path_factory.mktemp("merged")
        async with open_to_platforms(databases, home, SERVICES, messaging=messaging) as system:
            town = Town(system)
            yield (
                Citizen(town, platforms, "whatsapp", FIRST),
                Citizen(town, platforms, "telegram", SECOND),
            )


async def test_two_reporters_of_one_matter_are_both_answered_and_judge_for_themselves(
    citizens: tuple[Citizen, Citizen],
) -> None:
    first, second = citizens
    leader = await first.reports()
    own = await second.reports()
    assert own.code in second.heard()[-1]
    assert "balas IKUT 1" in second.heard()[-1]
    assert not any("IKUT" in text for text in first.heard())
    candidates = (await own.case())["candidates"]
    assert [each["complaint_id"] for each in candidates] == [leader.complaint_id]

    await second.writes("Saya juga")
    assert (await own.case())["state"] == "merged"
    assert any("ikut laporan serupa" in text for text in second.heard())
    assert (await own.look())["status"] == "merged"
    assert "running" not in await _clock_states(own)
    assert "running" in await _clock_states(leader)

    await leader.officer("respond", text="Teknisi berangkat.")
    await leader.officer("resolve", text="Lampu sudah menyala.")
    for citizen, mine, other in ((first, leader, own), (second, own, leader)):
        told = citizen.heard()
        assert sum("Teknisi berangkat." in text for text in told) == 1
        (result,) = [text for text in told if "Lampu sudah menyala." in text]
        assert mine.code in result
        assert other.code not in "".join(told)

    await first.writes("1")
    assert (await leader.case())["state"] == "closed"
    seen = await own.look(known=True)
    assert seen["own"]["messages"][-1]["kind"] == "message"
    assert "feedback" in seen["legal_actions"]

    await second.writes("TIDAK PUAS masih mati")
    assert [each["satisfied"] for each in await _verdicts(own)] == [False]
    assert [each["satisfied"] for each in await _verdicts(leader)] == [True]
    assert (await leader.case())["state"] == "assigned"
    assert (await own.case())["state"] == "merged"
    assert any("dibuka kembali" in text for text in second.heard())


async def test_what_was_joined_in_error_is_separated_again(
    citizens: tuple[Citizen, Citizen],
) -> None:
    first, second = citizens
    leader, own = await first.reports(), await second.reports()
    before = await own.case()
    await second.writes("IKUT 1")
    await leader.officer("respond", text="Selama digabung.")
    await own.desk("unmerge", reason="Tiang yang lain.")
    after = await own.case()
    assert (after["state"], after["opd"]) == (before["state"], before["opd"])
    assert (await own.look())["status"] == before["state"]
    assert "running" in await _clock_states(own)
    await leader.officer("respond", text="Sesudah dipisah.")
    await own.officer("respond", text="Untuk tiang Anda sendiri.")
    texts = "\n".join(second.heard())
    assert "Selama digabung." in texts
    assert "Sesudah dipisah." not in texts
    assert "Untuk tiang Anda sendiri." in texts
    assert "Untuk tiang Anda sendiri." not in "\n".join(first.heard())


async def _verdicts(complaint: Complaint) -> list[dict[str, Any]]:
    messages = (await complaint.look(known=True))["own"]["messages"]
    return [each for each in messages if each["kind"] == "feedback"]


async def _clock_states(complaint: Complaint) -> set[str]:
    return {clock["state"] for clock in (await complaint.clocks()).values()}
