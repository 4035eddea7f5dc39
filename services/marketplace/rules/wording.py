"""What buyers read: stock, months, and the message that a chat begins with."""

from collections.abc import Sequence
from typing import Final

from shared.indonesian import MONTHS

STOCK: Final = {
    "available": "Tersedia",
    "limited": "Terbatas",
    "preorder": "Pesan dahulu",
    "sold_out": "Habis",
}
HALAL: Final = {
    "self_declared": "Halal (pernyataan pelaku usaha)",
    "certified": "Bersertifikat halal",
}
SIZES: Final = {"mikro": "Usaha mikro", "kecil": "Usaha kecil", "menengah": "Usaha menengah"}


def months(numbers: Sequence[int]) -> str:
    """Write months as a sentence has them: Mei sampai Juli, November."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(_run(run) for run in runs)


def buyers_message(name: str, page: str) -> str:
    """Return what a buyer's chat begins with."""
    return f"Halo, saya tertarik dengan “{name}” di Lapak: {page}"


def _run(run: Sequence[int]) -> str:
    first, last = MONTHS[run[0] - 1], MONTHS[run[-1] - 1]
    return first if first == last else f"{first} sampai {last}"
