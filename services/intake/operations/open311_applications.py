"""The service catalogue through Open311: fields as attributes, requests as applications."""

from collections.abc import Mapping
from typing import Any, Final

from services.intake.application_schemas import NewApplication, SubmittedApplication
from services.intake.context import IntakeContext
from services.intake.errors import FormIncorrect
from services.intake.open311_schemas import (
    Open311Attribute,
    Open311Created,
    Open311Definition,
    Open311Service,
    Open311Value,
)
from services.intake.rules.open311 import Form, keywords_of, read_degrees
from services.intake.rules.open311_answers import HOW_WRITTEN, NO, OPD, YES, answers_of
from shared.catalogue.definition import Service, all_fields
from shared.catalogue.fields import AnyField

_DATATYPES: Final[Mapping[str, str]] = {
    "number": "number",
    "date": "datetime",
    "choice": "singlevaluelist",
    "many": "multivaluelist",
    "yes_no": "singlevaluelist",
    "group": "text",
}


def find_offered(context: IntakeContext, code: str | None) -> Service | None:
    """Return a service that citizens may apply for; None for another code."""
    service = context.catalogue.present(code or "")
    if service is None or not service.enabled or "citizen" not in service.applicants:
        return None
    return service


def list_offered(context: IntakeContext) -> list[Open311Service]:
    """Return the services that citizens may apply for, as Open311 lists them."""
    offered = (find_offered(context, each.code) for each in context.catalogue.services)
    return [
        Open311Service(
            service_code=service.code,
            service_name=service.title,
            description=service.description,
            metadata=True,
            type="realtime",
            keywords=keywords_of(service.keywords),
            group=service.group,
        )
        for service in offered
        if service is not None
    ]


def define(service: Service) -> Open311Definition:
    """Return what a service's form asks for, in its order.

    What is asked under a condition alone is not required here; the check at submission knows.
    """
    attributes = [_opd_of(service)] if len(service.opds) > 1 else []
    for field in all_fields(service.form):
        attributes.append(_attribute(field, len(attributes) + 1))
    return Open311Definition(service_code=service.code, attributes=attributes)


def read_application(service: Service, form: Form) -> NewApplication:
    """Return the application that a request is; raises FormIncorrect, ParameterWrong."""
    fields = list(all_fields(service.form))
    attributes = dict(form.attributes)
    opd: str | None = None
    if len(service.opds) > 1 and OPD not in {field.code for field in fields}:
        opd = next(iter(attributes.pop(OPD, ())), None)
        if opd not in service.opds:
            listed = ", ".join(service.opds)
            raise FormIncorrect([(f"attribute[{OPD}]", f"Pilih salah satu: {listed}.")])
    answers = answers_of(fields, attributes, _standard(form.fields))
    return NewApplication(answers=answers, channel="open311", opd=opd)


def in_attributes(refusal: FormIncorrect) -> FormIncorrect:
    """Say of a refusal by which attributes the answers came."""
    return FormIncorrect(
        [(_attribute_at(str(each["field"])), str(each["message"])) for each in refusal.errors]
    )


def created(answer: SubmittedApplication) -> Open311Created:
    """Answer an application; the secret is told here and nowhere else."""
    return Open311Created(
        service_request_id=answer.tracking_code,
        service_notice=(
            f"Permohonan Anda diterima dengan kode lacak {answer.tracking_code} dan kunci "
            f"{answer.secret}. Simpan keduanya."
        ),
    )


def _attribute_at(pointer: str) -> str:
    name, _, rest = pointer.removeprefix("/answers/").partition("/")
    if not pointer.startswith("/answers/"):
        return pointer
    return f"attribute[{name}]/{rest}" if rest else f"attribute[{name}]"


def _standard(fields: Mapping[str, str]) -> dict[str, Any]:
    lat, lon = read_degrees(fields)
    place: dict[str, Any] | None = None
    if lat is not None and lon is not None:
        place = {"lat": lat, "lon": lon}
        if "address_string" in fields:
            place["address"] = fields["address_string"]
    name = " ".join(filter(None, (fields.get("first_name"), fields.get("last_name"))))
    return {
        "name": name,
        "phone": fields.get("phone"),
        "email": fields.get("email"),
        "place": place,
    }


def _attribute(field: AnyField, order: int) -> Open311Attribute:
    datatype = _DATATYPES.get(field.type, "string")
    if field.type == "text" and field.lines > 1:
        datatype = "text"
    how = HOW_WRITTEN.get(field.type, "")
    if field.type == "group":
        how += ", ".join(f"{each.code} ({each.label})" for each in field.fields)
    return Open311Attribute.model_validate(
        {
            "variable": True,
            "code": field.code,
            "datatype": datatype,
            "required": field.required and field.when is None,
            "datatype_description": " ".join(filter(None, (how, field.help))),
            "order": order,
            "description": field.label,
            "values": _values(field),
        }
    )


def _values(field: AnyField) -> list[Open311Value]:
    if field.type == "yes_no":
        return [Open311Value(key=YES, name="Ya"), Open311Value(key=NO, name="Tidak")]
    if field.type in ("choice", "many"):
        return [Open311Value(key=each.value, name=each.label) for each in field.options]
    return []


def _opd_of(service: Service) -> Open311Attribute:
    return Open311Attribute(
        variable=True,
        code=OPD,
        datatype="singlevaluelist",
        required=True,
        datatype_description="",
        order=1,
        description="OPD yang dituju",
        values=[Open311Value(key=each, name=each) for each in service.opds],
    )
