"""Open311: the Pemda's topics as services, complaints as requests; what is secret is not there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hmac import compare_digest
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import open311_queries
from services.intake.context import IntakeContext
from services.intake.errors import (
    ApiKeyWrong,
    ComplaintNotFound,
    FormIncorrect,
    JurisdictionUnknown,
    ServiceUnknown,
)
from services.intake.open311_queries import PublicComplaint
from services.intake.open311_schemas import (
    Open311Created,
    Open311Definition,
    Open311Request,
    Open311Service,
)
from services.intake.operations.open311_applications import define, find_offered, list_offered
from services.intake.operations.submission import Origin, Submission, draft_submission
from services.intake.partner_profile import ServiceTopic
from services.intake.rules.open311 import Form, Window, keywords_of, read_degrees, status_of
from services.intake.rules.sentences import sentence_of
from services.intake.rules.tracking import read_code
from services.intake.schemas import MOST_ADDRESS, ComplaintForm, LocationForm, ReporterForm

CHANNEL: Final = "open311"
MOST_DESCRIPTION: Final = 4_000
_MOST_URL: Final = 500
#: About ten metres: near enough to find a street light, and no house number.
_DECIMALS: Final = 4


def check_key(keys: Sequence[str], given: str | None) -> None:
    """Raise ApiKeyWrong unless this is one of the keys; takes constant time for each."""
    written = (given or "").encode("utf-8", "replace")
    if not sum(compare_digest(written, key.encode()) for key in keys):
        raise ApiKeyWrong


def check_jurisdiction(context: IntakeContext, given: str | None) -> None:
    """Raise JurisdictionUnknown for another Pemda's; leaving it out is right, there is one."""
    if given and given.casefold() != jurisdiction_of(context):
        raise JurisdictionUnknown(jurisdiction_of(context))


def jurisdiction_of(context: IntakeContext) -> str:
    """Return the Pemda's jurisdiction_id: the host of its site, else its region's code."""
    pemda = context.profile.pemda
    return urlsplit(pemda.contact.site or "").hostname or pemda.region_code


def list_services(context: IntakeContext) -> list[Open311Service]:
    """Return what may be reported, and then what may be applied for."""
    topics = [
        Open311Service(
            service_code=topic.code,
            service_name=topic.name,
            description=topic.name,
            metadata=False,
            type="realtime",
            keywords=keywords_of(topic.keywords),
            group=topic.group or "Kecamatan",
        )
        for topic in context.profile.outside.services
    ]
    return [*topics, *list_offered(context)]


def define_service(context: IntakeContext, code: str) -> Open311Definition:
    """Return what a service asks for; raises ServiceUnknown.

    A service of the catalogue asks for what its form does, a topic for nothing.
    """
    service = find_offered(context, code)
    if service is not None:
        return define(service)
    _topic(context, code)
    return Open311Definition(service_code=code, attributes=[])


def draft_request(
    context: IntakeContext, form: Form, key: str | None, body: bytes, now: datetime
) -> Submission:
    """Draft a submitted request; raises ServiceUnknown, ParameterWrong, FormIncorrect."""
    fields = form.fields
    code = fields.get("service_code")
    if code is None:
        raise FormIncorrect([("service_code", "Pilih salah satu service_code.")])
    topic = _topic(context, code)
    text = fields.get("description") or topic.name
    if len(text) > MOST_DESCRIPTION:
        raise FormIncorrect([("description", f"Paling banyak {MOST_DESCRIPTION} huruf.")])
    media_url = fields.get("media_url")
    if media_url is not None:
        text = f"{text}\n\nFoto: {_checked_url(media_url)}"
    name = " ".join(filter(None, (fields.get("first_name"), fields.get("last_name"))))
    complaint = ComplaintForm(
        channel=CHANNEL,
        title=topic.name,
        text=text,
        location=_location(context, fields),
        reporter=ReporterForm(
            name=_bounded("first_name", name, 120) or None,
            phone=_bounded("phone", fields.get("phone"), 40),
            email=_bounded("email", fields.get("email"), 254),
        ),
    )
    origin = Origin(
        body=body,
        scope=CHANNEL,
        key=key,
        device=_bounded("device_id", fields.get("device_id"), 200),
        service_code=topic.code,
    )
    return draft_submission(context, complaint, origin, now)


def created(tracking_code: str) -> Open311Created:
    """Answer a request that was taken in."""
    return Open311Created(
        service_request_id=tracking_code,
        service_notice=f"Laporan Anda diterima dengan kode lacak {tracking_code}.",
    )


async def list_requests(
    connection: AsyncConnection, context: IntakeContext, window: Window
) -> list[Open311Request]:
    """Return what the public may see of a span of time, the newest first."""
    return _shown(context, await open311_queries.list_public(connection, window))


async def find_requests(
    connection: AsyncConnection, context: IntakeContext, written: Sequence[str]
) -> list[Open311Request]:
    """Return the requests among these ids; what is secret is not among them."""
    codes = [code for each in written if (code := read_code(each)) is not None]
    return _shown(context, await open311_queries.find_public(connection, codes))


async def find_request(
    connection: AsyncConnection, context: IntakeContext, written: str
) -> Open311Request:
    """Return one request; raises ComplaintNotFound, also for a secret one."""
    found = await find_requests(connection, context, [written])
    if not found:
        raise ComplaintNotFound
    return found[0]


def _topic(context: IntakeContext, code: str) -> ServiceTopic:
    for topic in context.profile.outside.services:
        if topic.code == code:
            return topic
    raise ServiceUnknown


def _location(context: IntakeContext, fields: Mapping[str, str]) -> LocationForm:
    lat, lon = read_degrees(fields)
    address = _bounded("address_string", fields.get("address_string"), MOST_ADDRESS)
    area_code = fields.get("address_id")
    if area_code is not None and area_code not in context.area_codes:
        raise FormIncorrect([("address_id", "Kode wilayah ini tidak dikenal.")])
    if lat is None and address is None and area_code is None:
        raise FormIncorrect([("lat", "Isi lat dan long, address_string, atau address_id.")])
    if lat is not None and not -90 <= lat <= 90:
        raise FormIncorrect([("lat", "Lintang antara -90 dan 90.")])
    return LocationForm(lat=lat, lon=lon, address=address, area_code=area_code)


def _bounded(name: str, value: str | None, most: int) -> str | None:
    if value is not None and len(value) > most:
        raise FormIncorrect([(name, f"Paling banyak {most} huruf.")])
    return value


def _checked_url(url: str) -> str:
    if len(url) > _MOST_URL or not url.startswith(("http://", "https://")) or " " in url:
        raise FormIncorrect([("media_url", "Berikan alamat http atau https.")])
    return url


def _shown(context: IntakeContext, found: Sequence[PublicComplaint]) -> list[Open311Request]:
    names = {topic.code: topic.name for topic in context.profile.outside.services}
    names |= {service.code: service.title for service in context.catalogue.services}
    areas = context.profile.area_names()
    return [_request(each, names, areas) for each in found]


def _request(
    found: PublicComplaint, names: Mapping[str, str], areas: Mapping[str, str]
) -> Open311Request:
    complaint, step = found.complaint, found.step
    # Where somebody lives who wishes not to be known may be just where the matter is.
    placed = complaint.lat is not None and not complaint.anonymous
    address = None if complaint.anonymous else complaint.address
    return Open311Request(
        service_request_id=complaint.tracking_code,
        status=status_of(complaint.state),
        status_notes=sentence_of(step.kind, step.opd, step.opd_name, step.detail) if step else None,
        service_name=names.get(complaint.service_code),
        service_code=complaint.service_code,
        description=complaint.text,
        agency_responsible=complaint.opd_name,
        service_notice=None,
        requested_datetime=complaint.submitted_at,
        updated_datetime=step.happened_at if step else complaint.submitted_at,
        expected_datetime=found.expected_at,
        address=address or areas.get(complaint.area_code),
        address_id=complaint.area_code,
        zipcode=None,
        lat=round(complaint.lat, _DECIMALS) if placed else None,
        long=round(complaint.lon, _DECIMALS) if placed else None,
        media_url=None,
    )
