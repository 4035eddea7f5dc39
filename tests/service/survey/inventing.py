"""Drives innovations through the API: proposes, completes stages, scores."""

from typing import Any

import httpx

from shared.auth import Role
from tests.support.system import System

COORDINATOR_OPD = "BAPPERIDA"
NOTE = {"note": "Sudah diperiksa bersama OPD."}
EVIDENCE = [
    {"kind": "element", "code": "U3", "period": "2026-02", "figure": 58.3, "url": None},
]
ARGUMENT = "Belum ada layanan seperti ini di kota mana pun di sekitar sini."
CRITERIA = (
    "pembaharuan", "manfaat", "tidak-membebani", "kewenangan", "dapat-direplikasi",
)  # fmt: skip
#: What each stage of the shipped profile asks for, as entries.
ENTRIES: dict[str, dict[str, Any]] = {
    "diagnose": {
        "akar-masalah": "Satu loket melayani semua keperluan tanpa nomor antrean.",
        "penerima-manfaat": "Semua warga yang mengurus surat.",
    },
    "design": {
        "rancangan": "Nomor antrean diambil dari rumah lewat pesan singkat.",
        "ukuran-keberhasilan": "Waktu tunggu di bawah lima belas menit.",
        "biaya": 15_000_000,
        "hasil-uji-coba": "Dua minggu di satu loket: waktu tunggu turun separuh.",
    },
    "delivery": {
        "tanggal-peluncuran": "2026-02-02",
        "dasar-hukum": "Keputusan Kepala Dinas 1/2026",
        "petunjuk-teknis": "https://contoh.example/juknis",
        "hasil": "Sejak diluncurkan waktu tunggu turun menjadi dua belas menit.",
    },
}
MARKS = ("kebaruan", "manfaat", "keberlanjutan", "replikasi")


class Inventing:
    """People who deal with innovations."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.client = system.client
        self._counter = 0

    @property
    def coordinator(self) -> dict[str, str]:
        """Return the headers of an officer of the OPD that coordinates."""
        return self.officer(COORDINATOR_OPD)

    def officer(self, opd: str | None) -> dict[str, str]:
        """Return the headers of an OPD's officer."""
        return self.system.staff(Role.OFFICER, opd=opd, subject=f"officer-{opd}")

    def panelist(self, name: str, opd: str | None = None) -> dict[str, str]:
        """Return the headers of a member of the panel."""
        return self.system.staff(Role.PANEL, opd=opd, subject=f"panel-{name}")

    def idea(self, **changes: Any) -> dict[str, Any]:
        """Return a proposal that nobody made before."""
        self._counter += 1
        return {
            "title": f"Antrean Cerah nomor {self._counter}",
            "problem": f"Warga menunggu di loket {self._counter} sejak subuh setiap hari.",
            "idea": "Nomor antrean diambil dari rumah dan tiba tepat sebelum dipanggil.",
            "digital": True,
            "evidence": EVIDENCE,
            **changes,
        }

    async def propose(self, opd: str = "DUKCAPIL", **changes: Any) -> dict[str, Any]:
        """Propose as an officer of an OPD."""
        answer = await self.client.post(
            "/survey/v1/innovations", json=self.idea(**changes), headers=self.officer(opd)
        )
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def act(
        self, innovation: dict[str, Any], action: str, body: object, headers: dict[str, str]
    ) -> httpx.Response:
        """Do something with an innovation."""
        path = f"/survey/v1/innovations/{innovation['innovation_id']}/{action}"
        return await self.client.post(path, json=body, headers=headers)

    async def amend(
        self, innovation: dict[str, Any], body: object, headers: dict[str, str]
    ) -> httpx.Response:
        """Change what an innovation holds."""
        path = f"/survey/v1/innovations/{innovation['innovation_id']}"
        return await self.client.patch(path, json=body, headers=headers)

    async def get(self, innovation: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
        """Show an innovation."""
        path = f"/survey/v1/innovations/{innovation['innovation_id']}"
        return await self.client.get(path, headers=headers)

    async def advance(self, innovation: dict[str, Any]) -> dict[str, Any]:
        """Complete the present stage, and move on."""
        stage = innovation["stage"]
        arguments = dict.fromkeys(CRITERIA, ARGUMENT) if stage == "diagnose" else {}
        body = {"entries": ENTRIES.get(stage, {}), "arguments": arguments}
        amended = await self.amend(innovation, body, self.coordinator)
        assert amended.status_code == 200, amended.text
        if stage == "design":
            verdict = {"met": dict.fromkeys(CRITERIA, True), **NOTE}
            await self.act(innovation, "judge", verdict, self.coordinator)
        moved = await self.act(innovation, "advance", NOTE, self.coordinator)
        assert moved.status_code == 200, moved.text
        found: dict[str, Any] = moved.json()
        return found

    async def delivered(self, opd: str = "DUKCAPIL") -> dict[str, Any]:
        """Return an innovation that the panel may score."""
        innovation = await self.propose(opd)
        while innovation["stage"] != "delivery":
            innovation = await self.advance(innovation)
        return innovation

    async def score(
        self, innovation: dict[str, Any], headers: dict[str, str], mark: int, comment: str = ""
    ) -> httpx.Response:
        """Score with the same mark for every aspect."""
        body = {
            "marks": dict.fromkeys(MARKS, mark),
            "comment": comment or "Manfaatnya terukur dengan baik.",
        }
        return await self.act(innovation, "scores", body, headers)

    async def displayed(self, opd: str = "DUKCAPIL", mark: int = 80) -> dict[str, Any]:
        """Return an innovation that the gallery shows."""
        innovation = await self.delivered(opd)
        for name in ("satu", "dua"):
            answer = await self.score(innovation, self.panelist(name), mark)
            assert answer.status_code == 200, answer.text
        return await self.advance(innovation)
