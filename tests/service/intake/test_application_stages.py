"""An application follows its case: stages by their titles, what the file tells, clocks."""

import json
from typing import Any

from tests.service.intake.applying import Casework, apply
from tests.service.intake.driver import Driver


async def _row(intake: Driver, complaint_id: str) -> dict[str, Any]:
    (row,) = await intake.rows(
        "SELECT * FROM application WHERE complaint_id = CAST(:id AS uuid)", id=complaint_id
    )
    return row


async def test_stages_are_followed_with_what_staff_filled_in(intake: Driver) -> None:
    lodged = await apply(intake)
    case = Casework(intake, lodged)
    await case.assign()
    await case.enter("administrasi", stage_title="Pemeriksaan administrasi", opd_name="Disperkim")
    await case.enter(
        "survei", stage_title="Survei lapangan", answers={"x": 1}, text="Berkas lengkap."
    )
    await case.enter("penetapan", answers={"atap": "berat", "foto_0": ("a" * 36, "b" * 36)})
    row = await _row(intake, lodged.complaint_id)
    assert (row["stage"], row["stage_title"]) == ("rtlh.penetapan", "Penetapan penerima")
    assert row["stage_answers"] == {"x": 1, "atap": "berat", "foto_0": ["a" * 36, "b" * 36]}

    seen = await intake.track(lodged, known=True)
    stages = [each for each in seen["timeline"] if each["kind"] == "stage_entered"]
    assert stages[0]["sentence"] == "Penanganan memasuki tahap Pemeriksaan administrasi."
    assert stages[0]["text"] == "Berkas usulan sedang diperiksa Disperkim."
    assert [each["detail"] for each in await _entries(intake, lodged.complaint_id)] == [
        "Pemeriksaan administrasi",
        "Survei lapangan",
        "Penetapan penerima",
    ]


async def _entries(intake: Driver, complaint_id: str) -> list[dict[str, Any]]:
    return await intake.rows(
        """SELECT * FROM timeline_entry WHERE complaint_id = CAST(:id AS uuid)
        AND kind = 'stage_entered' ORDER BY seq""",
        id=complaint_id,
    )


async def test_the_same_stage_told_twice_counts_once_and_inner_matters_are_not_told(
    intake: Driver,
) -> None:
    lodged = await apply(intake)
    case = Casework(intake, lodged)
    await case.assign()
    event = await case.enter("survei")
    again = intake.envelope(event)
    await intake.deliver([again, again])
    await case.enter("survei", part=3, outcome="done")
    await case.enter("survei", outcome="refused")
    assert len(await _entries(intake, lodged.complaint_id)) == 2
    row = await _row(intake, lodged.complaint_id)
    assert (row["stage"], row["outcome"]) == ("rtlh.survei", "refused")
    # Reopened, it is in its last stage again.
    await case.enter("survei")
    assert (await _row(intake, lodged.complaint_id))["outcome"] is None


async def test_each_question_is_a_round(intake: Driver) -> None:
    lodged = await apply(intake)
    case = Casework(intake, lodged)
    await case.assign()
    await case.ask("q-1")
    await case.tell(case.telling.told("q-1"))
    await case.ask("q-2")
    assert (await _row(intake, lodged.complaint_id))["rounds"] == 2


async def test_a_stages_clock_is_expected_by_its_title(intake: Driver) -> None:
    lodged = await apply(intake)
    case = Casework(intake, lodged)
    await case.assign()
    await case.enter("survei")
    clock = case.telling.clock("rtlh.survei", hours=24)
    inner = clock.model_copy(update={"part": 2, "clock_id": f"{clock.clock_id}:2"})
    await case.tell(clock, inner, case.telling.missed("rtlh.survei"))
    seen = await intake.track(lodged, known=True)
    assert [(each["stage"], each["title"], each["state"]) for each in seen["expected"]] == [
        ("rtlh.survei", "Survei lapangan", "missed")
    ]
    missed = [each for each in seen["timeline"] if each["kind"] == "deadline_missed"]
    assert missed[0]["sentence"] == "Batas waktu tahap Survei lapangan terlewati."


async def test_what_is_no_application_may_be_in_a_stage(intake: Driver) -> None:
    lodged = await intake.lodge()
    case = Casework(intake, lodged)
    await case.assign()
    await case.enter("survei", service_code="lain")
    seen = await intake.track(lodged)
    assert seen["timeline"][-1]["sentence"] == "Penanganan memasuki tahap Survei lapangan."
    assert json.dumps(seen)
