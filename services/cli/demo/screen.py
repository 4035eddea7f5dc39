"""The live table of a simulated day."""

from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from services.cli.demo.player import Player
from services.cli.demo.script import DemoDay
from shared.clock import Clock

_ORDER = (
    "masuk",
    "ditempatkan aturan",
    "ke meja triase",
    "ditempatkan meja",
    "dijawab",
    "ditanya balik",
    "pesan warga",
    "kemajuan",
    "dikembalikan",
    "ditolak",
    "dicabut",
    "selesai",
    "penilaian",
    "permohonan",
    "diputuskan",
    "diperbaiki pemohon",
)


class Screen:
    """Shows clock, counts and the latest happenings while the day is played."""

    def __init__(self, console: Console, day: DemoDay, player: Player, clock: Clock) -> None:
        """Draw on `console`; where that is no terminal, only the last picture is printed."""
        self._day = day
        self._player = player
        self._clock = clock
        self._zone = ZoneInfo(day.zone)
        self._live = Live(
            console=console, refresh_per_second=4, get_renderable=self._picture, transient=False
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def _picture(self) -> Group:
        player = self._player
        now = self._clock.now().astimezone(self._zone)
        total = len(self._day.complaints)
        counts = Table(box=None, padding=(0, 2), show_header=False)
        for name in _ORDER:
            counts.add_row(name, Text(str(player.counts[name]), justify="right"))
        story = Table(box=None, padding=(0, 1), show_header=False)
        for instant, text in list(player.happenings):
            story.add_row(Text(f"{instant.astimezone(self._zone):%H:%M}", "dim"), text)
        side_by_side = Table.grid(padding=(0, 4))
        side_by_side.add_row(counts, story)
        return Group(
            Text(f"Kota Contoh Raya, {now:%d-%m %H:%M}", "bold"),
            ProgressBar(total=total, completed=player.counts["masuk"], width=60),
            side_by_side,
        )
