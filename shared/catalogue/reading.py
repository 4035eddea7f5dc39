"""Reads the catalogue of a profile, and says of every mistake in which file and line it is."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shared.catalogue.blocks import Paragraph
from shared.catalogue.definition import (
    ADDRESSED,
    ENDS,
    REFUSED,
    Form,
    Service,
    Stage,
    all_fields,
)
from shared.catalogue.fields import AnyField
from shared.catalogue.numbering import KNOWN, PatternInvalid
from shared.catalogue.numbering import places_in as places_in_pattern
from shared.catalogue.templates import GENERAL, places_in
from shared.catalogue.values import (
    RESERVED,
    compile_condition,
    document_language,
    form_language,
    names_of,
    score_names,
    stage_language,
)
from shared.expressions.language import ExpressionInvalid, Language
from shared.profile import ProfileReader
from shared.yaml_lines import Location

FOLDER: Final = "services"
#: A repetition of what repeats: such patterns can take for ever on a text that nearly matches.
_NESTED: Final = re.compile(r"[+*}]\)?[+*{]|\([^()]*[+*{][^()]*\)[+*{]")
_OPDS, _SLA, _TOPICS = "opds.yaml", "sla.yaml", "topics.yaml"


def service_files(folder: Path) -> list[str]:
    """Return the names of the catalogue's files, such as `services/rtlh.yaml`, sorted."""
    return sorted(f"{FOLDER}/{path.name}" for path in (folder / FOLDER).glob("*.yaml"))


def read_services(folder: Path, reader: ProfileReader) -> tuple[Service, ...]:
    """Return the services of a profile's folder; what is wrong is noted with the reader."""
    found: list[tuple[str, Service]] = []
    for file in service_files(folder):
        service = reader.read(file, Service)
        if service is not None:
            _ServiceCheck(reader, file, service).run()
            found.append((file, service))
    _check_together(reader, found)
    return tuple(service for _, service in found)


def _check_together(reader: ProfileReader, found: Sequence[tuple[str, Service]]) -> None:
    """Check what only all files show: codes, series and registers that several share."""
    topics = reader.codes(_TOPICS, "topics")
    files: dict[str, str] = {}
    columns: dict[str, str] = {}
    for file, service in found:
        if service.code in files:
            reader.complain(file, ("code",), f"'{service.code}' is that of {files[service.code]}")
        if service.code in topics:
            reader.complain(file, ("code",), f"{_TOPICS} has a topic '{service.code}' already")
        files.setdefault(service.code, file)
        registry = service.registry
        if registry is not None and registry.columns:
            if registry.code in columns:
                message = f"{columns[registry.code]} says its columns already"
                reader.complain(file, ("registry", "columns"), message)
            columns.setdefault(registry.code, file)
    for file, service in found:
        if service.registry is not None and service.registry.code not in columns:
            message = f"no file says the columns of the register '{service.registry.code}'"
            reader.complain(file, ("registry", "code"), message)


class _ServiceCheck:
    """Notes what no single value of one file shows."""

    def __init__(self, reader: ProfileReader, file: str, service: Service) -> None:
        self.reader = reader
        self.file = file
        self.service = service
        self.forms: list[tuple[Location, Form]] = [(("form",), service.form)]
        self.forms += [
            (("stages", number, "form"), stage.form) for number, stage in enumerate(service.stages)
        ]
        self.fields: dict[str, AnyField] = {
            field.code: field for _, form in self.forms for field in all_fields(form)
        }

    def run(self) -> None:
        if self.file != f"{FOLDER}/{self.service.code}.yaml":
            self.complain(("code",), f"the file must be named {self.service.code}.yaml")
        self.check_opds()
        self.check_names()
        for place, form in self.forms:
            self.check_form(place, form)
        self.check_criteria()
        self.check_stages()
        self.check_numbers()
        self.check_appointment()
        self.check_documents()
        self.check_registry()
        self.check_template(("received",), self.service.received)

    def complain(self, place: Location, message: str) -> None:
        self.reader.complain(self.file, place, message)

    # ------------------------------------------------------------------ names

    def check_opds(self) -> None:
        known = self.reader.codes(_OPDS, "opds")
        for index, opd in enumerate(self.service.opds):
            if opd not in known:
                self.complain(("opds", index), f"{_OPDS} has no OPD '{opd}'")
        for index, stage in enumerate(self.service.stages):
            if stage.opd != ADDRESSED and stage.opd not in known:
                self.complain(("stages", index, "opd"), f"{_OPDS} has no OPD '{stage.opd}'")

    def check_names(self) -> None:
        """Each name means one thing, in the form and in every stage."""
        seen: dict[str, Location] = {}
        names: list[tuple[Location, str]] = [
            (("parameters", code), code) for code in self.service.parameters
        ]
        for place, form in self.forms:
            for number, field in enumerate(form.fields):
                known = dict.fromkeys((field.code, *names_of([field])))
                names += [((*place, "fields", number), name) for name in known]
            if form.assessment is not None:
                where = (*place, "assessment")
                items = list(all_fields(Form(assessment=form.assessment)))
                names += [((*where, "items"), field.code) for field in items]
                names += [(where, name) for name in score_names(form.assessment)]
        for where, name in names:
            if name in seen or name in GENERAL | RESERVED:
                self.complain(where, f"the name '{name}' is taken; each means one thing")
            seen[name] = where

    # ------------------------------------------------------------------ forms

    def check_form(self, place: Location, form: Form) -> None:
        is_stage = place[0] == "stages"
        language = stage_language(self.service) if is_stage else form_language(self.service, form)
        for number, field in enumerate(form.fields):
            where = (*place, "fields", number)
            self.check_condition((*where, "when"), field.when, language)
            self.check_order(where, form, number)
            self.check_field(where, field)
            if is_stage and field.is_personal:
                self.complain(where, "a stage's fields are never personal: routing keeps them")
            if is_stage and field.type == "appointment":
                self.complain(where, "appointments are asked for in the application's form")
        for number, rule in enumerate(form.rules):
            where = (*place, "rules", number)
            self.check_condition((*where, "require"), rule.require, language)
            if rule.field is not None and rule.field not in {f.code for f in all_fields(form)}:
                self.complain((*where, "field"), f"there is no field '{rule.field}' in this form")
        self.reader.require_unique(
            self.file, (*place, "rules"), [rule.id for rule in form.rules], "id"
        )

    def check_order(self, where: Location, form: Form, number: int) -> None:
        """A field's condition asks for what stands before it."""
        condition = form.fields[number].when
        if condition is None:
            return
        later = names_of(form.fields[number:])
        try:
            named = compile_condition(document_language(self.service), condition).names
        except ExpressionInvalid:
            return
        for name in named:
            if name in later:
                self.complain((*where, "when"), f"'{name}' must be asked for before it")

    def check_field(self, where: Location, field: AnyField) -> None:
        if field.type in ("choice", "many"):
            self.reader.require_unique(
                self.file,
                (*where, "options"),
                [option.value for option in field.options],
                "value",
            )
        if field.type == "group":
            self.reader.require_unique(
                self.file, (*where, "fields"), [each.code for each in field.fields], "code"
            )
            for number, each in enumerate(field.fields):
                if each.when is not None:
                    place = (*where, "fields", number, "when")
                    self.complain(place, "inside a group every field is asked for")
        if field.type == "text" and field.pattern is not None:
            self.check_pattern((*where, "pattern"), field.pattern)

    def check_pattern(self, where: Location, pattern: str) -> None:
        """Only patterns without a repetition inside a repetition: others can take for ever."""
        try:
            re.compile(pattern)
        except re.error as error:
            self.complain(where, f"not a regular expression: {error}")
            return
        if _NESTED.search(pattern):
            self.complain(where, "a repetition inside a repetition is not allowed")

    def check_criteria(self) -> None:
        language = form_language(self.service, self.service.form)
        criteria = self.service.form.eligibility
        place: Location = ("form", "eligibility")
        self.reader.require_unique(self.file, place, [each.id for each in criteria], "id")
        for number, criterion in enumerate(criteria):
            where = (*place, number, "require")
            self.check_condition(where, criterion.require, language)

    def check_condition(self, where: Location, source: str | None, language: Language) -> None:
        if source is None:
            return
        try:
            compile_condition(language, source)
        except ExpressionInvalid as error:
            self.reader.complain_inside(self.file, where, error.line, error.column, error.message)

    def check_template(
        self, where: Location, template: str | None, *, all_of: bool = False
    ) -> None:
        """What citizens are told names nothing personal: the sentence stands on the timeline."""
        if template is None:
            return
        known = set(GENERAL) | set(self.service.parameters)
        for form in (form for _, form in self.forms):
            known |= set(score_names(form.assessment))
            known |= {f.code for f in all_fields(form) if all_of or not f.is_personal}
        try:
            places = places_in(template)
        except ValueError as error:
            self.complain(where, str(error))
            return
        for name in sorted(places - known):
            is_personal = name in self.fields
            message = (
                f"'{name}' is personal and stays in intake"
                if is_personal
                else f"there is no '{name}'"
            )
            self.complain(where, message)

    # ------------------------------------------------------------------ stages

    def check_stages(self) -> None:
        stages = self.service.stages
        self.reader.require_unique(self.file, ("stages",), [s.code for s in stages], "code")
        ladders = self.reader.codes(_SLA, "ladders", "id")
        language = stage_language(self.service)
        for number, stage in enumerate(stages):
            place: Location = ("stages", number)
            if stage.code in ENDS:
                self.complain((*place, "code"), f"'{stage.code}' is a word of the catalogue's own")
            if stage.clock is not None and ladders and stage.clock.ladder not in ladders:
                message = f"{_SLA} has no ladder '{stage.clock.ladder}'"
                self.complain((*place, "clock", "ladder"), message)
            self.check_template((*place, "tell"), stage.tell)
            self.check_decisions(place, stage, language)
        self.check_ways()

    def check_decisions(self, place: Location, stage: Stage, language: Language) -> None:
        codes = [decision.code for decision in stage.decisions]
        self.reader.require_unique(self.file, (*place, "decisions"), codes, "code")
        for number, decision in enumerate(stage.decisions):
            where = (*place, "decisions", number)
            if decision.next not in ENDS and self.service.stage(decision.next) is None:
                self.complain((*where, "next"), f"there is no stage '{decision.next}'")
            self.check_condition((*where, "when"), decision.when, language)
            self.check_template((*where, "tell"), decision.tell)
            reasons = [reason.code for reason in decision.reasons]
            self.reader.require_unique(self.file, (*where, "reasons"), reasons, "code")

    def check_ways(self) -> None:
        """Every stage can be reached, and from every stage there is a way to an end."""
        ways = {
            stage.code: {decision.next for decision in stage.decisions}
            for stage in self.service.stages
        }
        reached = _reachable(self.service.first.code, ways)
        for number, stage in enumerate(self.service.stages):
            if stage.code not in reached:
                self.complain(("stages", number), f"no way leads to '{stage.code}'")
            if not _reachable(stage.code, ways) & {"done", REFUSED}:
                self.complain(("stages", number), f"no way leads from '{stage.code}' to an end")

    # ------------------------------------------------------------------ the other blocks

    def check_numbers(self) -> None:
        series = [each.series for each in self.service.numbering]
        self.reader.require_unique(self.file, ("numbering",), series, "series")
        choices = {
            code
            for code, field in self.fields.items()
            if field.type == "choice" and not field.is_personal
        }
        early = {field.code for field in all_fields(self.service.form)}
        for number, each in enumerate(self.service.numbering):
            where = ("numbering", number, "pattern")
            try:
                places = places_in_pattern(each.pattern)
            except PatternInvalid as error:
                self.complain(where, str(error))
                continue
            for name in sorted(places - KNOWN - choices):
                self.complain(where, f"'{name}' is no choice of a form, or it is personal")
            if each.series == self.service.application_number:
                for name in sorted(places & choices - early):
                    self.complain(where, f"'{name}' is not answered yet when this is drawn")
            if len(self.service.opds) > 1 and each.per_opd and "opd" not in places:
                self.complain(where, "per_opd needs {opd}: else two numbers would be the same")
        if self.service.application_number not in {None, *series}:
            self.complain(("application_number",), "there is no such series")

    def check_appointment(self) -> None:
        asked = [f for f in all_fields(self.service.form) if f.type == "appointment"]
        if bool(asked) != (self.service.appointment is not None) or len(asked) > 1:
            message = "an appointment needs one field of type appointment, and the other way round"
            self.complain(("appointment",), message)

    def check_documents(self) -> None:
        codes = [document.code for document in self.service.documents]
        self.reader.require_unique(self.file, ("documents",), codes, "code")
        language = document_language(self.service)
        for number, document in enumerate(self.service.documents):
            place: Location = ("documents", number)
            if document.number is not None and self.service.series(document.number) is None:
                self.complain((*place, "number"), f"there is no series '{document.number}'")
            if document.stage is not None and self.service.stage(document.stage) is None:
                self.complain((*place, "stage"), f"there is no stage '{document.stage}'")
            self.check_condition((*place, "when"), document.when, language)
            if document.file is not None and self.type_of(document.file) != "file":
                self.complain((*place, "file"), f"there is no file '{document.file}'")
            for index, code in enumerate(document.public):
                if code not in self.fields or self.fields[code].is_personal:
                    self.complain((*place, "public", index), f"'{code}' is no public field")
            for index, part in enumerate(document.body):
                self.check_paragraph((*place, "body", index), part, language)

    def check_paragraph(self, where: Location, part: Paragraph, language: Language) -> None:
        self.check_condition((*where, "when"), part.when, language)
        for index, (_, template) in enumerate(part.rows):
            self.check_template((*where, "rows", index), template, all_of=True)
        if part.each is None:
            self.check_template((*where, "text"), part.text, all_of=True)
            return
        group = self.fields.get(part.each)
        if group is None or group.type != "group":
            self.complain((*where, "each"), f"there is no group '{part.each}'")
            return
        try:
            unknown = places_in(part.text or "") - {each.code for each in group.fields} - {"row"}
        except ValueError as error:
            self.complain((*where, "text"), str(error))
            return
        for name in sorted(unknown):
            self.complain((*where, "text"), f"the group has no field '{name}'")

    def check_registry(self) -> None:
        registry = self.service.registry
        if registry is None:
            return
        place: Location = ("registry",)
        columns = [column.code for column in registry.columns]
        self.reader.require_unique(self.file, (*place, "columns"), columns, "code")
        for number, column in enumerate(registry.columns):
            source = column.source or column.code
            field = self.fields.get(source)
            if source != "number" and (field is None or field.is_personal):
                self.complain((*place, "columns", number), f"'{source}' is no public field")
            if column.code == registry.expires and self.type_of(source) != "date":
                self.complain((*place, "expires"), f"'{source}' is no date")
        if registry.place is not None and self.type_of(registry.place) != "location":
            self.complain((*place, "place"), f"there is no location '{registry.place}'")

    def type_of(self, code: str) -> str | None:
        field = self.fields.get(code)
        return None if field is None else field.type


def _reachable(start: str, ways: dict[str, set[str]]) -> set[str]:
    """Return what can be reached from a stage, itself among it."""
    found, waiting = {start}, [start]
    while waiting:
        for following in ways.get(waiting.pop(), ()):
            if following not in found:
                found.add(following)
                waiting.append(following)
    return found
