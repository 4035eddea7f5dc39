"""Drives marketplace as the world does: traders with codes, curators with tokens, buyers."""

import json
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
from sqlalchemy import text

from services.marketplace.api.doors import Doors
from services.marketplace.context import MarketplaceContext
from services.marketplace.tokens import TraderTokens
from shared.auth import Role
from tests.support.files import photo
from tests.support.platforms import Platforms
from tests.support.system import System
from tests.support.waiting import until

BASE = "/marketplace/v1"
OPD = "DISKOPDAG"
_NUMBERS = count(1)

#: Invented; nobody has this business.
BUSINESS: dict[str, Any] = {
    "name": "Keripik Bu Contoh",
    "owner_name": "Ibu Contohwati",
    "village": "99.71.01.1001",
    "size": {"basis": "annual_sales", "rupiah": 90_000_000},
    "consent": {"version": "2026-01", "show_phone": True},
}
PRODUCT: dict[str, Any] = {
    "name": "Keripik singkong pedas 250 g",
    "description": "Singkong dari kebun sendiri, digoreng setiap pagi.",
    "price": 15_000,
    "unit": "bungkus",
    "category": "makanan",
}


@dataclass(frozen=True)
class KnownTrader:
    """A trader who registered, and what their device holds."""

    trader_id: str
    phone: str
    access_token: str
    refresh_token: str
    tokens: TraderTokens

    @property
    def headers(self) -> dict[str, str]:
        """The headers of their requests; other tests of a module move the clock."""
        return {"Authorization": f"Bearer {self.tokens.sign(self.trader_id)}"}


@dataclass
class Driver:
    """One marketplace, and the platforms that it sends codes by."""

    system: System
    platforms: Platforms

    @property
    def client(self) -> httpx.AsyncClient:
        """The HTTP client."""
        return self.system.client

    @property
    def doors(self) -> Doors:
        """What the service's doors are given."""
        doors: Doors = self.system.app.apps["marketplace"].state.doors
        return doors

    @property
    def context(self) -> MarketplaceContext:
        """What operations are given."""
        return self.doors.context

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """Ask the database."""
        return await self.system.rows("marketplace", sql, **values)

    async def execute(self, sql: str, **values: Any) -> None:
        """Change the database."""
        async with self.doors.units.database.transaction() as connection:
            await connection.execute(text(sql), values)

    # ------------------------------------------------------------- traders

    async def post(
        self, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send a form."""
        return await self.client.post(f"{BASE}{path}", json=body, headers=headers or {})

    async def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """Ask for something."""
        return await self.client.get(f"{BASE}{path}", headers=headers or {})

    async def code(self, phone: str) -> tuple[str, str]:
        """Ask for a code, and read it on the phone; returns its id and the digits."""
        before = len(self.platforms.accepted("sms"))
        answer = await self.post("/codes", {"phone": phone, "channel": "sms"})
        assert answer.status_code == 202, answer.text
        await until(lambda: len(self.platforms.accepted("sms")) > before)
        sent = json.loads(self.platforms.accepted("sms")[-1].body)
        digits = sent["text"].partition(": ")[2][:6]
        return answer.json()["code_id"], digits

    async def register(self, **business: Any) -> KnownTrader:
        """Register a business of somebody who does nothing else."""
        phone = new_phone()
        code_id, digits = await self.code(phone)
        form = {**BUSINESS, "code_id": code_id, "code": digits, **business}
        answer = await self.post("/traders", form)
        assert answer.status_code == 201, answer.text
        said = answer.json()
        return KnownTrader(
            said["trader_id"],
            phone,
            said["access_token"],
            said["refresh_token"],
            self.doors.tokens,
        )

    async def verified(self, **business: Any) -> KnownTrader:
        """Register a business and verify it."""
        trader = await self.register(**business)
        await self.decide(trader, "verify")
        return trader

    async def photo(self, trader: KnownTrader, data: bytes | None = None) -> str:
        """Upload a photo that is taken; returns its id."""
        answer = await self.upload(trader, photo() if data is None else data)
        assert answer.status_code == 201, answer.text
        photo_id: str = answer.json()["photo_id"]
        return photo_id

    async def upload(
        self, trader: KnownTrader, data: bytes, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Upload a file."""
        return await self.client.post(
            f"{BASE}/me/photos",
            files={"file": ("foto.jpg", data, "image/jpeg")},
            headers=trader.headers | (headers or {}),
        )

    async def offer(self, trader: KnownTrader, **product: Any) -> dict[str, Any]:
        """Offer a product that is taken."""
        form = {**PRODUCT, **product}
        form.setdefault("photo_ids", [await self.photo(trader)])
        answer = await self.post("/me/products", form, trader.headers)
        assert answer.status_code == 201, answer.text
        said: dict[str, Any] = answer.json()
        return said

    async def listed(self, trader: KnownTrader, **product: Any) -> dict[str, Any]:
        """Offer a product and approve it."""
        offered = await self.offer(trader, **product)
        answer = await self.approve(offered["product_id"])
        assert answer.status_code == 200, answer.text
        return offered

    # --------------------------------------------------------------- staff

    async def decide(
        self, trader: KnownTrader, action: str, *, subject: str = "curator-1", **body: Any
    ) -> dict[str, Any]:
        """Decide about a trader as a curator; it is taken."""
        path = f"/staff/traders/{trader.trader_id}/{action}"
        answer = await self.post(path, body, self.staff(subject=subject))
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    async def approve(
        self, product_id: str, revision: int = 1, *, subject: str = "curator-1"
    ) -> httpx.Response:
        """Approve a version of a product."""
        path = f"/staff/products/{product_id}/approve"
        return await self.post(path, {"revision": revision}, self.staff(subject=subject))

    async def shown(self, product_id: str) -> bool:
        """Tell whether the public is shown a product."""
        found = await self.rows("SELECT 1 FROM listing WHERE product_id = :id", id=product_id)
        return bool(found)

    def staff(self, *roles: Role, subject: str = "curator-1", opd: str = OPD) -> dict[str, str]:
        """Return the headers of a member of staff, a curator if nothing else is said."""
        return self.system.staff(*(roles or (Role.CURATOR,)), opd=opd, subject=subject)

    def advance(self, **by: float) -> None:
        """Move the clock."""
        self.system.clock.advance(timedelta(**by))


def new_phone() -> str:
    """Return a number that nobody else in this run has, and nobody at all."""
    return f"08120000{next(_NUMBERS):04}"
