"""QR sheets: one to print for each place, and how many complaints came by it."""

from datetime import timedelta
from html import escape
from typing import Final
from urllib.parse import urlencode

from services.intake import poster_queries
from services.intake.context import IntakeContext
from services.intake.errors import PosterUnknown
from services.intake.partner_profile import Poster
from services.intake.poster_queries import Arrivals
from services.intake.poster_schemas import PosterCount, PosterCounts
from shared.unit_of_work import UnitOfWork

_RECENT: Final = timedelta(days=30)
_SHEET: Final = """\
<!doctype html>
<html lang="id">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
@page {{ size: A4; margin: 15mm }}
body {{ font-family: system-ui, "Segoe UI", Roboto, Arial, sans-serif; color: #111;
        margin: 0 auto; max-width: 180mm; text-align: center }}
h1 {{ font-size: 44pt; line-height: 1.1; margin: 12mm 0 4mm }}
p {{ font-size: 18pt; margin: 4mm 0 }}
svg {{ width: 110mm; height: 110mm; margin: 4mm auto; display: block }}
.address {{ font-size: 15pt; font-weight: 600; overflow-wrap: anywhere }}
footer {{ font-size: 11pt; color: #444; border-top: 1px solid #999; margin-top: 10mm;
          padding-top: 4mm }}
</style>
</head>
<body>
<h1>Ada masalah di sini?<br>Laporkan.</h1>
<p>Pindai kode ini dengan kamera telepon Anda.</p>
{qr}
<p class="address">{address}</p>
<p>Keadaan darurat: hubungi <strong>{emergency}</strong></p>
<footer>{pemda}<br>{medium} · {place} · {code}</footer>
</body>
</html>
"""


def draw_sheet(context: IntakeContext, code: str) -> str:
    """Return the printable page of a sheet; raises PosterUnknown."""
    import segno  # noqa: PLC0415 - loaded where used

    file = context.profile.outside.posters
    poster = next((each for each in file.posters if each.code == code), None) if file else None
    if file is None or poster is None:
        raise PosterUnknown
    address = f"{file.form_url}?{urlencode({'via': poster.code})}"
    # A quarter of it may be torn, dirty or painted over.
    qr = segno.make(address, error="q", micro=False)
    pemda = context.profile.pemda
    words = {
        "title": f"{poster.medium}, {poster.place}",
        "address": file.form_url.removeprefix("https://"),
        "emergency": pemda.contact.emergency,
        "pemda": pemda.name,
        "medium": poster.medium,
        "place": poster.place,
        "code": poster.code,
    }
    drawn = qr.svg_inline(border=4, omitsize=True, title=address)
    return _SHEET.format(qr=drawn, **{name: escape(word) for name, word in words.items()})


async def count_posters(unit: UnitOfWork, context: IntakeContext) -> PosterCounts:
    """Return every sheet with what came by it, the most fruitful first."""
    arrivals = await poster_queries.count_arrivals(unit.connection, unit.now - _RECENT)
    file = context.profile.outside.posters
    known = {poster.code: poster for poster in file.posters} if file else {}
    # Those without a complaint come last, in the profile's order.
    codes = [*arrivals, *(code for code in known if code not in arrivals)]
    return PosterCounts(
        posters=[_counted(code, known.get(code), arrivals.get(code)) for code in codes]
    )


def _counted(code: str, poster: Poster | None, arrivals: Arrivals | None) -> PosterCount:
    return PosterCount(
        code=code,
        medium=poster.medium if poster else None,
        place=poster.place if poster else None,
        sheet=f"/intake/v1/posters/{code}.html" if poster else None,
        complaints=arrivals.complaints if arrivals else 0,
        last_30_days=arrivals.lately if arrivals else 0,
        last_at=arrivals.last_at if arrivals else None,
    )
