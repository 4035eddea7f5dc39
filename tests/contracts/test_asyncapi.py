"""The AsyncAPI document says what the code does, and the committed copy is the present one."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from shared.contracts.asyncapi import asyncapi_document, asyncapi_yaml
from shared.contracts.topics import EVENT_CLASSES, TOPICS, event_type
from tests.contracts.write_golden import ASYNCAPI_FILE

DOCUMENT = asyncapi_document()
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _resolve(reference: str) -> Any:
    root, *steps = reference.split("/")
    assert root == "#"
    node: Any = DOCUMENT
    for step in steps:
        node = node[step.replace("~1", "/").replace("~0", "~")]
    return node


def test_committed_document_is_the_generated_one() -> None:
    assert ASYNCAPI_FILE.read_text(encoding="utf-8") == asyncapi_yaml(), (
        "write it anew with: python -m tests.contracts.write_golden"
    )


def test_document_is_the_same_every_time() -> None:
    assert json.dumps(asyncapi_document()) == json.dumps(DOCUMENT)


def test_every_reference_resolves() -> None:
    references = set(_references(DOCUMENT))
    assert references
    for reference in references:
        assert isinstance(_resolve(reference), dict)


def test_every_topic_is_a_channel_with_its_messages() -> None:
    assert list(DOCUMENT["channels"]) == [topic.name for topic in TOPICS]
    for topic in TOPICS:
        channel = DOCUMENT["channels"][topic.name]
        assert channel["address"] == topic.name
        assert list(channel["messages"]) == [cls.__name__ for cls in topic.classes]
        kafka = channel["bindings"]["kafka"]
        assert kafka["partitions"] == topic.partitions
        assert kafka["topicConfiguration"]["retention.ms"] == topic.retention_days * 86_400_000


def test_every_publisher_sends_and_every_consumer_receives() -> None:
    expected = {f"{topic.publisher}.send.{topic.name}" for topic in TOPICS} | {
        f"{consumer}.receive.{topic.name}" for topic in TOPICS for consumer in topic.consumers
    }
    assert set(DOCUMENT["operations"]) == expected
    for operation in DOCUMENT["operations"].values():
        channel = _resolve(operation["channel"]["$ref"])
        assert operation["action"] in {"send", "receive"}
        # AsyncAPI 3.0: an operation's messages are a subset of its own channel's.
        of_channel = [f"{operation['channel']['$ref']}/messages/{n}" for n in channel["messages"]]
        assert [item["$ref"] for item in operation["messages"]] == of_channel


def test_every_class_is_a_message_with_a_summary() -> None:
    assert {message["name"] for message in MESSAGES.values()} == set(map(event_type, EVENT_CLASSES))
    assert all(message["summary"] for message in MESSAGES.values())


@pytest.mark.parametrize("name", MESSAGES)
def test_example_fits_its_schemas(name: str) -> None:
    message = MESSAGES[name]
    trait = _resolve(message["traits"][0]["$ref"])
    for part, reference in (("payload", message["payload"]), ("headers", trait["headers"])):
        schema = {**reference, "components": DOCUMENT["components"]}
        checker = jsonschema.Draft202012Validator(schema)
        checker.validate(message["examples"][0][part])


@pytest.mark.parametrize("name", MESSAGES)
def test_schema_refuses_a_payload_without_its_complaint(name: str) -> None:
    payload = dict(MESSAGES[name]["examples"][0]["payload"])
    del payload["complaint_id"]
    schema = {**MESSAGES[name]["payload"], "components": DOCUMENT["components"]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(payload)
