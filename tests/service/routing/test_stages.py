"""Applications go through the stages of their service, by what its staff decide."""

import asyncio
from typing import Any

import pytest

from services.routing import model_queries, stage_queries
from shared.auth import Role
from shared.contracts.event import Event
from shared.contracts.routing import (
    CaseAssigned,
    CaseRejected,
    CaseResolved,
    InformationReceived,
    InformationRequested,
    ResponseGiven,
    StageEntered,
)
from shared.ids import new_id
from tests.service.routing.applications import (
    ROOF_BAD,
    ROOF_GOOD,
    apply,
    at_survey,
    decide,
    head,
    officer,
    survey,
)
from tests.service.routing.driver import Driver


def kinds(events: list[Event]) -> list[str]:
    return [type(each).__name__ for each in events]


async def view(routing: Driver, case: str, headers: dict[str, str]) -> dict[str, Any]:
    answer = await routing.get(f"cases/{case}/stage", headers)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_application_begins_in_the_first_stage_with_its_opd(routing: Driver) -> None:
    case = await apply(routing)
    row = await routing.case(case)
    assert (row["opd"], row["topic"], row["stage"]) == ("DISPERKIM", "rtlh", "administrasi")
    assert (row["service"], row["service_version"], row["state"]) == ("rtlh", 1, "assigned")
    assigned, entered = await routing.published(case)
    assert isinstance(assigned, CaseAssigned)
    assert isinstance(entered, StageEntered)
    assert (assigned.by, assigned.topic) == ("rule", "rtlh")
    assert "“layanan”" in assigned.reason
    assert (entered.part, entered.stage, entered.left) == (0, "rtlh.administrasi", None)
    assert (entered.service_code, entered.service_version) == ("rtlh", "1")
    assert entered.terms is not None
    assert (entered.terms.counts, entered.terms.days) == ("working_days", 3)


async def test_same_submission_twice_enters_once(routing: Driver) -> None:
    case = await apply(routing)
    again = routing.submitted(
        complaint_id=case, service_code="rtlh", service_version="1", answers={}
    )
    await routing.tell(again)
    assert len(await routing.published(case)) == 2
    assert len((await view(routing, case, officer(routing)))["visits"]) == 1


async def test_unknown_service_is_a_complaint_of_the_desk(routing: Driver) -> None:
    for code, version in (("rtlh", "77"), ("tidak-ada", "1"), ("rtlh", "satu"), ("rtlh", "9" * 50)):
        case = await apply(routing, service_code=code, service_version=version)
        row = await routing.case(case)
        assert (row["state"], row["service"], row["stage"]) == ("triage", None, None)
        assert "tidak ada dalam profil" in row["reason"]
        answer = await routing.get(f"cases/{case}/stage", routing.desk())
        assert (answer.status_code, answer.json()["type"].rsplit(":")[-1]) == (
            404,
            "not-an-application",
        )


async def test_decisions_lead_from_stage_to_stage_to_the_end(routing: Driver) -> None:
    case = await apply(routing)
    before = len(await routing.published(case))
    answer = await decide(routing, case, "lengkap", text="Berkas lengkap.")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["stage"], answer.json()["state"]) == ("survei", "in_progress")
    assert "decide" in answer.json()["legal_actions"]
    response, entered = (await routing.published(case))[before:]
    assert isinstance(response, ResponseGiven)
    assert (response.kind, response.text) == ("progress", "Berkas lengkap.")
    assert isinstance(entered, StageEntered)
    assert (entered.stage, entered.left, entered.decision) == (
        "rtlh.survei",
        "rtlh.administrasi",
        "lengkap",
    )
    answer = await decide(routing, case, "layak", answers=await survey(routing, case))
    assert answer.status_code == 200, answer.text
    entered = (await routing.published(case))[-1]
    assert isinstance(entered, StageEntered)
    assert entered.answers is not None
    assert entered.answers["nilai_survei"] == 100
    assert len(entered.answers["foto_0"]) == 2  # type: ignore[arg-type]
    assert (await decide(routing, case, "tetapkan")).status_code == 403
    assert (await decide(routing, case, "tetapkan", headers=head(routing))).status_code == 200
    photos = [await routing.photo(case, 40 + n) for n in range(2)]
    done = await decide(routing, case, "separuh", answers={"foto_50": photos})
    assert done.status_code == 200, done.text
    done = await decide(routing, case, "selesai", answers={"foto_100": photos})
    assert (done.status_code, done.json()["state"], done.json()["stage"]) == (200, "resolved", None)
    ended, resolved = (await routing.published(case))[-2:]
    assert isinstance(ended, StageEntered)
    assert isinstance(resolved, CaseResolved)
    assert (ended.outcome, ended.left, ended.terms) == ("done", "rtlh.penyelesaian", None)
    assert resolved.text == "Perbaikan rumah selesai dengan bantuan Rp15.000.000."
    shown = await view(routing, case, officer(routing))
    assert [each["stage"] for each in shown["visits"]] == [
        "administrasi",
        "survei",
        "penetapan",
        "pengerjaan",
        "penyelesaian",
    ]
    assert all(each["left_at"] and each["decision"] for each in shown["visits"])
    assert (shown["stage"], shown["decisions"]) == (None, [])
    late = await decide(routing, case, "selesai")
    assert (late.status_code, late.json()["type"].rsplit(":")[-1]) == (409, "not-in-stage")


async def test_refusal_names_a_reason_of_the_service(routing: Driver) -> None:
    case = await apply(routing)
    answer = await decide(routing, case, "tolak")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "/reason"
    answer = await decide(routing, case, "tolak", reason="tidak-memenuhi", text="Lihat syarat.")
    assert (answer.status_code, answer.json()["state"]) == (200, "rejected")
    ended, rejected = (await routing.published(case))[-2:]
    assert isinstance(ended, StageEntered)
    assert isinstance(rejected, CaseRejected)
    assert (ended.outcome, rejected.reason_code) == ("refused", "tidak-memenuhi")
    assert rejected.text == "Syarat bantuan tidak terpenuhi.\n\nLihat syarat."


async def test_condition_that_does_not_hold_says_why(routing: Driver) -> None:
    case = await at_survey(routing)
    low = await survey(routing, case, ROOF_GOOD)
    answer = await decide(routing, case, "layak", answers=low)
    assert (answer.status_code, answer.json()["type"].rsplit(":")[-1]) == (409, "decision-closed")
    assert answer.json()["detail"].startswith("Nilai survei di bawah batas")
    refused = await decide(routing, case, "tidak-layak", answers=low, reason="nilai-kurang")
    assert refused.status_code == 200, refused.text


async def test_applicant_who_is_not_eligible_cannot_pass_the_survey(routing: Driver) -> None:
    case = await at_survey(routing, eligible=False)
    answer = await decide(routing, case, "layak", answers=await survey(routing, case, ROOF_BAD))
    assert (answer.status_code, answer.json()["type"].rsplit(":")[-1]) == (409, "decision-closed")


async def test_what_is_wrong_or_missing_is_named(routing: Driver) -> None:
    case = await at_survey(routing)
    other = await at_survey(routing)
    full = await survey(routing, case)
    not_here = await routing.photo(other, 77)
    bad: list[tuple[dict[str, Any], str]] = [
        ({}, "/answers/foto_0"),
        ({**full, "foto_0": full["foto_0"][:1]}, "/answers/foto_0"),
        ({**full, "foto_0": [full["foto_0"][0], not_here]}, "/answers/foto_0/1"),
        ({**full, "foto_0": [full["foto_0"][0], new_id()]}, "/answers/foto_0/1"),
        ({**full, "foto_0": ["bukan-sebuah-id", full["foto_0"][0]]}, "/answers/foto_0/0"),
        ({**full, "titik_survei": {"lat": 10**400, "lon": 1}}, "/answers/titik_survei/lat"),
        ({**full, "atap": "hancur"}, "/answers/atap"),
        ({**full, "lain": 1}, "/answers/lain"),
    ]
    for answers, field in bad:
        answer = await decide(routing, case, "layak", answers=answers)
        assert answer.status_code == 422, answer.text
        assert field in {each["field"] for each in answer.json()["errors"]}
    unknown = await decide(routing, case, "lewati", answers=full)
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "/decision")
    assert (await routing.case(case))["stage"] == "survei"
    deep: Any = 1
    for _ in range(50):
        deep = [deep]
    for nonsense in ({"x": deep}, {"x": "a\x00"}, {"x" * 99: 1}, {f"f{n}": 1 for n in range(400)}):
        assert (await decide(routing, case, "layak", answers=nonsense)).status_code == 422


async def test_view_says_what_is_missing_and_open(routing: Driver) -> None:
    case = await at_survey(routing)
    shown = await view(routing, case, officer(routing))
    assert (shown["stage"], shown["may_decide"], shown["offline"]) == ("survei", True, True)
    assert {"foto_0", "titik_survei", "atap"} <= set(shown["form"]["properties"])
    layak = shown["decisions"][0]
    assert (layak["code"], layak["open"], layak["next_title"]) == (
        "layak",
        False,
        "Penetapan penerima",
    )
    assert "/foto_0" in {each["field"] for each in layak["missing"]}
    watcher = routing.system.staff(Role.AUDITOR)
    assert (await view(routing, case, watcher))["may_decide"] is False


async def test_applicant_is_asked_and_the_stage_goes_on_one_round_later(routing: Driver) -> None:
    case = await apply(routing)
    assert (await decide(routing, case, "perbaikan")).status_code == 422
    asked = await decide(routing, case, "perbaikan", text="Foto kurang jelas.")
    assert (asked.status_code, asked.json()["state"]) == (200, "waiting_citizen")
    question = (await routing.published(case))[-1]
    assert isinstance(question, InformationRequested)
    assert question.text == "Foto kurang jelas."
    waiting = await decide(routing, case, "lengkap")
    assert (waiting.status_code, waiting.json()["type"].rsplit(":")[-1]) == (
        409,
        "applicant-is-asked",
    )
    await routing.tell(routing.amended(case, answers={"eligible": True, "jiwa": 5}))
    await routing.tell(routing.message(case, question.request_id))
    row = await routing.case(case)
    assert (row["state"], row["stage"], row["rounds"]) == ("in_progress", "administrasi", 1)
    assert row["answers"] == {"eligible": True, "jiwa": 5}
    assert kinds(await routing.published(case)).count(InformationReceived.__name__) == 1
    assert (await decide(routing, case, "lengkap")).status_code == 200


async def test_waiting_application_can_still_be_refused(routing: Driver) -> None:
    case = await apply(routing)
    await decide(routing, case, "perbaikan", text="Foto kurang jelas.")
    answer = await decide(routing, case, "tolak", reason="tidak-memenuhi")
    assert answer.status_code == 200, answer.text
    await routing.tell(routing.amended(case, answers={"eligible": True}))
    assert (await routing.case(case))["state"] == "rejected"


async def test_only_the_opd_of_the_stage_decides(routing: Driver) -> None:
    case = await apply(routing)
    foreign = await decide(routing, case, "lengkap", headers=routing.officer("DISHUB"))
    assert foreign.status_code == 404
    assert (await decide(routing, case, "lengkap", headers=routing.desk())).status_code == 403
    assert (await decide(routing, case, "lengkap", headers={})).status_code == 401
    nobody = await decide(routing, new_id(), "lengkap")
    assert nobody.status_code == 404
    complaint = await routing.open()
    plain = await decide(routing, complaint, "lengkap", headers=routing.officer())
    assert (plain.status_code, plain.json()["type"].rsplit(":")[-1]) == (404, "not-an-application")


async def test_plain_actions_are_refused_while_in_a_stage(routing: Driver) -> None:
    case = await apply(routing)
    for action in ("resolve", "reject", "return"):
        answer = await routing.act(case, action, officer(routing))
        assert answer.status_code == 409, answer.text
        assert answer.json()["instead"] == "decide"
        assert "decide" in answer.json()["detail"]
    assert (await routing.act(case, "assign", routing.desk())).status_code == 409
    complaint = await routing.open()
    for action in ("merge", "split"):
        answer = await routing.act(case, action, routing.desk(), _into(action, complaint))
        assert answer.status_code == 409, answer.text
    into = await routing.act(complaint, "merge", routing.desk(), {"into": case})
    assert into.json()["reason"] == "application"
    await routing.tell(routing.joined(case, complaint))
    assert (await routing.case(case))["state"] == "assigned"
    assert (await routing.act(case, "respond", officer(routing))).status_code == 200


def _into(action: str, complaint: str) -> dict[str, Any] | None:
    return {"into": complaint} if action == "merge" else None


async def test_same_key_decides_once_and_two_at_once_decide_once(routing: Driver) -> None:
    case = await apply(routing)
    first, second = [
        await decide(routing, case, "lengkap", idempotency_key="kunci-keputusan-1")
        for _ in range(2)
    ]
    assert (first.status_code, second.json()) == (200, first.json())
    other = await apply(routing)
    both = await asyncio.gather(
        *(
            decide(routing, other, "lengkap", headers=officer(routing, f"p-{n}"), if_match='"1"')
            for n in range(2)
        )
    )
    assert sorted(each.status_code for each in both) == [200, 412]
    late = await decide(routing, other, "lengkap", stage="administrasi")
    assert (late.status_code, late.json()["stage"]) == (409, "survei")


async def test_reopened_case_enters_its_last_stage_again(routing: Driver) -> None:
    case = await apply(routing)
    await decide(routing, case, "tolak", reason="tidak-memenuhi")
    assert (await routing.act(case, "reconsider", routing.desk())).status_code == 200
    row = await routing.case(case)
    assert (row["state"], row["stage"], row["opd"]) == ("triage", None, None)
    wrong = await routing.act(case, "assign", routing.desk())
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "/opd")
    right = {"opd": "DISPERKIM", "reason": "Ada bukti baru."}
    assert (await routing.act(case, "assign", routing.desk(), right)).status_code == 200
    row = await routing.case(case)
    assert (row["state"], row["stage"], row["topic"]) == ("assigned", "administrasi", "rtlh")
    assert kinds(await routing.published(case))[-2:] == ["CaseAssigned", "StageEntered"]
    assert len((await view(routing, case, officer(routing)))["visits"]) == 2


async def test_done_case_reopened_by_citizen_or_desk_is_in_its_last_stage(routing: Driver) -> None:
    for by in ("citizen", "desk"):
        case = await apply(routing, version=2)
        done = await decide(routing, case, "selesai")
        assert done.json()["state"] == "resolved"
        if by == "desk":
            assert (await routing.act(case, "reopen", routing.desk())).status_code == 200
        else:
            await routing.tell(routing.feedback(case, satisfied=False))
        row = await routing.case(case)
        assert (row["state"], row["stage"]) == ("assigned", "administrasi")
        assert kinds(await routing.published(case))[-2:] == ["CaseReopened", "StageEntered"]


async def test_withdrawn_case_leaves_its_stage(routing: Driver) -> None:
    case = await apply(routing)
    await routing.tell(routing.withdrawn(case))
    shown = await view(routing, case, officer(routing))
    assert shown["stage"] is None
    assert [each["decision"] for each in shown["visits"]] == [None]
    assert shown["visits"][0]["left_at"] is not None


async def test_running_case_keeps_the_version_of_an_earlier_profile(routing: Driver) -> None:
    case = await apply(routing, version=2)
    assert (await view(routing, case, officer(routing)))["title"] == "Meja lama"


async def test_words_of_staff_are_masked(routing: Driver) -> None:
    case = await apply(routing, version=2)
    number = "3171234567890123"
    answers = {"catatan": f"NIK {number}"}
    await decide(routing, case, "selesai", answers=answers, text=f"Untuk {number}.")
    shown = await view(routing, case, officer(routing))
    assert number not in str(shown)
    assert number not in str(await routing.published(case))


async def test_lists_show_and_filter_by_service_and_stage(routing: Driver) -> None:
    case = await at_survey(routing)
    other = await apply(routing)
    found = await routing.get("cases", officer(routing), service="rtlh", stage="survei", limit=100)
    ids = {each["complaint_id"]: each for each in found.json()["items"]}
    assert case in ids
    assert other not in ids
    assert (ids[case]["stage"], ids[case]["stage_title"]) == ("survei", "Survei lapangan")
    none = await routing.get("cases", officer(routing), service="lain")
    assert none.json()["items"] == []
    detail = (await routing.look(case, officer(routing))).json()
    assert (detail["service"], detail["stage"], detail["rounds"]) == ("rtlh", "survei", 0)
    assert "resolve" not in detail["legal_actions"]


async def test_applications_teach_the_model_nothing(routing: Driver) -> None:
    text = "Permohonan yang hanya ada sekali di dunia ini."
    await apply(routing, text=text)
    await at_survey(routing, text=text)
    async with routing.system.service("routing").database.transaction() as connection:
        past = await model_queries.list_past(connection)
    assert text not in {each.text.split("\n")[-1] for each in past}


async def test_decision_that_breaks_off_in_the_middle_leaves_nothing_behind(
    routing: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await apply(routing)
    before = (await routing.case(case), await routing.published(case))

    async def break_off(*_args: Any) -> None:
        raise ConnectionResetError("the database went away")

    with monkeypatch.context() as patched:
        patched.setattr(stage_queries, "insert_visit", break_off)
        broken = await decide(routing, case, "lengkap", idempotency_key="kunci-keputusan-2")
    assert broken.status_code == 503
    assert (await routing.case(case), await routing.published(case)) == before
    shown = await view(routing, case, officer(routing))
    assert [each["left_at"] for each in shown["visits"]] == [None]
    again = await decide(routing, case, "lengkap", idempotency_key="kunci-keputusan-2")
    assert again.status_code == 200, again.text
