"""What a product may say: checked against the profile and the rules before it is stored."""

from collections.abc import Callable
from typing import Any, Final

from services.marketplace import photo_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.errors import FormIncorrect
from services.marketplace.product_schemas import ProductForm
from services.marketplace.rules.elsewhere import leads_elsewhere
from services.marketplace.rules.numbers import tidy_number
from shared.unit_of_work import UnitOfWork

Wrong = list[tuple[str, str]]

_ELSEWHERE: Final = {
    "link": "Hapus tautan; pembeli menghubungi Anda lewat tombol WhatsApp di Lapak.",
    "email": "Hapus alamat e-mail; pembeli menghubungi Anda lewat tombol WhatsApp di Lapak.",
    "phone": "Hapus nomor telepon; pembeli menghubungi Anda lewat tombol WhatsApp di Lapak.",
    "handle": "Hapus nama akun; pembeli menghubungi Anda lewat tombol WhatsApp di Lapak.",
}


async def check_product(
    unit: UnitOfWork, context: MarketplaceContext, trader_id: str, form: ProductForm
) -> dict[str, Any]:
    """Return the columns of a version; raises FormIncorrect with all that is wrong."""
    wrong: Wrong = []
    for check in _CHECKS:
        check(context, form, wrong)
    await _check_photos(unit, context, trader_id, form, wrong)
    findings = context.prohibited.find(form.name, form.description)
    for finding in findings:
        if finding.refuse:
            where = "/name" if context.prohibited.find(form.name) else "/description"
            said = f"“{finding.word}” ({finding.name}) tidak boleh ditawarkan di Lapak."
            wrong.append((where, said))
    if wrong:
        raise FormIncorrect(wrong)
    produce = form.produce
    formats = context.profile.trade.numbers
    return {
        "name": form.name,
        "description": form.description,
        "price": form.price,
        "unit": form.unit,
        "category": form.category,
        "photo_ids": form.photo_ids,
        "halal": form.halal,
        "halal_number": form.halal_number and tidy_number(form.halal_number, formats.halal),
        "pirt": form.pirt and tidy_number(form.pirt, formats.pirt),
        "season_months": sorted(set(produce.season_months)) if produce else [],
        "available_from": produce.available_from if produce else None,
        "available_until": produce.available_until if produce else None,
        "quantity": produce.quantity if produce else None,
        "flags": [{"code": each.code, "name": each.name, "word": each.word} for each in findings],
    }


def _check_words(_context: MarketplaceContext, form: ProductForm, wrong: Wrong) -> None:
    for field in ("name", "description", "unit"):
        found = leads_elsewhere(getattr(form, field))
        if found is not None:
            wrong.append((f"/{field}", _ELSEWHERE[found]))


def _check_price(context: MarketplaceContext, form: ProductForm, wrong: Wrong) -> None:
    highest = context.profile.trade.highest_price
    if form.price > highest:
        wrong.append(("/price", f"Harga paling tinggi {highest} rupiah."))


def _check_kind(context: MarketplaceContext, form: ProductForm, wrong: Wrong) -> None:
    category = context.categories.get(form.category)
    if category is None:
        wrong.append(("/category", f"Pilih salah satu: {', '.join(context.categories)}."))
        return
    produce = form.produce
    if produce is None:
        return
    if not category.produce:
        wrong.append(("/produce", "Musim dan jumlah hanya untuk hasil pertanian dan perikanan."))
    begin, end = produce.available_from, produce.available_until
    if begin is not None and end is not None and end < begin:
        wrong.append(("/produce/available_until", "Tanggal akhir mendahului tanggal awal."))


def _check_permits(context: MarketplaceContext, form: ProductForm, wrong: Wrong) -> None:
    formats = context.profile.trade.numbers
    if form.halal == "certified" and form.halal_number is None:
        wrong.append(
            ("/halal_number", "Tulis nomor sertifikat halal, misalnya ID00000000000000000.")
        )
    if form.halal == "none" and form.halal_number is not None:
        wrong.append(("/halal", "Pilih self_declared atau certified bila ada nomornya."))
    if form.halal_number is not None and tidy_number(form.halal_number, formats.halal) is None:
        wrong.append(("/halal_number", "Nomor sertifikat halal berbentuk ID dan 17 angka."))
    if form.pirt is not None and tidy_number(form.pirt, formats.pirt) is None:
        wrong.append(("/pirt", "Nomor P-IRT terdiri dari 15 angka, misalnya 2060000000000-00."))


async def _check_photos(
    unit: UnitOfWork, context: MarketplaceContext, trader_id: str, form: ProductForm, wrong: Wrong
) -> None:
    most = context.photos.most_per_product
    if len(form.photo_ids) > most:
        wrong.append(("/photo_ids", f"Paling banyak {most} foto."))
    if len(set(form.photo_ids)) < len(form.photo_ids):
        wrong.append(("/photo_ids", "Setiap foto cukup satu kali."))
    if form.submit and not form.photo_ids:
        wrong.append(("/photo_ids", "Unggah paling sedikit satu foto."))
    own = await photo_queries.list_photos(unit.connection, trader_id, form.photo_ids)
    if set(form.photo_ids) - own:
        wrong.append(("/photo_ids", "Foto tidak ditemukan. Unggah lagi, lalu kirim."))


_CHECKS: Final[tuple[Callable[[MarketplaceContext, ProductForm, Wrong], None], ...]] = (
    _check_words,
    _check_price,
    _check_kind,
    _check_permits,
)
