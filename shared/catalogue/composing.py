"""Composes a document of its template: words and rows, filled with what was answered. Pure.

How it is drawn, and who signs and confirms it, is the service's business that issues it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from shared.catalogue.blocks import Document, Paragraph
from shared.catalogue.definition import DONE, ENDS, Form, Service, all_fields
from shared.catalogue.fields import AnyField
from shared.catalogue.templates import fill, written_answers
from shared.catalogue.values import (
    compile_condition,
    document_language,
    general_values,
    holds,
    scored_values,
    values_of,
)
from shared.indonesian import write_number

_MISSING: Final = "-"


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph of a document."""

    text: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a label and what stands for it."""

    rows: tuple[tuple[str, str], ...]


Block = Words | Rows


@dataclass(frozen=True, slots=True)
class Filling:
    """What an application's documents are filled with.

    `answers` are all of them, of the form and of every stage so far; `general` is what was found of
    the application, `names` are the general names of templates, `today` is the day of issue.
    """

    service: Service
    answers: Mapping[str, Any]
    general: Mapping[str, Any]
    names: Mapping[str, str]
    today: date

    def values(self) -> dict[str, Any]:
        """Return what each name of a condition is worth."""
        return {
            **general_values(),
            **self.general,
            **self.service.parameters,
            **values_of(fields_of(self.service), self.answers, self.today),
            **scored_values(_forms(self.service), self.answers),
        }

    def written(self) -> dict[str, str]:
        """Return what each place of a template is filled with."""
        figures = {**self.service.parameters, **scored_values(_forms(self.service), self.answers)}
        return {
            **{name: _write(value) for name, value in figures.items()},
            **written_answers(fields_of(self.service), self.answers),
            **self.names,
        }

    def holds(self, condition: str | None) -> bool:
        """Tell whether a document, or a part of one, is to be; what was not answered says no."""
        if condition is None:
            return True
        language = document_language(self.service)
        return holds(compile_condition(language, condition), self.values()) is True


def due_documents(
    service: Service, left: str | None, decision: str | None, outcome: str | None
) -> list[Document]:
    """Return the documents that are issued when a stage is left by a decision, or at the end.

    A decision leads on if it leads to a later stage, or to the end: one that leads back issues
    nothing, and neither does a refusal.
    """
    if outcome not in {None, DONE}:
        return []
    goes_on = outcome == DONE or _leads_on(service, left, decision)
    return [
        each
        for each in service.documents
        if (outcome == DONE if each.stage is None else each.stage == left and goes_on)
    ]


def compose(document: Document, filling: Filling) -> tuple[Block, ...]:
    """Return a document's parts as they are for one application."""
    written = filling.written()
    return tuple(
        block
        for part in document.body
        if filling.holds(part.when)
        for block in _blocks(part, filling, written)
    )


def fields_of(service: Service) -> list[AnyField]:
    """Return the fields of a service's form and of all its stages."""
    return [field for form in _forms(service) for field in all_fields(form)]


def _blocks(part: Paragraph, filling: Filling, written: Mapping[str, str]) -> Iterator[Block]:
    if part.rows:
        rows = ((label, fill(template, written) or _MISSING) for label, template in part.rows)
        yield Rows(tuple(rows))
    elif part.each is None:
        yield Words(fill(part.text or "", written))
    else:
        group = next(field for field in fields_of(filling.service) if field.code == part.each)
        for number, row in enumerate(filling.answers.get(part.each) or (), 1):
            # A group that staff filled in comes with an event, as a text for each row.
            if isinstance(row, str):
                yield Words(f"{number}. {row}")
                continue
            names = written_answers(getattr(group, "fields", ()), row)
            yield Words(fill(part.text or "", {**names, "row": str(number)}))


def _leads_on(service: Service, left: str | None, decision: str | None) -> bool:
    order = [stage.code for stage in service.stages]
    stage = service.stage(left or "")
    chosen = (
        next((each for each in stage.decisions if each.code == decision), None) if stage else None
    )
    if stage is None or chosen is None:
        return False
    if chosen.next in ENDS:
        return chosen.next == DONE
    return order.index(chosen.next) > order.index(stage.code)


def _forms(service: Service) -> list[Form]:
    return [service.form, *(stage.form for stage in service.stages)]


def _write(value: Any) -> str:
    return value if isinstance(value, str) else write_number(value)
