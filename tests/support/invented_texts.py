"""Complaints that nobody wrote: enough of them, and different enough, for a model to learn from."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

from services.routing.model_queries import Past

_MATTERS = {
    "DISHUB": [
        ("lampu jalan padam sejak {days} malam", "pju-padam"),
        ("mobil parkir sembarangan menutup jalan {days} hari ini", "parkir-liar"),
        ("rambu dilarang masuk hilang dicopot orang", "rambu-marka"),
    ],
    "PUPR": [
        ("aspal berlubang dalam sudah {days} minggu", "jalan-berlubang"),
        ("got mampet air meluap ke teras tiap hujan", "saluran-buntu"),
        ("trotoar ambrol ubinnya lepas {days} meter", "trotoar-rusak"),
    ],
    "PDAM": [
        ("kran mati air tidak mengalir {days} hari", "air-mati"),
        ("tagihan rekening air naik {days} kali lipat", "tagihan-air"),
    ],
    "DLH": [
        ("sampah belum diangkut truk sudah {days} hari", "angkut-sampah"),
        ("dahan pohon rimbun menyentuh atap tolong dipangkas", "pangkas-pohon"),
    ],
    "KEC-MEKARSARI": [
        ("pengurus rt minta iuran tanpa rapat {days} kali", "iuran-warga"),
        ("loket kelurahan tutup sebelum jam pulang", "pelayanan-kelurahan"),
    ],
}
_BEGINNINGS = ("mohon bantuannya", "pak tolong", "selamat pagi min", "sdh lapor blm ada tanggapan")
_PLACES = ("gang kenanga", "depan balai warga", "blok {days} c", "samping masjid", "dekat pasar")
_BEGIN = datetime(2026, 1, 5, tzinfo=UTC)


def invented_past(days: int = 4) -> list[Past]:
    """Return some hundred complaints of five OPDs over two months, in the order of their time."""
    past = [
        Past(text, opd, topic, _BEGIN + timedelta(hours=3 * number))
        for number, (text, opd, topic) in enumerate(_texts(days))
    ]
    return sorted(past, key=lambda each: each.submitted_at)


def _texts(days: int) -> Iterator[tuple[str, str, str]]:
    for number, beginning, place in product(range(2, 2 + days), _BEGINNINGS, _PLACES):
        for opd, matters in _MATTERS.items():
            matter, topic = matters[number % len(matters)]
            text = f"{beginning} {matter} di {place}".format(days=number)
            yield text, opd, topic
