"""Citizens' files: uploaded, named in a complaint, added to one, and read by nobody else."""

import asyncio
from io import BytesIO

import pytest
from PIL import Image

from services.intake.uploads import attach_bytes
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork
from tests.service.intake.driver import Driver
from tests.service.intake.uploads import (
    attach,
    files_of,
    payloads,
    read,
    stored,
    untouched,
    upload,
    uploaded,
)
from tests.support.files import PLACE, document, film, photo, saved

KINDS = [(photo(), "image", "image/jpeg"), (saved(document()), "document", "application/pdf")]


@pytest.mark.parametrize(("data", "kind", "media_type"), KINDS)
async def test_file_named_in_a_complaint_belongs_to_it(
    intake: Driver, data: bytes, kind: str, media_type: str
) -> None:
    file = await uploaded(intake, data)
    lodged = await intake.lodge(attachments=[file["upload_token"]])

    (shown,) = await files_of(intake, lodged)
    assert shown["attachment_id"] == file["attachment_id"]
    assert (shown["kind"], shown["media_type"], shown["by"]) == (kind, media_type, "citizen")
    answer = await read(intake, lodged, file["attachment_id"])
    assert answer.status_code == 200
    assert len(answer.content) == shown["size"]
    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"].startswith("attachment;")


async def test_events_tell_of_files(intake: Driver) -> None:
    file = await uploaded(intake)
    lodged = await intake.lodge(attachments=[file["upload_token"]])

    (_, submitted), (name, evidence) = payloads(await intake.published(lodged.complaint_id))
    assert submitted["attachments"] == [{"id": file["attachment_id"], "kind": "image"}]
    assert name == "EvidenceAdded"
    assert evidence["attachment_id"] == file["attachment_id"]
    assert evidence["by"] == "citizen"
    assert evidence["fingerprint"].startswith("dhash:")


@pytest.mark.parametrize("consent", ["true", "false", None])
async def test_place_and_time_are_kept_with_consent_alone(
    intake: Driver, consent: str | None
) -> None:
    fields = {} if consent is None else {"consent": consent}
    file = await uploaded(intake, photo(), **fields)
    lodged = await intake.lodge(attachments=[file["upload_token"]])

    _, (_, evidence) = payloads(await intake.published(lodged.complaint_id))
    if consent == "true":
        assert (evidence["taken_lat"], evidence["taken_lon"]) == pytest.approx(PLACE)
        assert evidence["taken_at"] == "2026-03-09T01:30:00Z"
        assert file["taken_at"] == "2026-03-09T01:30:00Z"
    else:
        assert evidence.get("taken_lat") is None
        assert evidence.get("taken_at") is None
        assert file["taken_at"] is None
    served = await read(intake, lodged, file["attachment_id"])
    assert not Image.open(BytesIO(served.content)).getexif()


async def test_thumbnail_is_small(intake: Driver) -> None:
    file = await uploaded(intake)
    paper = await uploaded(intake, saved(document()))
    tokens = [file["upload_token"], paper["upload_token"]]
    lodged = await intake.lodge(attachments=tokens)

    assert (file["thumbnail"], paper["thumbnail"]) == (True, False)
    answer = await read(intake, lodged, file["attachment_id"], step="/thumbnail")
    assert Image.open(BytesIO(answer.content)).size == (320, 240)
    missing = await read(intake, lodged, paper["attachment_id"], step="/thumbnail")
    assert missing.status_code == 404


async def test_nothing_of_a_file_lies_open_on_the_disk(intake: Driver) -> None:
    before = set(stored(intake))
    await uploaded(intake, photo())

    fresh = set(stored(intake)) - before
    assert len(fresh) == 2
    store = intake.doors.context.files.store
    for name in fresh:
        assert b"JFIF" not in await store.open(name)


@pytest.mark.parametrize("name", ["../../etc/passwd", "x.html", "\0", ""])
async def test_name_of_a_file_decides_nothing(intake: Driver, name: str) -> None:
    assert (await upload(intake, photo(), name=name)).status_code == 201


async def test_name_of_endless_length_is_refused(intake: Driver) -> None:
    assert (await upload(intake, photo(), name="a" * 5000)).status_code == 400


@pytest.mark.parametrize(
    ("data", "status", "slug"),
    [
        (b"", 422, "file-empty"),
        (b"<svg onload=x()>", 415, "file-type-not-accepted"),
        (photo()[:2000], 422, "file-damaged"),
        (film(seconds=999), 422, "recording-too-long"),
    ],
)
async def test_hostile_file_is_refused_in_words(
    intake: Driver, data: bytes, status: int, slug: str
) -> None:
    answer = await upload(intake, data)

    assert answer.status_code == status
    assert answer.json()["type"].endswith(slug)


async def test_too_much_is_refused_before_it_is_read(intake: Driver) -> None:
    most = intake.doors.context.files.workshop.limits.most_bytes

    answer = await intake.client.post(
        "/intake/v1/attachments",
        content=untouched(),
        headers={
            "Content-Length": str(most + 100_000),
            "Content-Type": "multipart/form-data; boundary=x",
        },
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "image/jpeg"}, photo(), 400),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", 422),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\n", 400),
        ({}, b"", 400),
    ],
)
async def test_what_is_no_form_is_refused(
    intake: Driver, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = await intake.client.post("/intake/v1/attachments", content=body, headers=headers)

    assert answer.status_code == status


async def test_unknown_field_is_refused(intake: Driver) -> None:
    assert (await upload(intake, officer_id="saya")).status_code == 422
    assert (await upload(intake, consent="mungkin")).status_code == 422


async def test_same_upload_twice_is_one_file(intake: Driver) -> None:
    key = new_id()
    first, second = [await upload(intake, key=key) for _ in range(2)]
    other = await upload(intake, photo(orientation=3), key=key)

    assert first.json() == second.json()
    assert other.status_code == 422
    assert other.json()["type"].endswith("idempotency-key-reused")


async def test_same_upload_at_one_time_is_one_file(intake: Driver) -> None:
    key = new_id()
    answers = await asyncio.gather(*(upload(intake, key=key) for _ in range(3)))

    assert len({each.json()["upload_token"] for each in answers}) == 1


async def test_same_submission_twice_is_one_complaint_with_its_file(intake: Driver) -> None:
    file = await uploaded(intake)
    form = {"text": "Lampu padam.", "attachments": [file["upload_token"]]}
    key = new_id()

    first, second = [await intake.post(form, key=key) for _ in range(2)]

    assert second.status_code == 201
    assert first.json() == second.json()


async def test_file_can_be_given_to_one_complaint_only(intake: Driver) -> None:
    token = (await uploaded(intake))["upload_token"]
    form = {"text": "Lampu padam.", "attachments": [token]}

    answers = await asyncio.gather(*(intake.post(form) for _ in range(3)))

    assert sorted(each.status_code for each in answers) == [201, 409, 409]


async def test_a_taken_file_harms_no_submission_beside_it(intake: Driver) -> None:
    token = (await uploaded(intake))["upload_token"]
    await intake.lodge(attachments=[token])

    answers = await asyncio.gather(
        *(intake.post({"text": f"Lampu {number} padam."}) for number in range(5)),
        intake.post({"text": "Lampu padam.", "attachments": [token]}),
    )

    assert [each.status_code for each in answers] == [201] * 5 + [409]


async def test_token_cannot_be_guessed(intake: Driver) -> None:
    token = (await uploaded(intake))["upload_token"]
    wrong = [
        token.partition(".")[0],
        f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        f"{new_id()}.{token.partition('.')[2]}",
        "x.y",
    ]
    for each in wrong:
        answer = await intake.post({"text": "Lampu padam.", "attachments": [each]})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "/attachments/0"
    twice = await intake.post({"text": "Lampu padam.", "attachments": [token, token]})
    assert twice.status_code == 422


async def test_file_added_later_is_a_message(intake: Driver) -> None:
    lodged = await intake.lodge()
    answer = await attach(intake, lodged, text="Ini fotonya, telepon 0812-0000-0001.")

    assert answer.status_code == 201, answer.text
    said = answer.json()
    (shown,) = await files_of(intake, lodged)
    assert shown == said["file"]
    assert shown["message_id"] == said["message_id"]
    _, (name, message), (last, _) = payloads(await intake.published(lodged.complaint_id))
    assert (name, last) == ("CitizenMessageReceived", "EvidenceAdded")
    assert message["attachments"] == [{"id": shown["attachment_id"], "kind": "image"}]
    assert "0812" not in message["text"]


async def test_message_names_files_that_were_uploaded_before(intake: Driver) -> None:
    lodged = await intake.lodge()
    token = (await uploaded(intake))["upload_token"]

    answer = await intake.say(lodged, "messages", {"text": "Ini.", "attachments": [token]})

    assert answer.status_code == 201
    assert len(await files_of(intake, lodged)) == 1


async def test_file_from_a_channel_is_a_message_without_words(intake: Driver) -> None:
    lodged = await intake.lodge()
    doors = intake.doors
    accepted = await attach_bytes(doors.units, doors.context, lodged.complaint_id, photo())

    (shown,) = await files_of(intake, lodged)
    assert shown["message_id"] == accepted.message_id


async def test_file_from_a_channel_comes_with_what_the_channel_notes_of_it_or_not_at_all(
    intake: Driver,
) -> None:
    lodged = await intake.lodge()
    doors = intake.doors

    async def dies(_unit: UnitOfWork) -> None:
        raise OSError("the power went")

    with pytest.raises(OSError, match="power"):
        await attach_bytes(doors.units, doors.context, lodged.complaint_id, photo(), meanwhile=dies)
    assert await files_of(intake, lodged) == []


async def test_own_data_name_own_files(intake: Driver) -> None:
    lodged = await intake.lodge(attachments=[(await uploaded(intake))["upload_token"]])
    answer = await intake.client.get(f"{lodged.path}/my-data", headers=lodged.key)

    (complaint,) = answer.json()["complaints"]
    assert complaint["attachments"] == await files_of(intake, lodged)


async def test_only_the_secret_adds_or_reads_a_file(intake: Driver) -> None:
    lodged = await intake.lodge(attachments=[(await uploaded(intake))["upload_token"]])
    other = await intake.lodge(attachments=[(await uploaded(intake))["upload_token"]])
    (file,) = await files_of(intake, lodged)
    path = f"{lodged.path}/attachments"

    assert (await intake.client.get(f"{path}/{file['attachment_id']}")).status_code == 403
    for key in (other.secret, "A" * 20):
        answer = await read(intake, lodged, file["attachment_id"], **{"X-Tracking-Secret": key})
        assert answer.status_code == 403
    # Another's complaint with its own secret, and this one's file.
    assert (await read(intake, other, file["attachment_id"])).status_code == 404
    assert (await read(intake, lodged, new_id())).status_code == 404
    refused = await intake.client.post(path, files={"file": photo()}, headers=other.key)
    assert refused.status_code == 403
    assert "attachments" not in str(await intake.track(lodged))


async def test_a_complaint_has_so_many_files_and_no_more(intake: Driver) -> None:
    most = intake.doors.context.files.most_files
    tokens = [(await uploaded(intake))["upload_token"] for _ in range(most + 1)]

    refused = await intake.post({"text": "Lampu padam.", "attachments": tokens})
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("too-many-files")
    lodged = await intake.lodge(attachments=tokens[:most])
    assert (await attach(intake, lodged)).status_code == 409
