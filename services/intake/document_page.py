"""Draws the page that confirms a document: for a telephone, without a script, nothing fetched."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.intake.document_schemas import ConfirmedDocument, DocumentStatus
from shared.indonesian import write_day, write_number

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES: Final = Path(__file__).parent / "templates"
_SAID: Final[dict[DocumentStatus, tuple[str, str]]] = {
    "valid": ("Dokumen ini sah", "Diterbitkan oleh kami dan masih berlaku."),
    "withdrawn": (
        "Dokumen ini dicabut",
        "Pernah kami terbitkan, tetapi sudah dicabut penerbitnya.",
    ),
    "expired": ("Masa berlaku sudah habis", "Diterbitkan oleh kami, tetapi tidak berlaku lagi."),
}


def draw_confirmation(document: ConfirmedDocument) -> str:
    """Return the page; every text in it is escaped."""
    heading, said = _SAID[document.status]
    facts = [
        ("Judul", document.title),
        ("Nomor", document.number),
        ("Diterbitkan", write_day(document.issued_on)),
        ("Penerbit", document.opd_name),
        ("Berlaku sampai", write_day(document.valid_until) if document.valid_until else None),
        ("Dicabut", write_day(document.withdrawn_on) if document.withdrawn_on else None),
        *((each.label, each.value) for each in document.public),
    ]
    return _template().render(
        issuer=document.issuer,
        status=document.status,
        heading=heading,
        said=said,
        code=document.verification_code,
        facts=[(label, value) for label, value in facts if value],
        sha256=document.sha256,
        size=write_number(document.size),
    )


def draw_unknown(issuer: str, detail: str) -> str:
    """Return the page for a code that stands for nothing."""
    return _template().render(
        issuer=issuer,
        status="unknown",
        heading="Dokumen tidak dikenal",
        said=detail,
        code=None,
        facts=[],
        sha256=None,
        size=None,
    )


@cache
def _template() -> "Template":
    # Imported when the first page is drawn: most processes never draw one.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    pages = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    return pages.get_template("document.html")
