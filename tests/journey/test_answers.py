"""A citizen leaves an address and gets letters, from the acknowledgement to the invitation."""

from pathlib import Path

from shared.auth import Role
from tests.support.platforms import running_mailbox, sending_settings
from tests.support.servers import Databases
from tests.support.system import running_system


async def test_a_citizen_is_told_by_e_mail_what_becomes_of_a_complaint(
    databases: Databases, tmp_path: Path
) -> None:
    async with (
        running_mailbox() as mailbox,
        running_system(databases, tmp_path, messaging=sending_settings(None, mailbox)) as system,
    ):
        answer = await system.client.post(
            "/intake/v1/complaints",
            json={
                "text": "Lampu jalan di depan SD Mekarsari padam sejak tiga malam.",
                "reporter": {"name": "Warga Contoh", "email": "warga@contoh.example"},
            },
        )
        lodged = answer.json()
        await system.settle()
        case = f"/routing/v1/cases/{lodged['complaint_id']}"
        officer = system.staff(Role.OFFICER, opd="DISHUB")
        for step, words in (
            ("respond", "Regu kami berangkat malam ini."),
            ("resolve", "Lampu sudah menyala."),
        ):
            done = await system.client.post(f"{case}/{step}", json={"text": words}, headers=officer)
            assert done.is_success, done.text
            await system.settle()
        said = [letter.get_content() for letter in mailbox.letters]
        assert [letter["To"] for letter in mailbox.letters] == ["warga@contoh.example"] * 4
        assert all(lodged["tracking_code"] in text for text in said)
        assert "diterima" in mailbox.letters[0]["Subject"]
        assert "Dinas Perhubungan" in said[1]
        assert "Regu kami berangkat malam ini." in said[2]
        assert "Balas 1 bila puas" in said[3]
        seen = (await system.client.get(lodged["links"]["self"])).json()
        assert [item["kind"] for item in seen["timeline"]] == [
            "received",
            "assigned",
            "answered",
            "resolved",
        ]
