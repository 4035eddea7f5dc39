"""A year in small: invented complaints, played as a real city's are by `tests.load.replay_year`."""

import csv
from datetime import timedelta
from pathlib import Path
from random import Random

from tests.load.replay_year import figures_of, read_rows, replay
from tests.service.sla.driver import Sla
from tests.support.system import START


def write_invented(path: Path, number: int) -> None:
    """Write complaints with waits from none to days; some never answered, some without an OPD."""
    dice = Random(6)  # noqa: S311 - not for secrets
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "opd", "submitted_at", "responded_at"])
        at = START.replace(tzinfo=None)
        for place in range(number):
            at += timedelta(minutes=dice.randrange(240), seconds=dice.randrange(60))
            waits = [timedelta(hours=2), timedelta(hours=2, seconds=1), timedelta(hours=-1)]
            waits.append(timedelta(seconds=dice.randrange(200_000)))
            wait = dice.choice([*waits, waits[-1], waits[-1], waits[-1] / 20])
            answered = "" if place % 17 == 0 else f"{at + wait:%Y-%m-%d %H:%M:%S}"
            opd = "" if place % 13 == 0 else dice.choice(["PUPR", "DLH"])
            rows.writerow(["rekaan", opd, f"{at:%Y-%m-%d %H:%M:%S}", answered])


async def test_what_the_clocks_say_is_what_the_file_says(sla: Sla, tmp_path: Path) -> None:
    write_invented(tmp_path / "tahun.csv", 90)
    rows = read_rows(tmp_path / "tahun.csv", "Asia/Jakarta")
    found = await replay(sla, sla.clock, rows, timedelta(days=3))
    assert found.from_clocks == found.from_file
    assert found.from_file.complaints == 90
    assert 0 < found.from_file.within_2_hours < found.from_file.within_24_hours < 1
    assert found.escalations == found.expected_escalations


def test_percentiles_are_by_nearest_rank() -> None:
    waited = [timedelta(hours=each) for each in (1, 2, 3, 4, 30)]
    found = figures_of(waited, 7, 3)
    assert (found.within_2_hours, found.within_24_hours) == (0.4, 0.8)
    assert (found.median_seconds, found.ninetieth_seconds) == (3 * 3600, 30 * 3600)
    assert figures_of([], 0, 0).median_seconds == 0
