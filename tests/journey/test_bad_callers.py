"""Whoever is not who they say, or asks for what is another's, is refused and learns nothing."""

from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.auth import Role
from shared.ids import new_id
from shared.problems import TYPE_PREFIX
from tests.journey.doors import OPD, OTHER_OPD, TEXT, Door, count_complaints, raw, refusal_of
from tests.journey.town import COMPLAINTS, Complaint, Town

pytestmark = pytest.mark.xdist_group("journey")

DESK_ONLY = ("/assign", "/close", "/reconsider")
ID = new_id()


async def test_token_of_another_opd(town: Town, doors: list[Door], complaint: Complaint) -> None:
    # A case of another OPD cannot be told from one that does not exist.
    stranger = town.system.staff(Role.OFFICER, Role.HEAD, opd=OTHER_OPD)
    for case_id in (complaint.complaint_id, new_id()):
        for door in doors:
            if complaint.complaint_id in door.path and not door.path.endswith(DESK_ONLY):
                path = door.path.replace(complaint.complaint_id, case_id)
                answer = await town.system.client.post(path, json=door.body, headers=stranger)
                assert refusal_of(answer)["status"] == 404, path
        for path in (
            f"/routing/v1/cases/{case_id}",
            f"/sla/v1/cases/{case_id}/clocks",
            f"/intake/v1/staff/complaints/{case_id}",
        ):
            answer = await town.system.client.get(path, headers=stranger)
            assert refusal_of(answer)["status"] == 404, path
    for path in ("/routing/v1/cases", "/sla/v1/clocks"):
        answer = await town.system.client.get(path, params={"opd": OPD}, headers=stranger)
        assert refusal_of(answer)["status"] == 403
        homeless = town.system.staff(Role.OFFICER)
        assert refusal_of(await town.system.client.get(path, headers=homeless))["status"] == 403


async def test_token_that_is_not_valid(town: Town, doors: list[Door]) -> None:
    issuer, clock = town.system.issuer, town.system.clock
    now = int(town.now.timestamp())
    claims = {"iss": "tanggap-local", "aud": "tanggap", "sub": "x", "exp": now + 60}
    claims["roles"] = ["admin"]
    expired = issuer.token(clock, [Role.ADMIN], subject="x", lifetime=-timedelta(minutes=1))
    good = issuer.token(clock, [Role.ADMIN], subject="x")
    header, payload, signature = good.split(".")
    for token in (
        expired,
        jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, "rahasia-yang-cukup-panjang-untuk-hs256", algorithm="HS256"),
        f"{header}.{payload}.",
        f"{header}.{payload}x.{signature}",
        "bukan.token.sama-sekali",
        "\u00e9",
        "",
    ):
        headers = raw({"Authorization": f"Bearer {token}"})
        for path in ("/routing/v1/cases", "/sla/v1/clocks", f"/intake/v1/staff/complaints/{ID}"):
            answer = await town.system.client.get(path, headers=headers)
            assert refusal_of(answer)["status"] == 401, token
            assert answer.headers["www-authenticate"] == "Bearer"
        for door in doors:
            if "/routing/" in door.path:
                answer = await town.system.client.post(door.path, json=door.body, headers=headers)
                assert refusal_of(answer)["status"] == 401, token


async def test_token_runs_out(town: Town) -> None:
    headers = town.system.staff(Role.LEADER)
    assert (await town.system.client.get("/routing/v1/cases", headers=headers)).status_code == 200

    await town.system.advance(hours=12, minutes=1)

    answer = await town.system.client.get("/routing/v1/cases", headers=headers)
    problem = refusal_of(answer)
    assert problem["status"] == 401
    assert problem["detail"] == "Masa berlaku token habis. Masuk kembali."


async def test_key_of_another_body(town: Town) -> None:
    key = new_id()
    first = (await town.submit({"text": TEXT}, key=key)).json()
    complaints = await count_complaints(town)

    again = (await town.submit({"text": TEXT}, key=key)).json()
    problem = refusal_of(await town.submit({"text": f"{TEXT}!"}, key=key, expect=422))

    assert again == first
    assert problem["type"] == f"{TYPE_PREFIX}idempotency-key-reused"
    assert await count_complaints(town) == complaints


async def test_key_of_another_body_in_a_conversation_and_at_work(town: Town) -> None:
    complaint = await town.complain(TEXT)
    staff = town.system.staff(Role.OFFICER, opd=OPD)
    for path, headers in (
        (f"{COMPLAINTS}/{complaint.code}/messages", {"X-Tracking-Secret": complaint.secret}),
        (f"/routing/v1/cases/{complaint.complaint_id}/respond", staff),
    ):
        keyed = {**headers, "Idempotency-Key": new_id()}
        answers = [
            await town.system.client.post(path, json={"text": text}, headers=keyed)
            for text in ("Pertama.", "Pertama.", "Kedua.")
        ]
        assert answers[0].json() == answers[1].json()
        assert refusal_of(answers[2])["type"] == f"{TYPE_PREFIX}idempotency-key-reused"
    await town.system.settle()
    seen = await complaint.look(known=True)
    assert [message["text"] for message in seen["own"]["messages"]] == ["Pertama."]
    assert [step["text"] for step in seen["timeline"] if step["kind"] == "answered"] == ["Pertama."]


@pytest.mark.parametrize("key", ["short", "with a space", "a" * 129, "tidak-ascii-\u00e9", ""])
async def test_key_that_is_none(town: Town, doors: list[Door], key: str) -> None:
    for door in doors:
        answer = await town.system.client.post(
            door.path,
            json=door.body,
            headers=raw({**door.headers, "Idempotency-Key": key}),
        )
        assert refusal_of(answer)["status"] == 422, door.path


@pytest.mark.parametrize(
    "code", ["AAAAAAAAAA", "K7M3PXA92", "%00", "%ff", "..%2f..", "a" * 41, "%F0%9F%92%A1", "'--"]
)
async def test_tracking_code_that_is_none(town: Town, code: str) -> None:
    for answer in (
        await town.system.client.get(f"{COMPLAINTS}/{code}"),
        await town.system.client.post(f"{COMPLAINTS}/{code}/messages", json={"text": "Halo."}),
    ):
        assert refusal_of(answer)["status"] in {404, 422}


@pytest.fixture(scope="module")
async def another(town: Town) -> Complaint:
    """A complaint of somebody else."""
    return await town.complain("Sampah menumpuk di depan rumah.")


async def test_secret_of_another_complaint(
    town: Town, another: Complaint, complaint: Complaint, doors: list[Door]
) -> None:
    own = [door for door in doors if complaint.code in door.path]
    for secret in (another.secret, "\u00e9", "", "a" * 64):
        headers = raw({"X-Tracking-Secret": secret})
        answer = await town.system.client.get(f"{COMPLAINTS}/{complaint.code}", headers=headers)
        assert refusal_of(answer)["status"] == 403
        for door in own:
            answer = await town.system.client.post(door.path, json=door.body, headers=headers)
            assert refusal_of(answer)["status"] == 403, door.path
    for door in own:
        answer = await town.system.client.post(door.path, json=door.body)
        assert refusal_of(answer)["status"] == 403, door.path
