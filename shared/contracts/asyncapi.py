"""The AsyncAPI 3.0 document of the product, made from the table of topics and the event classes."""

import inspect
import json
from typing import Any, Final, cast

import yaml
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from shared.contracts.envelope import MAX_HEADER_CHARS, MAX_VALUE_BYTES, VERSION_PATTERN, encode
from shared.contracts.event import Event
from shared.contracts.examples import example_envelope
from shared.contracts.topics import (
    CONTRACT_VERSION,
    EVENT_CLASSES,
    TOPICS,
    ServiceName,
    Topic,
    event_type,
)
from shared.ids import UUID_PATTERN

JsonObject = dict[str, Any]

_DAY_MS: Final = 24 * 60 * 60 * 1000
_KAFKA_BINDING: Final = "0.5.0"
_DESCRIPTION: Final = f"""\
Events of the services of one Pemda. Each message follows the Kafka binding of CloudEvents 1.0 in
binary mode: headers say what it is, the value is the payload as JSON of at most {MAX_VALUE_BYTES}
bytes, the key is the complaint's id.

A message comes at least once: remove duplicates by `ce_id`. Within one publisher and complaint,
`aggregate_version` counts from 1 without a gap; between topics no order is promised. Payloads only
grow within a version: ignore fields that you do not know.
"""


class _PlainSchema(GenerateJsonSchema):
    """JSON Schema without a title for each field: it would only repeat the field's name."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as a block that people can read."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def asyncapi_document() -> JsonObject:
    """Return the AsyncAPI 3.0 document as plain JSON values; the same every time."""
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tanggap",
            "version": f"{CONTRACT_VERSION}.0.0",
            "description": _DESCRIPTION,
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": _operations(),
        "components": {
            "messages": {cls.__name__: _message(cls) for cls in EVENT_CLASSES},
            "messageTraits": {"CloudEvent": _trait()},
            "schemas": {"Headers": _headers_schema(), **_payload_schemas()},
        },
    }
    # Through JSON, so that no two places share an object, which YAML would write as an alias.
    return cast(JsonObject, json.loads(json.dumps(document)))


def asyncapi_yaml() -> str:
    """Return the document as YAML text, as it is kept in docs/asyncapi.yaml."""
    return yaml.dump(
        asyncapi_document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )


def _channel(topic: Topic) -> JsonObject:
    return {
        "address": topic.name,
        "description": (
            f"Published by {topic.publisher}; consumed by {' and '.join(topic.consumers)}."
        ),
        "messages": {
            cls.__name__: {"$ref": f"#/components/messages/{cls.__name__}"} for cls in topic.classes
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "retention.ms": topic.retention_days * _DAY_MS,
                },
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _operations() -> JsonObject:
    operations: JsonObject = {}
    for topic in TOPICS:
        operations |= _operation(topic, topic.publisher, "send")
        for consumer in topic.consumers:
            operations |= _operation(topic, consumer, "receive")
    return operations


def _operation(topic: Topic, service: ServiceName, action: str) -> JsonObject:
    channel = f"#/channels/{topic.name}"
    operation: JsonObject = {
        "action": action,
        "channel": {"$ref": channel},
        "summary": f"{service} {action}s on {topic.name}.",
        "tags": [{"name": service}],
        "messages": [{"$ref": f"{channel}/messages/{cls.__name__}"} for cls in topic.classes],
    }
    if action == "receive":
        operation["bindings"] = {
            "kafka": {
                "groupId": {"type": "string", "enum": [service]},
                "bindingVersion": _KAFKA_BINDING,
            }
        }
    return {f"{service}.{action}.{topic.name}": operation}


def _message(event_class: type[Event]) -> JsonObject:
    docstring = inspect.cleandoc(event_class.__doc__ or "")
    summary, _, description = docstring.partition("\n\n")
    example = encode(example_envelope(event_class))
    message = {
        "name": event_type(event_class),
        "title": event_class.__name__,
        "summary": " ".join(summary.split()),
    }
    if description:
        message["description"] = " ".join(description.split())
    return {
        **message,
        "traits": [{"$ref": "#/components/messageTraits/CloudEvent"}],
        "payload": {"$ref": f"#/components/schemas/{event_class.__name__}"},
        "examples": [
            {
                "name": event_class.__name__,
                "headers": dict(example.headers),
                "payload": json.loads(example.value),
            }
        ],
    }


def _trait() -> JsonObject:
    return {
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "correlationId": {
            "description": "The story that the event belongs to.",
            "location": "$message.header#/correlation_id",
        },
        "bindings": {
            "kafka": {
                "key": {
                    "type": "string",
                    "pattern": UUID_PATTERN,
                    "description": "The complaint's id, the same as in the payload.",
                },
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _headers_schema() -> JsonObject:
    def text(description: str, **constraints: object) -> JsonObject:
        limits = constraints or {"minLength": 1, "maxLength": MAX_HEADER_CHARS}
        return {"type": "string", "description": description, **limits}

    properties = {
        "ce_specversion": text("The version of CloudEvents.", const="1.0"),
        "ce_id": text("The event's id, the same at each delivery.", pattern=UUID_PATTERN),
        "ce_type": text("The class of event.", enum=[event_type(cls) for cls in EVENT_CLASSES]),
        "ce_source": text("The publisher."),
        "ce_time": text("When it was published, RFC 3339.", format="date-time"),
        "content-type": text("The form of the value.", const="application/json"),
        "aggregate_version": text(
            "Counts from 1 per publisher and complaint.", pattern=VERSION_PATTERN
        ),
        "correlation_id": text("The story that the event belongs to."),
        "causation_id": text("The id of what caused the event."),
        "traceparent": text("The trace it belongs to, W3C Trace Context.", maxLength=55),
    }
    optional = {"causation_id", "traceparent"}
    return {
        "title": "Headers",
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": properties,
    }


def _payload_schemas() -> JsonObject:
    _, definitions = models_json_schema(
        [(cls, "validation") for cls in EVENT_CLASSES],
        schema_generator=_PlainSchema,
        ref_template="#/components/schemas/{model}",
    )
    schemas = cast(JsonObject, definitions["$defs"])
    return {name: schemas[name] for name in sorted(schemas)}
