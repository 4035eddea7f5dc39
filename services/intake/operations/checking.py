"""Checks a submission against the Pemda's profile, and brings its values into one form."""

from dataclasses import dataclass
from datetime import datetime

from services.intake.context import IntakeContext
from services.intake.errors import FormIncorrect
from services.intake.rules.checking import is_in_the_future
from services.intake.schemas import ComplaintForm, LocationForm, ReporterForm
from shared.personal_numbers import normalise_nik, normalise_phone
from shared.text import is_email

Errors = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Checked:
    """A form whose values hold: words (title, text, address) as written, numbers normalised.

    `spelled` are the reporter's values as they were written, for masking.
    """

    channel: str
    words: dict[str, str | None]
    lat: float | None
    lon: float | None
    area_code: str | None
    identity: dict[str, str]
    spelled: tuple[str, ...]

    def known_values(self) -> tuple[str, ...]:
        """Return every value of the reporter's own fields, in each spelling that is known."""
        return (*self.spelled, *self.identity.values())


def check_form(context: IntakeContext, form: ComplaintForm, now: datetime) -> Checked:
    """Return what a form says; raises FormIncorrect with everything that is wrong."""
    errors: Errors = []
    channel = form.channel or context.profile.default_channel
    if channel not in context.channels:
        errors.append(("/channel", "Kanal ini tidak dikenal atau tidak dibuka."))
    if form.device_time is not None and is_in_the_future(form.device_time, now):
        errors.append(("/device_time", "Waktu perangkat tidak boleh di masa depan."))
    location = form.location or LocationForm()
    _check_location(context, location, errors)
    reporter = form.reporter or ReporterForm()
    identity = _check_reporter(reporter, errors)
    if errors:
        raise FormIncorrect(errors)
    return Checked(
        channel=channel,
        words={
            "title": form.title or None,
            "text": form.text,
            "address": location.address or None,
        },
        lat=location.lat,
        lon=location.lon,
        area_code=location.area_code,
        identity=identity,
        spelled=tuple(filter(None, (reporter.name, reporter.phone, reporter.email, reporter.nik))),
    )


def read_reporter(reporter: ReporterForm) -> dict[str, str]:
    """Return a reporter's fields in one form; one that was left empty is empty.

    Raises FormIncorrect.
    """
    errors: Errors = []
    identity = _check_reporter(reporter, errors)
    if errors:
        raise FormIncorrect(errors)
    emptied = {name: "" for name, value in reporter.model_dump().items() if value == ""}
    return {**emptied, **identity}


def check_location(context: IntakeContext, location: LocationForm) -> None:
    """Raise FormIncorrect where a place cannot be one of this Pemda's."""
    errors: Errors = []
    _check_location(context, location, errors)
    if errors:
        raise FormIncorrect(errors)


def _check_location(context: IntakeContext, location: LocationForm, errors: Errors) -> None:
    lat, lon = location.lat, location.lon
    if lat is None or lon is None:
        if lat is not None or lon is not None:
            missing = "lat" if lat is None else "lon"
            errors.append((f"/location/{missing}", "Isi lintang dan bujur kedua-duanya."))
    elif not context.profile.pemda.bounds.contains(lat, lon):
        name = context.profile.pemda.short_name
        errors.append(("/location", f"Titik ini di luar wilayah {name}."))
    if location.area_code is not None and location.area_code not in context.area_codes:
        errors.append(("/location/area_code", "Kode wilayah ini tidak dikenal."))


def _check_reporter(reporter: ReporterForm, errors: Errors) -> dict[str, str]:
    """Return the fields that were filled in; a field left empty is one that was left out."""
    identity: dict[str, str] = {}
    if reporter.name:
        identity["name"] = reporter.name
    if reporter.phone:
        phone = normalise_phone(reporter.phone)
        if phone is None:
            errors.append(("/reporter/phone", "Nomor telepon tidak benar. Contoh: 081234567890."))
        else:
            identity["phone"] = phone
    if reporter.nik:
        nik = normalise_nik(reporter.nik)
        if nik is None:
            errors.append(("/reporter/nik", "NIK terdiri dari 16 angka."))
        else:
            identity["nik"] = nik
    if reporter.email:
        if not is_email(reporter.email):
            errors.append(("/reporter/email", "Alamat surel tidak benar."))
        else:
            identity["email"] = reporter.email
    return identity
