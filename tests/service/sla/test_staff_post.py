"""Notices on their way to real servers: every channel, bad days, and the doors of what was told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.sla.context import SlaContext
from shared.auth import Role
from shared.ids import new_id
from tests.service.sla.driver import Case, Sla, sample
from tests.support.platforms import (
    Mailbox,
    Platforms,
    running_mailbox,
    running_platforms,
    sending_settings,
)
from tests.support.servers import PROFILE, Databases
from tests.support.system import System, running_system

_OFFICER = "email: penghubung.pupr@contoh.example}"
_EVERYWHERE = (
    'email: penghubung.pupr@contoh.example, whatsapp: "+62 800 0000 0199", '
    'telegram: "-100200300", webhook: {name: situs, url: "URL"}}'
)


@dataclass
class Post:
    """A running sla whose staff are written to, and the servers that take it."""

    system: System
    platforms: Platforms
    mailbox: Mailbox
    sla: Sla

    async def assign(self, opd: str = "PUPR") -> Case:
        """Let a case be assigned."""
        case = self.sla.case()
        await self.sla.hear(case.submitted(), case.assigned(opd))
        return case

    async def ask(self, role: Role, opd: str | None = None, query: str = "") -> Any:
        """Ask for notices."""
        headers = self.system.staff(role, opd=opd)
        return await self.system.client.get(f"/sla/v1/notices{query}", headers=headers)

    async def about(self, case: Case, role: Role = Role.ADMIN) -> list[dict[str, Any]]:
        """Return the notices of a case as a role sees them."""
        found = (await self.ask(role, "PUPR", "?limit=200")).json()["notices"]
        return [each for each in found if each["complaint_id"] == case.complaint_id]

    async def states(self, case: Case) -> dict[str, str]:
        """Return by channel how far the messages of a case's first notice are."""
        found = await self.about(case)
        messages: dict[str, str] = found[-1]["messages"] if found else {}
        return messages


@pytest.fixture(scope="module")
async def post(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Post]:
    """Run sla with a contact that has every channel, on the local servers."""
    home = tmp_path_factory.mktemp("post")
    async with running_platforms() as platforms, running_mailbox() as mailbox:
        folder = _profile(home / "profile", f"{platforms.url('webhook')}/dinas")
        async with running_system(
            databases,
            home,
            services=["sla"],
            profile=folder,
            staff_messaging=sending_settings(platforms, mailbox, timeout_seconds=1, tries=2),
        ) as system:
            context: SlaContext = system.app.apps["sla"].state.context
            sla = Sla(system.service("sla").units, context, system.clock)
            yield Post(system, platforms, mailbox, sla)


def _profile(folder: Path, url: str) -> Path:
    folder.mkdir()
    for path in [*PROFILE.glob("*.yaml"), *PROFILE.glob("*.geojson")]:
        text = path.read_text(encoding="utf-8")
        if path.name == "contacts.yaml":
            assert _OFFICER in text
            text = text.replace(_OFFICER, _EVERYWHERE.replace("URL", url))
        if path.name == "notices.yaml":
            text = text.replace("daily: {", "# daily: {").replace("more_than: 10", "more_than: 99")
        (folder / path.name).write_text(text, encoding="utf-8")
    return folder


#: What the tests before may have left on its way: fired clocks, notices, messages.
_UNDER_WAY = """
    SELECT 1 FROM clock WHERE next_fire_at <= :now
    UNION ALL SELECT 1 FROM notice WHERE state = 'waiting' AND due_at <= :now
    UNION ALL SELECT 1 FROM outgoing_message
    WHERE state = 'sending' OR (state = 'queued' AND due_at <= :now)
"""


@pytest.fixture
async def calm(post: Post) -> Post:
    """Return the post on a good day, with nothing sent, and nothing of others on its way."""
    async with asyncio.timeout(30):
        while await post.system.rows(  # noqa: ASYNC110 - the workers offer no event
            "sla", _UNDER_WAY, now=post.system.clock.now()
        ):
            await asyncio.sleep(0.02)
    post.platforms.reset()
    post.mailbox.letters.clear()
    return post


class TestSending:
    async def test_a_notice_goes_out_by_every_channel_once(self, calm: Post) -> None:
        case = await calm.assign()
        await _ended(calm, case)
        assert set((await calm.states(case)).values()) == {"sent"}
        [letter] = calm.mailbox.letters
        assert letter["To"] == "penghubung.pupr@contoh.example"
        assert letter["Subject"] == "Laporan baru TGP2345678: -"
        [chat] = calm.platforms.accepted("telegram")
        assert chat.json["chat_id"] == "-100200300"
        assert "Tanggapan pertama paling lambat" in chat.json["text"]
        [whatsapp] = calm.platforms.accepted("whatsapp")
        assert whatsapp.json["to"] == "6280000000199"
        assert whatsapp.json["template"]["name"] == "dinas_laporan_baru"
        [hook] = calm.platforms.accepted("webhook")
        data = hook.json["data"]
        assert (data["kind"], data["complaint_id"]) == ("assigned", case.complaint_id)
        assert data["link"].endswith(case.complaint_id)
        assert "webhook-signature" in hook.headers

    async def test_what_may_have_been_sent_is_held_and_what_fails_is_dead(self, calm: Post) -> None:
        calm.platforms.will("telegram", "slow_after")
        calm.platforms.will("whatsapp", "refused")
        case = await calm.assign()
        await _ended(calm, case)
        states = await calm.states(case)
        assert (states["telegram"], states["whatsapp"]) == ("unsure", "dead")
        assert states["email"] == states["webhook"] == "sent"
        assert len(calm.platforms.accepted("telegram")) == 1
        admin = calm.system.staff(Role.ADMIN)
        path = "/sla/v1/staff/held-messages"
        held = (await calm.system.client.get(path, headers=admin)).json()["messages"]
        assert {each["channel"] for each in held} == {"telegram", "whatsapp"}
        assert "contoh.example" not in str(held)
        for each in held:
            decision = f"{path}/{each['message_id']}/decision"
            answer = await calm.system.client.post(
                decision, headers=admin, json={"decision": "drop"}
            )
            assert answer.status_code == 200

    async def test_what_is_queued_and_how_it_ends_is_counted(self, calm: Post) -> None:
        case = await calm.assign()
        await _ended(calm, case)
        text = (await calm.system.client.get("/sla/metrics")).text
        lines = text.splitlines()
        assert sample(lines, 'sla_notices_queued_total{channel="email",kind="assigned"}') >= 1
        sent = 'tanggap_messages_attempts_total{channel="email",outcome="sent",service="sla"}'
        assert sample(lines, sent) >= 1
        assert "sla_notices_waiting" in text
        assert "sla_notices_oldest_seconds" in text


async def _ended(post: Post, case: Case) -> None:
    """Wait until the messages by all four channels have come to an end."""
    states: dict[str, str] = {}
    async with asyncio.timeout(30):
        while len(states) < 4 or {"queued", "sending"} & set(states.values()):
            await asyncio.sleep(0.05)
            states = await post.states(case)


class TestDoors:
    async def test_officers_see_their_own_opds_and_not_what_heads_are_told(
        self, calm: Post
    ) -> None:
        case = await calm.assign()
        await calm.sla.advance(hours=2.1)
        await calm.system.settle()
        kinds = {each["kind"] for each in await calm.about(case, Role.OFFICER)}
        assert kinds == {"assigned", "near", "missed"} - {"near"}
        assert {each["to_role"] for each in await calm.about(case, Role.HEAD)} == {
            "officer",
            "head",
        }
        other = (await calm.ask(Role.OFFICER, "DLH", "?limit=200")).json()["notices"]
        assert case.complaint_id not in {each["complaint_id"] for each in other}
        assert (await calm.ask(Role.OFFICER, "DLH", "?opd=PUPR")).status_code == 403
        assert (await calm.ask(Role.OFFICER)).status_code == 403
        assert (await calm.ask(Role.LEADER, None, "?opd=NIHIL")).status_code == 422

    async def test_pages_follow_one_another_without_gap_or_repetition(self, calm: Post) -> None:
        for _ in range(5):
            await calm.assign()
        seen: list[str] = []
        cursor = ""
        while True:
            answer = await calm.ask(Role.SEKDA, None, f"?limit=2&opd=PUPR{cursor}")
            page = answer.json()
            seen += [each["id"] for each in page["notices"]]
            if page["next"] is None:
                break
            assert f"cursor={page['next']}" in answer.headers["Link"]
            cursor = f"&cursor={page['next']}"
        everything = (await calm.ask(Role.SEKDA, None, "?limit=200&opd=PUPR")).json()["notices"]
        assert seen == [each["id"] for each in everything]
        forged = await calm.ask(Role.SEKDA, None, "?cursor=WzEsMl0")
        assert forged.status_code == 422

    async def test_a_seen_notice_is_not_sent_and_not_listed_as_unseen(self, calm: Post) -> None:
        calm.system.clock.advance(timedelta(hours=13))
        case = await calm.assign()
        await calm.system.settle()
        [notice] = await calm.about(case, Role.OFFICER)
        assert notice["state"] == "waiting"
        first = await _see(calm, notice["id"], Role.OFFICER, "PUPR")
        assert first.status_code == 200
        again = await _see(calm, notice["id"], Role.OFFICER, "PUPR")
        assert again.json() == first.json()
        unseen = (await calm.ask(Role.OFFICER, "PUPR", "?unseen=true&limit=200")).json()
        assert notice["id"] not in {each["id"] for each in unseen["notices"]}
        calm.system.clock.advance(timedelta(hours=10))
        await calm.system.settle()
        [notice] = [n for n in await calm.about(case, Role.OFFICER) if n["kind"] == "assigned"]
        assert (notice["state"], notice["messages"]) == ("dropped", {})

    async def test_only_the_office_that_is_told_can_say_that_it_saw(self, calm: Post) -> None:
        case = await calm.assign()
        [notice] = [n for n in await calm.about(case) if n["kind"] == "assigned"]
        statuses = {
            (role, opd): (await _see(calm, notice["id"], role, opd)).status_code
            for role, opd in (
                (Role.OFFICER, "DLH"),
                (Role.OFFICER, None),
                (Role.HEAD, "PUPR"),
                (Role.LEADER, None),
                (Role.AUDITOR, None),
                (Role.OPERATOR, None),
            )
        }
        assert statuses == {
            (Role.OFFICER, "DLH"): 404,
            (Role.OFFICER, None): 404,
            (Role.HEAD, "PUPR"): 403,
            (Role.LEADER, None): 403,
            (Role.AUDITOR, None): 403,
            (Role.OPERATOR, None): 403,
        }
        assert (await _see(calm, new_id(), Role.OFFICER, "PUPR")).status_code == 404
        assert (await _see(calm, "x", Role.OFFICER, "PUPR")).status_code == 422
        assert (await calm.system.client.get("/sla/v1/notices")).status_code == 401


async def _see(post: Post, notice_id: str, role: Role, opd: str | None) -> Any:
    headers = post.system.staff(role, opd=opd)
    return await post.system.client.post(f"/sla/v1/notices/{notice_id}/seen", headers=headers)
