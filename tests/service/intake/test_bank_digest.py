"""The monthly digest: what it counts, who gets which, and a page that runs nothing."""

import pytest

from shared.auth import Role
from tests.service.intake.bank import put_in, read
from tests.service.intake.driver import Driver


def lines(count: int, text: str, month: str, **more: str) -> list[dict[str, str]]:
    """Return rows of a month, each other than the next."""
    return [
        {"text": f"{text} {number}", "submitted_at": f"{month}-{number + 1:02} 09:00", **more}
        for number in range(count)
    ]


async def filled(intake: Driver) -> None:
    """Put three months of two OPDs into the bank."""
    lamps = {"opd": "DISHUB", "topic": "pju-padam", "area": "99.71.01.1001"}
    for month, count in (("2025-12", 2), ("2026-01", 3), ("2026-02", 6)):
        await put_in(intake, *lines(count, f"Lampu {month}", month, **lamps))
    answered = {
        "responded_at": "2026-02-25 09:00",
        "opd": "DISHUB",
        "topic": "parkir",
        "lat": "-7.6287",
        "lon": "111.5306",
    }
    await put_in(intake, *lines(4, "Parkir", "2026-02", **answered))
    await put_in(intake, *lines(2, "<script>alert(1)</script> & 'rahasia'", "2026-02", opd="DISHUB",
                                secret="ya"))  # noqa: S106 - a flag  # fmt: skip
    await put_in(intake, *lines(9, "Sampah", "2026-02", opd="DLH"))


async def test_a_digest_counts_its_month_and_its_opd(alone: Driver) -> None:
    await filled(alone)
    said = (await read(alone, "digests/2026-02", opd="DISHUB")).json()
    assert (said["entries"], said["entries_before"]) == (12, 3)
    assert (said["answered"], said["unanswered"]) == (4, 8)
    assert said["name"] == "Dinas Perhubungan"
    assert said["median_hours"] > 24
    assert said["topics"][0]["topic"] == "pju-padam"
    assert (said["topics"][0]["entries"], said["topics"][0]["before"]) == (6, 3)
    assert {spot["entries"] for spot in said["hot_spots"]} == {6, 4}
    (repeat,) = said["repeat_places"]
    assert (repeat["area_name"], repeat["months"], repeat["entries"]) == ("Mekarwangi", 3, 11)
    assert len(said["weeks"]) == 26
    assert sum(week["entries"] for week in said["weeks"]) == 17
    texts = [each["text"] for each in said["oldest_unanswered"]]
    assert "(rahasia)" in texts
    assert not any("script" in text for text in texts)
    everything = (await read(alone, "digests/2026-02")).json()
    assert everything["entries"] == 21


async def test_the_page_runs_nothing_and_shows_what_people_wrote_as_text(alone: Driver) -> None:
    await put_in(
        alone,
        {"text": "<script>alert(1)</script><img src=x onerror=y>", "opd": "DLH",
         "topic": "<b>topik", "submitted_at": "2026-02-03"},
    )  # fmt: skip
    answer = await read(alone, "digests/2026-02/page", Role.HEAD, "DLH")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = answer.text
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>topik" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<svg") == 2
    assert "http" not in page


async def test_an_empty_month_has_a_page_too(alone: Driver) -> None:
    answer = await read(alone, "digests/2025-01/page")
    assert answer.status_code == 200
    assert "Tidak ada laporan pada bulan ini." in answer.text


@pytest.mark.parametrize("door", ["digests/2026-02", "digests/2026-02/page"])
async def test_officers_get_the_digest_of_their_own_opd(alone: Driver, door: str) -> None:
    for role in (Role.OFFICER, Role.HEAD):
        own = await read(alone, door, role, "DISHUB")
        assert own.status_code == 200
        assert "Dinas Perhubungan" in own.text
        assert (await read(alone, door, role, "DISHUB", opd="DISHUB")).status_code == 200
        foreign = await read(alone, door, role, "DISHUB", opd="DLH")
        assert foreign.status_code == 403
        assert (await read(alone, door, role)).status_code == 403
    for role in (Role.OPERATOR, Role.TRADER):
        assert (await read(alone, door, role, "DISHUB")).status_code == 403
    for role in (Role.LEADER, Role.SEKDA, Role.AUDITOR, Role.TRIAGE, Role.ADMIN):
        assert (await read(alone, door, role, opd="DLH")).status_code == 200


@pytest.mark.parametrize(
    ("month", "status"), [("2026-03", 200), ("2026-04", 404), ("2026-00", 422), ("x", 422)]
)
async def test_a_digest_is_of_a_month_that_has_begun(
    intake: Driver, month: str, status: int
) -> None:
    assert (await read(intake, f"digests/{month}")).status_code == status
