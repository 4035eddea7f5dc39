"""Plays invented traders: they register, are verified, and offer goods whose photos are drawn."""

import random
from io import BytesIO
from pathlib import Path
from typing import Final

import yaml
from PIL import Image, ImageColor, ImageDraw, ImageFilter
from pydantic import BaseModel, ConfigDict

from services.marketplace import trader_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.operations.curating import Deciding, decide
from services.marketplace.operations.moderating import approve_product
from services.marketplace.operations.offering import offer_product
from services.marketplace.operations.proving import hand_code
from services.marketplace.operations.registering import register_trader
from services.marketplace.photos import keep_photo
from services.marketplace.product_schemas import ProductForm
from services.marketplace.rules.phones import normalise_mobile
from services.marketplace.rules.states import TraderAction
from services.marketplace.trader_schemas import RegistrationForm
from shared.unit_of_work import UnitsOfWork

_BY: Final = "demo"
_SIZE: Final = (1200, 900)


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Goods(_Read):
    """A product of the demonstration; its photo is drawn in a colour."""

    name: str
    price: int
    unit: str
    category: str
    colour: str
    description: str = ""
    halal: str = "none"
    pirt: str | None = None
    quantity: int | None = None
    season_months: tuple[int, ...] = ()


class Stall(_Read):
    """A trader of the demonstration."""

    phone: str
    name: str
    owner_name: str
    description: str
    village: str
    annual_sales: int
    location: dict[str, float]
    nib: str | None = None
    products: tuple[Goods, ...]


class _Stalls(_Read):
    traders: tuple[Stall, ...]


def read_stalls(path: Path) -> tuple[Stall, ...]:
    """Read the traders of a demonstration."""
    return _Stalls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).traders


async def fill_catalogue(
    units: UnitsOfWork, context: MarketplaceContext, stalls: tuple[Stall, ...]
) -> list[tuple[Stall, str]]:
    """Let each trader come, unless they are there; returns all of them with their ids."""
    made = []
    for stall in stalls:
        trader_id = await _find(units, context, stall)
        if trader_id is None:
            trader_id = await _register(units, context, stall)
            for goods in stall.products:
                await _offer(units, context, trader_id, goods)
        made.append((stall, trader_id))
    return made


def draw_goods(goods: Goods) -> bytes:
    """Draw something in the product's colour, the same each time; no photo is shipped."""
    chance = random.Random(goods.name)  # noqa: S311 - the same each time
    red, green, blue = ImageColor.getrgb(goods.colour)[:3]
    picture = Image.new("RGB", _SIZE, (241, 233, 220))
    pen = ImageDraw.Draw(picture)
    for _ in range(140):
        x, y, size = chance.randint(120, 1080), chance.randint(150, 800), chance.randint(40, 110)
        light = chance.uniform(0.75, 1.25)
        fill = tuple(min(255, int(each * light)) for each in (red, green, blue))
        pen.ellipse((x - size, y - size * 0.6, x + size, y + size * 0.6), fill, "#6b5b4a")
    written = BytesIO()
    picture.filter(ImageFilter.GaussianBlur(1)).save(written, "JPEG", quality=85)
    return written.getvalue()


async def _find(units: UnitsOfWork, context: MarketplaceContext, stall: Stall) -> str | None:
    hashes = context.vault.blind_indexes("trader-phone", normalise_mobile(stall.phone) or "")
    async with units.begin() as unit:
        trader = await trader_queries.find_by_phone(unit.connection, hashes)
    return None if trader is None else trader.trader_id


async def _register(units: UnitsOfWork, context: MarketplaceContext, stall: Stall) -> str:
    async with units.begin() as unit:
        row, code = await hand_code(unit, context, stall.phone)
        form = RegistrationForm.model_validate(
            {
                "code_id": row.code_id,
                "code": code,
                "name": stall.name,
                "owner_name": stall.owner_name,
                "description": stall.description,
                "village": stall.village,
                "size": {"basis": "annual_sales", "rupiah": stall.annual_sales},
                "nib": stall.nib,
                "location": stall.location,
                "consent": {"version": context.profile.trade.consent.version, "show_phone": True},
            }
        )
        session = await register_trader(unit, context, form)
        deciding = Deciding(_BY, session.trader_id)
        await decide(unit, context, deciding, TraderAction.VERIFY)
    return session.trader_id


async def _offer(
    units: UnitsOfWork, context: MarketplaceContext, trader_id: str, goods: Goods
) -> None:
    photo = await keep_photo(units, context, trader_id, draw_goods(goods))
    produce = {"quantity": goods.quantity, "season_months": list(goods.season_months)}
    form = ProductForm.model_validate(
        {
            **goods.model_dump(exclude={"colour", "quantity", "season_months"}),
            "photo_ids": [photo.photo_id],
            "produce": produce if goods.quantity is not None else None,
        }
    )
    async with units.begin() as unit:
        product = await offer_product(unit, context, trader_id, form)
        await approve_product(unit, context, _BY, product.product_id, 1, None)
