"""Proof at closing, transfers by law, bodies outside, guides, practice."""

from typing import Any

from sqlalchemy import text

from shared.contracts.routing import (
    CaseAssigned,
    CaseReferred,
    CaseReturned,
    ReferralAnswered,
    ResponseGiven,
)
from shared.ids import new_id
from tests.service.routing.driver import Driver

PUMP = "Pompa di rumah pompa kelurahan mati, airnya meluap ke jalan."
BASIS = {"reason": "Jalan ini jalan lingkungan.", "legal_basis": "Perwal Contoh 1/2020"}


async def _pump(routing: Driver) -> str:
    case = await routing.open(PUMP)
    row = await routing.case(case)
    if row["topic"] != "pompa-air":
        body = {"opd": "PUPR", "topic": "pompa-air", "reason": "Pompa."}
        assert (await routing.act(case, "assign", routing.desk(), body)).status_code == 200
    return case


def _pupr(routing: Driver) -> dict[str, str]:
    return routing.officer("PUPR", subject="petugas-pupr")


async def _resolve(routing: Driver, case: str, *evidence: str) -> Any:
    body = {"text": "Sudah diperbaiki.", "evidence": list(evidence)}
    return await routing.act(case, "resolve", _pupr(routing), body)


async def _flags(routing: Driver, case: str) -> list[dict[str, Any]]:
    flags = (await routing.get("flags", routing.desk())).json()["items"]
    return [flag for flag in flags if flag["complaint_id"] == case]


async def test_topic_that_asks_for_a_photo_is_closed_only_with_one(routing: Driver) -> None:
    case = await _pump(routing)
    missing = await _resolve(routing, case)
    assert missing.status_code == 422
    assert missing.json()["type"].endswith("evidence-missing")
    unknown = await _resolve(routing, case, new_id())
    assert unknown.status_code == 409
    assert unknown.headers["retry-after"]
    foreign = await routing.photo(await _pump(routing), 1)
    assert (await _resolve(routing, case, foreign)).status_code == 409
    photo = await routing.photo(case, 0x1234_5678_9ABC_DEF0)
    assert (await _resolve(routing, case, photo)).status_code == 200


async def test_photo_that_was_used_before_is_flagged_and_not_refused(routing: Driver) -> None:
    first, second = await _pump(routing), await _pump(routing)
    old = await routing.photo(first, 0xF0F0_1111_2222_3333)
    again = await routing.photo(second, 0xF0F0_1111_2222_3331)
    assert (await _resolve(routing, second, again)).status_code == 200
    (flag,) = await _flags(routing, second)
    assert (flag["kind"], flag["details"]["attachment_id"]) == ("reused", old)
    judged = {"verdict": "Satu pompa, dua laporan."}
    path = f"flags/{flag['flag_id']}/judge"
    assert (await routing.post(path, routing.desk(), judged)).status_code == 200
    assert (await routing.post(path, routing.desk(), judged)).status_code == 409
    assert await _flags(routing, second) == []


async def test_photo_from_elsewhere_is_flagged(routing: Driver) -> None:
    case = await _pump(routing)
    photo = await routing.photo(case, 0xAAAA_0000_5555_FFFF, taken_lat=-7.7, taken_lon=111.6)
    assert (await _resolve(routing, case, photo)).status_code == 200
    assert [flag["kind"] for flag in await _flags(routing, case)] == ["elsewhere"]


async def test_alike_photos_are_found_by_an_index(routing: Driver) -> None:
    database = routing.system.service("routing").database
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """
                INSERT INTO evidence (attachment_id, complaint_id, added_at, by, fingerprint, bands)
                SELECT gen_random_uuid(), gen_random_uuid(), now(), 'officer', 'dhash:0',
                       ARRAY[(random() * 65535)::int, 65536 + (random() * 65535)::int,
                             131072 + (random() * 65535)::int, 196608 + (random() * 65535)::int]
                FROM generate_series(1, 20000)
                """
            )
        )
        await connection.execute(text("ANALYZE evidence"))
        # On so few rows reading all is as cheap: asked is whether the index serves at all.
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await connection.execute(
            text("EXPLAIN SELECT * FROM evidence WHERE bands && ARRAY[5, 65541, 131077, 196613]")
        )
        read = "\n".join(row[0] for row in plan)
        await connection.execute(text("DELETE FROM evidence WHERE fingerprint = 'dhash:0'"))
    assert "evidence_bands" in read
    assert "Seq Scan" not in read


async def test_first_return_with_a_legal_basis_goes_straight_to_the_named_opd(
    routing: Driver,
) -> None:
    case = await routing.open()
    sent = await routing.act(case, "return", routing.officer(), {**BASIS, "opd": "DISPERKIM"})
    assert sent.status_code == 200, sent.text
    assert (sent.json()["state"], sent.json()["opd"]) == ("assigned", "DISPERKIM")
    event = (await routing.published(case))[-1]
    assert isinstance(event, CaseAssigned)
    assert event.by == "officer"


async def test_second_return_is_for_the_desk_to_decide(routing: Driver) -> None:
    case = await routing.open()
    await routing.act(case, "return", routing.officer(), {**BASIS, "opd": "DISPERKIM"})
    other = routing.officer("DISPERKIM", subject="petugas-perkim")
    back = await routing.act(case, "return", other, {**BASIS, "opd": "DISHUB"})
    assert back.json()["state"] == "triage"
    assert isinstance((await routing.published(case))[-1], CaseReturned)


async def test_return_without_a_legal_basis_is_for_the_desk_to_decide(routing: Driver) -> None:
    case = await routing.open()
    body = {"reason": "Bukan kami.", "opd": "DISPERKIM"}
    assert (await routing.act(case, "return", routing.officer(), body)).json()["state"] == "triage"


async def test_return_to_an_unknown_or_to_the_own_opd_is_refused(routing: Driver) -> None:
    case = await routing.open()
    for opd, status in (("TIDAKADA", 422), ("DISHUB", 409)):
        answer = await routing.act(case, "return", routing.officer(), {**BASIS, "opd": opd})
        assert answer.status_code == status
    assert (await routing.case(case))["version"] == 1


async def test_body_outside_is_asked_reminded_and_its_answer_told(routing: Driver) -> None:
    case = await routing.open()
    wish = {"body": "PLN", "text": "Kabel milik PLN."}
    asked = await routing.post(f"cases/{case}/referrals", routing.officer(), wish)
    assert asked.status_code == 200, asked.text
    assert (await routing.case(case))["opd"] == "DISHUB"
    told, referred = (await routing.published(case))[-2:]
    assert isinstance(told, ResponseGiven)
    assert "PLN (listrik)" in told.text
    assert isinstance(referred, CaseReferred)
    assert (referred.body, referred.opd) == ("PLN", "DISHUB")
    mine = (await routing.get("referrals", routing.officer())).json()["items"]
    referral = next(each for each in mine if each["complaint_id"] == case)
    due = (await routing.get("referrals", routing.officer(), due=True)).json()["items"]
    assert case not in [each["complaint_id"] for each in due]
    path = f"cases/{case}/referrals/{referral['referral_id']}/answer"
    answer = {"text": "Diperbaiki lusa."}
    assert (await routing.post(path, routing.officer(), answer)).status_code == 200
    assert (await routing.post(path, routing.officer(), answer)).status_code == 409
    answered = (await routing.published(case))[-1]
    assert isinstance(answered, ReferralAnswered)
    assert answered.referral_id == referred.referral_id == referral["referral_id"]
    stranger = routing.officer("DLH", subject="petugas-dlh")
    assert (await routing.post(path, stranger, answer)).status_code == 404


async def test_unknown_body_outside_is_refused_with_those_that_are_known(routing: Driver) -> None:
    case = await routing.open()
    wish = {"body": "NASA", "text": "Tolong."}
    answer = await routing.post(f"cases/{case}/referrals", routing.officer(), wish)
    assert answer.status_code == 422
    assert "PLN" in answer.json()["detail"]


async def test_guide_shows_how_similar_cases_were_answered(routing: Driver) -> None:
    earlier = await routing.open("PJU di depan pasar padam sejak tiga malam.")
    resolved = {"text": "Bohlam diganti tadi malam.", "evidence": []}
    assert (await routing.act(earlier, "resolve", routing.officer(), resolved)).status_code == 200
    case = await routing.open("PJU di depan pasar padam sejak dua malam.")
    guide = (await routing.get(f"cases/{case}/guide", routing.officer())).json()
    assert guide["guide"]
    best = guide["similar"][0]
    assert best["likeness"] > 0.7
    assert best["answer"]
    stranger = routing.officer("DLH", subject="petugas-dlh")
    assert (await routing.get(f"cases/{case}/guide", stranger)).status_code == 404


async def test_practice_is_scored_and_published_by_nobody(routing: Driver) -> None:
    headers = routing.officer(subject=f"murid-{new_id()[:8]}")
    before = await routing.system.rows("routing", "SELECT count(*) AS n FROM outbox")
    started = (await routing.post("practice/cases", headers, {"count": 10})).json()["items"]
    own = next(each["case"] for each in started if each["case"]["topic"] == "pju-padam")
    foreign = next(each["case"] for each in started if each["case"]["topic"] is None)
    routing.later(minutes=5)
    body = {"text": "Terima kasih. Regu datang besok ke gang depan musala."}
    steps = f"practice/cases/{own['complaint_id']}"
    assert (await routing.post(f"{steps}/respond", headers, body)).status_code == 200
    done = await routing.post(f"{steps}/resolve", headers, {"text": "Sudah menyala."})
    assert done.json()["score"]["points"] == 100
    over = await routing.post(f"{steps}/respond", headers, body)
    assert over.status_code == 409
    given = await routing.post(
        f"practice/cases/{foreign['complaint_id']}/return", headers, {"reason": "Bukan kami."}
    )
    assert given.json()["score"]["completeness"] == 1
    assert (await routing.get("practice/cases", headers)).json()["mean_points"] > 90
    after = await routing.system.rows("routing", "SELECT count(*) AS n FROM outbox")
    assert after == before


async def test_practice_of_another_is_not_to_be_found(routing: Driver) -> None:
    headers = routing.officer(subject=f"murid-{new_id()[:8]}")
    (first, *_) = (await routing.post("practice/cases", headers, {"count": 1})).json()["items"]
    path = f"practice/cases/{first['case']['complaint_id']}/respond"
    other = routing.officer(subject="murid-lain")
    assert (await routing.post(path, other, {"text": "Halo."})).status_code == 404
    wrong = await routing.post(path, headers, {"teks": "Halo."})
    assert wrong.status_code == 422
    assert wrong.json()["errors"]
