"""Makes the report of a month of promotion."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.marketplace.context import MarketplaceContext
from services.marketplace.report_queries import PromotionRow, count_turns, list_promotions
from services.marketplace.report_schemas import (
    Brought,
    GroupShown,
    PromotionReport,
    PromotionShown,
    Spread,
)
from services.marketplace.rules.shares import gini, quantile

_COLUMNS: Final = tuple(PromotionShown.model_fields)
#: What a spreadsheet would take for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


async def make_report(
    connection: AsyncConnection, context: MarketplaceContext, month: str, now: datetime
) -> PromotionReport:
    """Return what a month brought; `month` is `YYYY-MM` in the Pemda's zone."""
    year, number = int(month[:4]), int(month[5:])
    since = datetime(year, number, 1, tzinfo=context.zone).astimezone(UTC)
    following = (year, number + 1) if number < 12 else (year + 1, 1)
    until = datetime(*following, 1, tzinfo=context.zone).astimezone(UTC)
    rows = await list_promotions(connection, since, until)
    turns = await count_turns(connection, since, until)
    accounts = {each.id: f"{each.owner} · {each.platform}" for each in context.profile.accounts}
    traders = {row.trader_id: row.trader_name for row in rows}
    categories = {code: each.name for code, each in context.categories.items()}
    villages = {code: each.name for code, each in context.villages.items()}
    return PromotionReport(
        month=month,
        publisher=context.profile.place.short_name,
        made_at=now,
        total=_sum(rows),
        promotions=[_show(row) for row in rows],
        by_trader=_groups(rows, lambda row: row.trader_id, traders),
        by_category=_groups(rows, lambda row: row.category, categories),
        by_village=_groups(rows, lambda row: row.village, villages),
        by_account=_groups(rows, lambda row: row.account_id, accounts),
        spread=_spread(rows, turns),
    )


def write_csv(report: PromotionReport) -> str:
    """Write the promotions of a report as CSV (RFC 4180), a row each."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(_COLUMNS)
    for each in report.promotions:
        values = each.model_dump(mode="json")
        writer.writerow([_harmless(values[name]) for name in _COLUMNS])
    return target.getvalue()


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _show(row: PromotionRow) -> PromotionShown:
    return PromotionShown(
        slot_id=row.slot_id,
        account_id=row.account_id,
        slot_at=row.slot_at,
        trader_id=row.trader_id,
        trader=row.trader_name,
        product_id=row.product_id,
        product=row.product_name,
        village=row.village,
        category=row.category,
        size=row.size,
        waited_hours=round(_waited(row), 1),
        views=row.views,
        clicks=row.clicks,
        robots=row.robots,
        chats=row.chats,
        orders=row.orders,
        quantity=row.quantity,
        amount=row.amount,
    )


def _sum(rows: Iterable[PromotionRow]) -> Brought:
    found = list(rows)
    return Brought(
        promotions=len(found),
        views=sum(row.views or 0 for row in found),
        clicks=sum(row.clicks for row in found),
        chats=sum(row.chats for row in found),
        orders=sum(row.orders for row in found),
        quantity=sum(row.quantity for row in found),
        amount=sum(row.amount for row in found),
    )


def _groups(
    rows: Iterable[PromotionRow], key: Callable[[PromotionRow], str], names: dict[str, str]
) -> list[GroupShown]:
    grouped: dict[str, list[PromotionRow]] = defaultdict(list)
    for row in rows:
        grouped[key(row)].append(row)
    made = [
        GroupShown(code=code, name=names.get(code, code), **_sum(each).model_dump())
        for code, each in grouped.items()
    ]
    return sorted(made, key=lambda each: (-each.promotions, -each.clicks, each.name))


def _spread(rows: Sequence[PromotionRow], turns: Sequence[int]) -> Spread:
    waits = [_waited(row) for row in rows]
    found = gini(turns)
    least = gini(_as_even_as_can_be(sum(turns), len(turns))) if turns else None
    promoted = sum(1 for each in turns if each)
    longest = max(waits, default=None)
    return Spread(
        traders=len(turns),
        promoted=promoted,
        gini=None if found is None else round(found, 4),
        gini_least=None if least is None else round(least, 4),
        median_wait_hours=_rounded(quantile(waits, 0.5)),
        p90_wait_hours=_rounded(quantile(waits, 0.9)),
        longest_wait_hours=_rounded(longest),
        sentence=_sentence(len(turns), promoted, found, least),
    )


def _as_even_as_can_be(slots: int, traders: int) -> list[int]:
    each, more = divmod(slots, traders)
    return [each + 1] * more + [each] * (traders - more)


def _sentence(traders: int, promoted: int, found: float | None, least: float | None) -> str:
    if found is None or least is None:
        return "Belum ada promosi dalam bulan ini."
    even = "semerata mungkin" if found - least < 0.005 else "belum semerata mungkin"
    return (
        f"{promoted} dari {traders} usaha mendapat giliran; pembagiannya {even} "
        f"(Gini {found:.2f}, paling rendah {least:.2f})."
    )


def _waited(row: PromotionRow) -> float:
    return max((row.slot_at - row.waiting_since).total_seconds() / 3600, 0.0)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
