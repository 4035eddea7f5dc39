"""The tutorial's own file, alone in a small profile, and what the check says of it."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from shared.catalogue.definition import Form, Service
from shared.catalogue.fields import AnyField
from shared.catalogue.reading import read_services
from shared.profile import ProfileProblem, ProfileReader

ROOT = Path(__file__).parents[3]
CONTOH = ROOT / "deploy" / "profiles" / "contoh"
DOCUMENT = ROOT / "docs" / "services.md"
FILE = "services/pinjam-gedung.yaml"

_OTHERS = {
    "opds.yaml": "opds:\n  - {code: DISBUDPORAPAR, name: Dinas Kebudayaan, kind: dinas}\n",
    "sla.yaml": "ladders:\n  - {id: standar, steps: []}\n",
    "topics.yaml": "topics:\n  - {code: jalan-berlubang}\n",
}


def tutorial_file() -> str:
    """Return the complete file that docs/services.md shows."""
    found = re.search(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def check(folder: Path, text: str) -> tuple[list[ProfileProblem], tuple[Service, ...]]:
    """Return what is wrong with this text as the only service of a profile, and what it says."""
    (folder / "services").mkdir(exist_ok=True)
    for name, content in {**_OTHERS, FILE: text}.items():
        (folder / name).write_text(content, encoding="utf-8")
    reader = ProfileReader(folder)
    services = read_services(folder, reader)
    return sorted(set(reader.problems)), services


@cache
def shipped() -> tuple[Service, ...]:
    """Return the services of the shipped profile."""
    reader = ProfileReader(CONTOH)
    services = read_services(CONTOH, reader)
    reader.finish()
    return services


def forms_of(service: Service) -> Iterator[Form]:
    """Yield the forms of a service: the application's and each stage's."""
    yield service.form
    for stage in service.stages:
        yield stage.form


def form_of(*fields: AnyField) -> Form:
    """Return a form of these fields."""
    return Form(fields=fields)
