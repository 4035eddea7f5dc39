"""What is written for those who write services holds: the tutorial, and the schema for editors."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from services.cli.documents import service_schema_text
from shared.catalogue import blocks, definition, fields
from shared.catalogue.definition import Service
from shared.catalogue.json_schema import form_schema
from shared.yaml_lines import read_yaml
from tests.unit.catalogue.files import CONTOH, DOCUMENT, ROOT, forms_of, shipped, tutorial_file

FILES = sorted((CONTOH / "services").glob("*.yaml"))
LINE = "# yaml-language-server: $schema=../../../../docs/service.schema.json"


def _models() -> list[type[BaseModel]]:
    found = {
        each
        for module in (blocks, definition, fields)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, BaseModel)
    }
    return sorted(found, key=lambda each: each.__name__)


@pytest.fixture(scope="module")
def editor() -> Draft202012Validator:
    schema = json.loads(service_schema_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("model", _models(), ids=lambda model: model.__name__)
def test_every_key_is_named_in_the_document(model: type[BaseModel]) -> None:
    document = DOCUMENT.read_text(encoding="utf-8").replace(tutorial_file(), "")
    named = set(re.findall(r"`([a-z_]+)(?::[^`]*)?`", document))
    assert set(model.model_fields) - named == set()


def test_every_kind_of_field_is_in_the_document_and_in_its_file() -> None:
    kinds = {
        str(each.model_fields["type"].annotation.__args__[0])  # type: ignore[union-attr]
        for each in _models()
        if "type" in each.model_fields
    }
    document = DOCUMENT.read_text(encoding="utf-8").replace(tutorial_file(), "")
    for kind in kinds:
        assert f"`{kind}`" in document
        assert f"type: {kind}" in tutorial_file()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_editors_find_no_mistake_in_a_shipped_file(file: Any, editor: Draft202012Validator) -> None:
    assert file.read_text(encoding="utf-8").splitlines()[0] == LINE
    assert (file.parent / LINE.partition("=")[2]).resolve() == ROOT / "docs/service.schema.json"
    assert [each.message for each in editor.iter_errors(read_yaml(file).value)] == []


def test_editors_find_mistakes(editor: Draft202012Validator) -> None:
    good = read_yaml(FILES[0]).value
    for wrong in ({**good, "aktif": True}, {**good, "stages": []}, {**good, "version": "satu"}):
        assert list(editor.iter_errors(wrong))


@pytest.mark.parametrize("service", shipped(), ids=lambda service: service.code)
def test_each_form_has_a_valid_schema(service: Service) -> None:
    for form in forms_of(service):
        Draft202012Validator.check_schema(form_schema(form, service.title))
