"""The table of topics is complete, and every event ever published stays readable."""

from pathlib import Path

import pytest

from shared.contracts import intake, routing, sla
from shared.contracts.envelope import decode, encode
from shared.contracts.event import Event
from shared.contracts.examples import EXAMPLES
from shared.contracts.topics import (
    EVENT_CLASSES,
    SERVICES,
    TOPICS,
    Topic,
    class_of,
    event_type,
    topic_of,
    topics_consumed_by,
)
from tests.contracts import write_golden
from tests.contracts.golden_files import (
    GOLDEN_DIR,
    golden_of,
    golden_paths,
    message_of,
    present_form,
    read_golden,
)

every_class = pytest.mark.parametrize("event_class", EVENT_CLASSES, ids=lambda cls: cls.__name__)
every_topic = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)


def _classes_in(module: object) -> set[type[Event]]:
    return {
        thing
        for name, thing in vars(module).items()
        if isinstance(thing, type)
        and issubclass(thing, Event)
        and thing is not Event
        and not name.startswith("_")
    }


@pytest.mark.parametrize("module", [intake, routing, sla], ids=lambda module: module.__name__)
def test_every_class_of_a_publisher_is_in_exactly_one_of_its_topics(module: object) -> None:
    publisher = getattr(module, "__name__", "").rpartition(".")[2]
    published = [cls for topic in TOPICS if topic.publisher == publisher for cls in topic.classes]
    assert len(published) == len(set(published))
    assert set(published) == _classes_in(module)


@every_topic
def test_every_topic_has_an_owner_and_readers(topic: Topic) -> None:
    assert topic.publisher in SERVICES
    assert topic.consumers
    assert set(topic.consumers) <= set(SERVICES) - {topic.publisher}
    assert topic.name.startswith(f"{topic.publisher}.")
    assert topic.name.endswith(".v1")
    assert topic.partitions > 0
    assert topic.retention_days > 7


@every_topic
def test_every_message_of_a_topic_has_its_key(topic: Topic) -> None:
    assert all(cls.model_fields[topic.key].is_required() for cls in topic.classes)


def test_consumers_are_found_in_the_table() -> None:
    names = {service: [t.name for t in topics_consumed_by(service)] for service in SERVICES}
    assert names == {
        "intake": ["routing.case.v1", "sla.clock.v1"],
        "routing": ["intake.complaint.v1", "intake.archive.v1", "sla.clock.v1"],
        "sla": ["intake.complaint.v1", "routing.case.v1"],
        "survey": [],
        "marketplace": [],
    }


@every_class
def test_type_names_lead_back_to_the_class(event_class: type[Event]) -> None:
    publisher = topic_of(event_class).publisher
    assert event_type(event_class) == f"tanggap.{publisher}.{event_class.__name__}.v1"
    assert class_of(event_type(event_class)) is event_class


def test_unknown_type_has_no_class() -> None:
    assert class_of("tanggap.intake.ComplaintForgotten.v1") is None


@every_class
def test_example_fills_every_field(event_class: type[Event]) -> None:
    example = EXAMPLES[event_class]
    assert example.model_fields_set == set(event_class.model_fields)
    assert all(value is not None for _, value in example)


@every_class
def test_present_form_is_the_newest_golden_file(event_class: type[Event]) -> None:
    paths = golden_paths(event_class)
    assert paths, "add it with: python -m tests.contracts.write_golden"
    assert read_golden(paths[-1]) == present_form(event_class)


@every_class
def test_every_golden_file_is_read_and_written_back_unchanged(event_class: type[Event]) -> None:
    for path in golden_paths(event_class):
        golden = read_golden(path)
        envelope = decode(message_of(golden, event_class))
        assert type(envelope.event) is event_class
        again = golden_of(encode(envelope))
        assert (again["headers"], again["key"]) == (golden["headers"], golden["key"])
        # A later field with a default may join what an older form held, and nothing may go.
        assert again["value"].items() >= golden["value"].items()


@every_class
def test_payload_with_required_fields_alone_is_read(event_class: type[Event]) -> None:
    golden = present_form(event_class)
    required = {name for name, field in event_class.model_fields.items() if field.is_required()}
    golden["value"] = {name: golden["value"][name] for name in required}
    decode(message_of(golden, event_class))


@every_class
def test_fields_and_headers_of_a_later_day_are_ignored(event_class: type[Event]) -> None:
    golden = present_form(event_class)
    envelope = decode(message_of(golden, event_class))
    golden["value"]["field_of_a_later_day"] = {"nested": [1, None]}
    golden["headers"]["ce_partitionkey"] = "x"
    assert decode(message_of(golden, event_class)) == envelope


def test_no_golden_file_is_without_its_class() -> None:
    known = {path for cls in EVENT_CLASSES for path in golden_paths(cls)}
    assert set(GOLDEN_DIR.iterdir()) == known


def test_golden_file_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tests.contracts.golden_files.GOLDEN_DIR", tmp_path)
    monkeypatch.setattr(write_golden, "ASYNCAPI_FILE", tmp_path / "asyncapi.yaml")
    assert write_golden.main([]) == 0
    first = tmp_path / "CaseClosed.v1.json"
    first.write_text(first.read_text().replace("silence", "satisfied"))
    stored = first.read_text()

    assert write_golden.main([]) == 1
    assert "CaseClosed" in capsys.readouterr().err
    assert write_golden.main(["--next"]) == 0

    assert first.read_text() == stored
    assert "silence" in (tmp_path / "CaseClosed.v1-2.json").read_text()
    assert not (tmp_path / "CaseMerged.v1-2.json").exists()
    assert write_golden.main([]) == 0
