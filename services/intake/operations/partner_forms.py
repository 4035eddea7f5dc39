"""What a partner reports, as a complaint's form; nothing in it refuses that a citizen cannot mend.

A partner hands on what somebody told it: a point outside the Pemda, an unknown area or a number
that is none must not cost the report, least of all a call for help.
"""

from datetime import datetime

from services.intake.context import IntakeContext
from services.intake.partner_profile import CallCategory, Sp4nCategory, plain_name
from services.intake.partner_schemas import (
    CallReport,
    PartnerPlace,
    PartnerReporter,
    Sp4nReport,
)
from services.intake.rules.checking import is_in_the_future
from services.intake.schemas import (
    MOST_ADDRESS,
    ComplaintForm,
    LocationForm,
    ReporterForm,
)
from shared.personal_numbers import normalise_phone
from shared.text import is_email

CALL112 = "call112"
SP4N = "sp4n"
SMS = "sms"


def form_of_call(context: IntakeContext, call: CallReport, now: datetime) -> ComplaintForm:
    """Return the form of a call that becomes a complaint."""
    return ComplaintForm(
        channel=CALL112,
        title=call.category or None,
        text=call.text or "",
        classification="information" if call.call_type == "information" else "complaint",
        location=usable_place(context, call.place),
        reporter=usable_reporter(PartnerReporter(name=call.name, phone=call.phone)),
        anonymous=call.anonymous,
        secret=call.secret,
        device_time=usable_time(call.called_at, now),
    )


def form_of_sp4n(context: IntakeContext, report: Sp4nReport, now: datetime) -> ComplaintForm:
    """Return the form of a report of SP4N-LAPOR."""
    return ComplaintForm(
        channel=SP4N,
        title=report.title or None,
        text=report.text,
        classification=report.classification,
        location=usable_place(context, report.place),
        reporter=usable_reporter(report.reporter),
        anonymous=report.anonymous,
        secret=report.secret,
        device_time=usable_time(report.reported_at, now),
    )


def call_category(context: IntakeContext, name: str | None) -> CallCategory | None:
    """Return the profile's category of a call, whatever the case of its name."""
    wanted = plain_name(name or "")
    categories = context.profile.outside.partners.call112.categories
    return next((each for each in categories if plain_name(each.name) == wanted), None)


def sp4n_category(
    context: IntakeContext, name: str | None, number: int | None
) -> Sp4nCategory | None:
    """Return the profile's category by its number, or else by its name."""
    categories = context.profile.outside.partners.sp4n.categories
    wanted = plain_name(name or "")
    by_number = (each for each in categories if number is not None and each.id == number)
    by_name = (each for each in categories if plain_name(each.name) == wanted)
    return next(by_number, next(by_name, None))


def usable_place(context: IntakeContext, place: PartnerPlace | None) -> LocationForm | None:
    """Return the place as far as the Pemda knows it; the rest goes into the address line."""
    if place is None:
        return None
    notes = [place.address or ""]
    lat, lon = place.lat, place.lon
    if lat is not None and lon is not None and not context.profile.pemda.bounds.contains(lat, lon):
        notes.append(f"(titik di luar wilayah: {lat:.5f}, {lon:.5f})")
        lat = lon = None
    if lat is None or lon is None:
        lat = lon = None
    area_code = place.area_code if place.area_code in context.area_codes else None
    if area_code is None:
        area_code = _area_named(context, place.district or "", place.village or "")
    if area_code is None:
        notes += [name for name in (place.village, place.district) if name]
    address = ", ".join(note for note in notes if note)[:MOST_ADDRESS]
    if lat is None and area_code is None and not address:
        return None
    return LocationForm(lat=lat, lon=lon, area_code=area_code, address=address or None)


def usable_reporter(reporter: PartnerReporter | None) -> ReporterForm | None:
    """Return who reported, without a number or address that is none."""
    if reporter is None:
        return None
    phone, email = reporter.phone, reporter.email
    return ReporterForm(
        name=reporter.name or None,
        phone=phone if phone and normalise_phone(phone) else None,
        email=email if email and is_email(email) else None,
    )


def usable_time(time: datetime | None, now: datetime) -> datetime | None:
    """Return the partner's time, unless its clock runs ahead of ours."""
    return None if time is None or is_in_the_future(time, now) else time


def _area_named(context: IntakeContext, district: str, village: str) -> str | None:
    """Return the code of the village in that district, else of the district, else None.

    A village alone must have a name that only one has.
    """
    wanted, inner = plain_name(district), plain_name(village)
    districts = context.profile.pemda.districts
    inside = [each for each in districts if not wanted or plain_name(each.name) == wanted]
    villages = [
        each.code for one in inside for each in one.villages if plain_name(each.name) == inner
    ]
    if len(villages) == 1:
        return villages[0]
    return inside[0].code if wanted and inside else None
