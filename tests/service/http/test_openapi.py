"""The OpenAPI documents say what a client must know, and a typed one can be generated from them.

That they are what the code makes is held in `tests/architecture`.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from shared.contracts.topics import SERVICES, ServiceName
from shared.problems import MEDIA_TYPE
from tests.service.http.documents import (
    Document,
    Operation,
    document_of,
    operations_of,
    resolve,
)

OPERATIONS = list(operations_of(*SERVICES))
PROBLEM = {"$ref": "#/components/schemas/ProblemDocument"}
#: Where a readiness probe says what is amiss, which is no refusal of a request.
NO_PROBLEMS = {"503": "readyz"}
OPEN311 = "/open311/"
#: What a JSON Schema may say without refusing anything.
ANNOTATIONS = {"title", "description", "default", "examples"}

every_service = pytest.mark.parametrize("service", SERVICES)
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


@every_service
def test_document_is_openapi_3_1(service: ServiceName) -> None:
    document = document_of(service)

    assert document["openapi"].startswith("3.1.")
    assert document["info"]["title"]
    assert document["info"]["description"]
    for path in document["paths"]:
        assert path.startswith(f"/{service}/")
        placeholders = re.findall(r"{(\w+)}", path)
        for operation in operations_of(service):
            if operation.path == path:
                assert path_parameters(operation) == sorted(placeholders)


@every_service
def test_every_reference_leads_somewhere_and_every_schema_is_used(service: ServiceName) -> None:
    document = document_of(service)
    references = set(references_in(document))

    for reference in references:
        resolve(document, {"$ref": reference})
    named = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert named - references <= {PROBLEM["$ref"], "#/components/schemas/FieldError"}


@every_service
def test_every_schema_is_a_json_schema(service: ServiceName) -> None:
    for schema in document_of(service)["components"]["schemas"].values():
        validator_for(schema, default=Draft202012Validator).check_schema(schema)


@every_operation
def test_parameter_says_what_is_wanted_in_words_that_a_client_knows(operation: Operation) -> None:
    for parameter in operation.content.get("parameters", []):
        for keyword in parameter["schema"]:
            assert keyword in Draft202012Validator.VALIDATORS.keys() | ANNOTATIONS, parameter


@every_operation
def test_operation_says_what_it_is(operation: Operation) -> None:
    content = operation.content

    assert re.fullmatch(r"[a-z][a-z0-9_]*", content["operationId"])
    assert content["tags"]
    assert content["summary"]
    assert content["description"].endswith(".")
    for parameter in content.get("parameters", []):
        schema = parameter["schema"]
        assert parameter.get("description") or schema.get("format") or schema.get("pattern")


@every_operation
def test_operation_documents_its_problems_as_problems(operation: Operation) -> None:
    if OPEN311 in operation.path:
        # A world-wide specification has errors of its own, in both of its formats.
        refused = operation.content["responses"]["4XX"]["content"]
        assert set(refused) == {"application/json", "text/xml"}
        assert "422" not in operation.content["responses"]
        return
    refusals = {
        status: answer
        for status, answer in operation.content["responses"].items()
        if int(status) >= 400 and not operation.path.endswith(NO_PROBLEMS.get(status, " "))
    }

    for answer in refusals.values():
        assert answer["content"] == {MEDIA_TYPE: {"schema": PROBLEM}}
        assert answer["description"]
    assert expected_refusals(operation) <= set(refusals)


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if "requestBody" in each.content], ids=str
)
def test_body_has_an_example_that_the_body_allows(operation: Operation) -> None:
    document = document_of(operation.service)
    for media in operation.content["requestBody"]["content"].values():
        examples = list(examples_of(document, media["schema"]))
        assert examples
        validator = validator_of(document, media["schema"])
        for example in examples:
            validator.validate(example)


@every_operation
def test_success_has_a_schema(operation: Operation) -> None:
    answers = operation.content["responses"]
    success = [(status, answer) for status, answer in answers.items() if status[0] in "23"]

    [(status, answer)] = success
    # A redirection has no content; of a stream, the schema is that of each event.
    assert status[0] == "3" or answer["content"]
    for media in answer.get("content", {}).values():
        assert media.get("schema") or media["itemSchema"]


def test_operation_ids_are_one_operations_each() -> None:
    named = Counter(operation.content["operationId"] for operation in OPERATIONS)

    assert [name for name, times in named.items() if times > 1] == []


def test_one_name_means_one_schema_in_all_documents() -> None:
    meanings: dict[str, set[str]] = {}
    for service in SERVICES:
        for name, schema in document_of(service)["components"]["schemas"].items():
            meanings.setdefault(name, set()).add(json.dumps(schema, sort_keys=True))

    assert [name for name, different in meanings.items() if len(different) > 1] == []


def test_names_are_identifiers_that_no_generator_must_mend() -> None:
    for service in SERVICES:
        schemas = document_of(service)["components"]["schemas"]
        assert all(re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) for name in schemas)
        folded = Counter(name.casefold() for name in schemas)
        assert [name for name, times in folded.items() if times > 1] == []
        for schema in schemas.values():
            assert all(name.isidentifier() for name in schema.get("properties", {}))


def test_objects_within_objects_have_names() -> None:
    # A generator would have to make up a name for an anonymous one, and may make up two alike.
    for service in SERVICES:
        for name, schema in document_of(service)["components"]["schemas"].items():
            for field, inner in schema.get("properties", {}).items():
                assert "properties" not in json.dumps(inner), f"{name}.{field}"


def path_parameters(operation: Operation) -> list[str]:
    """Return the names of the path parameters that an operation declares."""
    return sorted(
        each["name"] for each in operation.content.get("parameters", []) if each["in"] == "path"
    )


def references_in(part: Any) -> Iterator[str]:
    """Yield every reference below a part of a document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for each in part.values():
            yield from references_in(each)
    elif isinstance(part, list):
        for each in part:
            yield from references_in(each)


def expected_refusals(operation: Operation) -> set[str]:
    """Return the refusals that an operation of this kind can always give."""
    expected = set()
    if operation.for_staff:
        expected |= {"401", "403"}
    if "requestBody" in operation.content:
        expected |= {"400", "413", "422"}
    if operation.content.get("parameters"):
        expected |= {"422"}
    if path_parameters(operation):
        expected |= {"404"}
    if expected:
        expected |= {"503"}
    return expected


def examples_of(document: Document, schema: Document) -> Iterator[Any]:
    """Yield the examples of a schema, or of the one that it may be."""
    found = resolve(document, schema)
    yield from found.get("examples", [])
    for alternative in found.get("anyOf", []):
        yield from examples_of(document, alternative)


def validator_of(document: Document, schema: Document) -> Draft202012Validator:
    """Return a validator of a schema within its document."""
    return Draft202012Validator({**schema, "components": document["components"]})
