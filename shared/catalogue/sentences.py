"""What the places of a sentence for an applicant are filled with: answers, figures, names. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from shared.catalogue.definition import Service, all_fields
from shared.catalogue.templates import fill, written_answers
from shared.catalogue.values import scored_values
from shared.indonesian import write_day, write_number

#: By which general name the application's own number is known.
NUMBER: Final = "application_number"


def fill_sentence(
    service: Service,
    template: str,
    answers: Mapping[str, Any],
    stage_answers: Mapping[str, Any],
    today: date,
    names: Mapping[str, str],
) -> str:
    """Fill in what an applicant is told; nothing personal is looked at.

    `answers` are those of the form with the general names, `stage_answers` what staff filled in;
    `names` are code, opd, pemda and stage. A figure counts as it was published, else it is counted.
    """
    own = [each for each in all_fields(service.form) if not each.is_personal]
    of_stages = [each for stage in service.stages for each in all_fields(stage.form)]
    scores = {
        name: answers.get(name, value)
        for name, value in scored_values([service.form], answers).items()
    }
    figures = {
        **service.parameters,
        **scores,
        **scored_values([each.form for each in service.stages], stage_answers),
    }
    written = {
        **{name: _written(value) for name, value in figures.items()},
        **written_answers(own, answers),
        **written_answers(of_stages, stage_answers),
        "title": service.title,
        "date": write_day(today),
        "number": str(answers.get(NUMBER) or "-"),
        **names,
    }
    sessions = [each for each in own if each.type == "appointment" and each.code in answers]
    if sessions:
        written["session"] = written[sessions[0].code]
    return fill(template, written)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else write_number(value)
