"""Files among an application's answers: named by tokens at first, kept by their ids."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from services.intake.attachment_tables import Attachment
from services.intake.errors import FormIncorrect
from shared.catalogue.answers import Answers, files_in
from shared.catalogue.definition import Service, all_fields
from shared.catalogue.fields import AnyField

_UNKNOWN = "Berkas tidak dikenal atau sudah kedaluwarsa. Unggah lagi."


def named_uploads(
    service: Service, answers: Mapping[str, Any], known: Collection[str] = ()
) -> dict[str, str]:
    """Return where each token stands that answers name, as far as they are lists of texts.

    `known` are ids of files that the application has already: they are no tokens.
    """
    places: dict[str, str] = {}
    for field in all_fields(service.form):
        given = answers.get(field.code)
        if field.type != "file" or not isinstance(given, list):
            continue
        for place, each in enumerate(given):
            if isinstance(each, str) and each not in known:
                places.setdefault(each, f"/answers/{field.code}/{place}")
    return places


def misnamed(refusal: FormIncorrect, places: Mapping[str, str]) -> FormIncorrect:
    """Say of a refusal of tokens, which counts them, at which answers they stand."""
    pointers = list(places.values())
    wrong = [int(str(each["field"]).rpartition("/")[2]) for each in refusal.errors]
    return FormIncorrect([(pointers[place], _UNKNOWN) for place in wrong])


def with_ids(answers: Mapping[str, Any], files: Sequence[Attachment]) -> dict[str, Any]:
    """Put ids in the place of the tokens of files that were found."""
    known = {each.attachment_id for each in files}

    def replaced(answer: Any) -> Any:
        if not isinstance(answer, list):
            return answer
        return [
            each.partition(".")[0]
            if isinstance(each, str) and each.partition(".")[0] in known
            else each
            for each in answer
        ]

    return {code: replaced(answer) for code, answer in answers.items()}


def used(
    files: Sequence[Attachment], fields: Sequence[AnyField], answers: Answers
) -> tuple[Attachment, ...]:
    """Return the files that count: one at a field that was not asked for is not taken."""
    named = set(files_in(fields, answers))
    return tuple(each for each in files if each.attachment_id in named)
