"""Sharing: packages of displayed innovations, imports of other cities', and who adopted what."""

from hashlib import sha256
from uuid import UUID

from services.survey import innovation_queries
from services.survey.context import SurveyContext
from services.survey.innovation_access import InnovationAccess
from services.survey.innovation_errors import (
    AdoptionNotFound,
    EntriesInvalid,
    InnovationActionNotYours,
    InnovationNotFound,
    PackageInvalid,
)
from services.survey.innovation_package import (
    ImportedView,
    ImportForm,
    InnovationPackage,
    PackageContent,
    PackageEntry,
    PackageOrigin,
    checksum_of,
)
from services.survey.innovation_schemas import AdoptionForm
from services.survey.innovation_tables import Innovation, InnovationAdoption
from services.survey.operations.proposing import new_innovation, store_new
from services.survey.plan_access import opaque_id
from services.survey.rules.innovation_stages import Stage
from shared.ids import new_id
from shared.masking import mask_identifiers
from shared.unit_of_work import UnitOfWork


async def find_displayed(unit: UnitOfWork, innovation_id: str) -> Innovation:
    """Return an innovation that the gallery shows; raises InnovationNotFound for all others."""
    innovation = await innovation_queries.find_innovation(unit.connection, innovation_id)
    if innovation is None or innovation.stage != Stage.DISPLAY:
        raise InnovationNotFound
    return innovation


def content_of(context: SurveyContext, innovation: Innovation) -> PackageContent:
    """Return what a package of an innovation holds: nothing of persons, and no score."""
    file = context.profile.innovation
    entries = [
        PackageEntry(
            code=each.code,
            name=each.name,
            stage=str(stage.code),
            value=innovation.dossier[each.code],
        )
        for stage in file.stages
        for each in stage.holds
        if each.code in innovation.dossier
    ]
    opd = innovation.opd
    return PackageContent.model_validate(
        {
            "origin": PackageOrigin(
                pemda=context.profile.pemda,
                region_code=context.profile.region_code,
                innovation_id=innovation.innovation_id,
            ),
            "title": innovation.title,
            "problem": innovation.problem,
            "idea": innovation.idea,
            "initiator": innovation.initiator,
            "form": innovation.form,
            "digital": innovation.digital,
            "opd_name": context.profile.opd_names.get(opd, opd) if opd else None,
            "evidence": innovation.evidence,
            "entries": entries,
            "criteria": {
                code: each["argument"]
                for code, each in innovation.criteria.items()
                if each.get("argument")
            },
            "documents": innovation.documents,
            "snippets": innovation.snippets,
        }
    )


async def report_adoption(
    unit: UnitOfWork, innovation_id: str, form: AdoptionForm
) -> InnovationAdoption:
    """Take the report that somebody adopted a displayed innovation; the same twice is one.

    Raises InnovationNotFound.
    """
    innovation = await find_displayed(unit, innovation_id)
    adoption = _adoption(
        unit, innovation.innovation_id, form.adopter, form.region_code, form.url, form.note
    )
    return await _kept(unit, adoption)


async def confirm_adoption(
    unit: UnitOfWork, access: InnovationAccess, innovation_id: str, adoption_id: str
) -> InnovationAdoption:
    """Let the coordinator confirm a report; raises InnovationActionNotYours, AdoptionNotFound."""
    if not access.coordinates:
        raise InnovationActionNotYours
    actor = opaque_id(access.caller)
    confirmed = await innovation_queries.confirm_adoption(
        unit.connection, innovation_id, adoption_id, actor, unit.now
    )
    if confirmed is None:
        raise AdoptionNotFound
    return confirmed


async def import_package(
    unit: UnitOfWork, context: SurveyContext, actor: str, form: ImportForm
) -> ImportedView:
    """Make a proposal of another city's innovation, at the first stage; the same package is one.

    What its city had in each stage is kept with the origin for reading: what this city finds in its
    own diagnosis and trial it writes itself. Raises PackageInvalid, EntriesInvalid.
    """
    package, opd = form.package, form.opd
    if checksum_of(package.content) != package.checksum:
        raise PackageInvalid(
            "Isi paket tidak cocok dengan checksum-nya. Minta paket baru dari kota asal."
        )
    if opd not in context.profile.opd_names:
        raise EntriesInvalid([("/opd", "OPD tidak ada dalam profil Pemda")])
    innovation = _imported(unit, package, opd, actor)
    created = await store_new(unit, innovation, actor, "import")
    if not created:
        found = await innovation_queries.find_by_digest(unit.connection, innovation.digest)
        innovation = found or innovation
    origin = package.content.origin
    if origin.region_code == context.profile.region_code:
        await _adopt_own(unit, context, origin, opd, actor)
    adopter = context.profile.pemda
    return ImportedView(
        innovation_id=innovation.innovation_id,
        created=created,
        title=innovation.title,
        stage=innovation.stage,
        report_to=f"/survey/v1/gallery/{origin.innovation_id}/adoptions",
        report={"adopter": adopter, "region_code": context.profile.region_code},
    )


def _imported(unit: UnitOfWork, package: InnovationPackage, opd: str, actor: str) -> Innovation:
    content = package.content
    innovation = new_innovation(unit, content, initiator="replikasi", evidence=())
    # An imported one is the same as another import of it for this OPD, not as a proposal here.
    key = f"import\0{package.checksum}\0{opd}"
    innovation.digest = sha256(key.encode()).digest()
    innovation.opd, innovation.proposer = opd, actor
    innovation.documents = [each.model_dump() for each in content.documents]
    innovation.snippets = [each.model_dump() for each in content.snippets]
    innovation.origin = {
        "checksum": package.checksum,
        **content.origin.model_dump(),
        "opd_name": content.opd_name,
        "evidence": [each.model_dump() for each in content.evidence],
        "entries": [each.model_dump() for each in content.entries],
        "criteria": {str(code): text for code, text in content.criteria.items()},
    }
    return innovation


async def _adopt_own(
    unit: UnitOfWork, context: SurveyContext, origin: PackageOrigin, opd: str, actor: str
) -> None:
    """Record that another OPD of this Pemda adopts one of its own displayed innovations."""
    try:
        original = await find_displayed(unit, str(UUID(origin.innovation_id)))
    except (InnovationNotFound, ValueError):
        return
    if original.opd == opd:
        return
    name, region = context.profile.opd_names[opd], context.profile.region_code
    kept = await _kept(unit, _adoption(unit, original.innovation_id, name, region))
    await innovation_queries.confirm_adoption(
        unit.connection, original.innovation_id, kept.adoption_id, actor, unit.now
    )


async def _kept(unit: UnitOfWork, adoption: InnovationAdoption) -> InnovationAdoption:
    if await innovation_queries.insert_adoption(unit.connection, adoption):
        return adoption
    found = await innovation_queries.find_adoption(unit.connection, adoption.digest)
    return found or adoption


def _adoption(
    unit: UnitOfWork,
    innovation_id: str,
    adopter: str,
    region_code: str | None,
    url: str | None = None,
    note: str | None = None,
) -> InnovationAdoption:
    name = " ".join(adopter.split()).casefold()
    said = f"{innovation_id}\0{region_code or ''}\0{name}"
    return InnovationAdoption(
        adoption_id=new_id(),
        innovation_id=innovation_id,
        digest=sha256(said.encode("utf-8", "replace")).digest(),
        adopter=mask_identifiers(adopter),
        region_code=region_code,
        url=url,
        note=note and mask_identifiers(note),
        reported_at=unit.now,
    )
