"""Reads work.yaml of a profile, and checks it against the OPDs and topics."""

from collections.abc import Collection

from services.routing.workbook import WorkBook, WorkFile
from shared.profile import ProfileReader

WORK = "work.yaml"


def read_work(reader: ProfileReader) -> WorkBook:
    """Return what work.yaml says; nothing where it cannot be read, which the reader then tells."""
    file = reader.read(WORK, WorkFile)
    if file is None:
        return WorkBook()
    return WorkBook(guides=file.guides, external=file.external, practice=file.practice)


def check_work(
    reader: ProfileReader, work: WorkBook, opds: Collection[str], topics: Collection[str]
) -> None:
    """Complain of topics and OPDs that the profile does not have, and of codes used twice."""
    reader.require_unique(WORK, ("guides",), [each.topic for each in work.guides], "topic")
    reader.require_unique(WORK, ("external",), [each.code for each in work.external], "code")
    reader.require_unique(WORK, ("practice",), [each.code for each in work.practice], "code")
    for index, guide in enumerate(work.guides):
        if guide.topic not in topics:
            where = ("guides", index, "topic")
            reader.complain(WORK, where, f"topics.yaml has no topic '{guide.topic}'")
    for index, body in enumerate(work.external):
        if body.code in opds:
            where = ("external", index, "code")
            reader.complain(WORK, where, f"'{body.code}' is an OPD of the Pemda's own")
    for index, scenario in enumerate(work.practice):
        if scenario.opd not in opds:
            where = ("practice", index, "opd")
            reader.complain(WORK, where, f"opds.yaml has no OPD '{scenario.opd}'")
        if scenario.topic not in topics:
            where = ("practice", index, "topic")
            reader.complain(WORK, where, f"topics.yaml has no topic '{scenario.topic}'")
