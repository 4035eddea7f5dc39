"""Log lines: JSON, with the story they belong to, and nothing that names a person."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from shared.correlation import correlated
from shared.logging import JsonLines, configure_logging, log_request

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Configure logging as a service does; return what it wrote."""
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    # As a terminal or a container's log takes it: what UTF-8 cannot carry is escaped.
    raw = io.BytesIO()
    written = io.TextIOWrapper(raw, "utf-8", errors="backslashreplace", write_through=True)
    monkeypatch.setattr(sys, "stderr", written)
    configure_logging("INFO", "json")
    yield lambda: [json.loads(line) for line in raw.getvalue().decode().split("\n") if line]
    structlog.configure(**before)
    root.handlers[:], root.level = handlers, level
    logging.getLogger("uvicorn.access").disabled = False


def test_line_is_json_with_its_story(lines: Lines) -> None:
    with correlated("permintaan-1"):
        structlog.get_logger("t").info("case_opened", count=3)
    (line,) = lines()
    assert line["event"] == "case_opened"
    assert line["count"] == 3
    assert line["level"] == "info"
    assert line["correlation_id"] == "permintaan-1"
    assert line["timestamp"].endswith("Z")


def test_what_names_a_person_is_masked_wherever_it_stands(lines: Lines) -> None:
    hostile = "NIK 3174012345678901, telepon 0812-3456-7890, budi@contoh.go.id"
    log = structlog.get_logger("t")
    log.info(hostile, detail=hostile, deep={"list": [hostile, {"a": hostile}], "tuple": (hostile,)})
    logging.getLogger("library").warning("said %s", hostile)
    try:
        int(hostile)
    except ValueError:
        log.exception("failed")
        logging.getLogger("library").exception("failed too")
    written = json.dumps(lines(), ensure_ascii=False)
    assert "ValueError" in written
    assert not any(part in written for part in ("3174012345678901", "3456-7890", "budi@"))


def test_ids_and_times_are_left_as_they_are(lines: Lines) -> None:
    identifier = "01995551-2345-7890-8123-081234567890"
    structlog.get_logger("t").info("seen", complaint_id=identifier, event_id=identifier)
    (line,) = lines()
    assert line["complaint_id"] == line["event_id"] == identifier


def test_lone_surrogates_do_not_stop_a_line(lines: Lines) -> None:
    structlog.get_logger("t").info("odd", text="\ud800")
    logging.getLogger("library").warning("odd \ud800")
    assert len(lines()) == 2


def test_less_than_the_level_is_not_written(lines: Lines) -> None:
    structlog.get_logger("t").debug("whisper")
    logging.getLogger("library").debug("whisper")
    assert lines() == []


def _alone(monkeypatch: pytest.MonkeyPatch) -> JsonLines:
    """Leave the service's own handler alone: pytest puts others beside it for each test."""
    (handler,) = [each for each in logging.root.handlers if isinstance(each, JsonLines)]
    monkeypatch.setattr(logging.root, "handlers", [handler])
    return handler


def test_request_line_written_by_hand_is_the_one_that_structlog_writes(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, by_the_library = _alone(monkeypatch), 0

    def count(record: logging.LogRecord) -> bool:
        nonlocal by_the_library
        by_the_library += 1
        return bool(record)

    handler.addFilter(count)
    with correlated("permintaan-1"):
        log_request("intake", "POST", "/intake/v1/complaints/{tracking_code}", 201, 3.4)
        structlog.get_logger("shared.http").info(
            "request",
            service="intake",
            method="POST",
            route="/intake/v1/complaints/{tracking_code}",
            status=201,
            milliseconds=3.4,
        )
    by_hand, written = lines()
    assert list(by_hand) == list(written)
    assert len(by_hand.pop("timestamp")) == len(written.pop("timestamp"))
    assert by_hand == written
    assert by_the_library == 1


def test_request_line_keeps_to_the_level_and_bears_a_stream_that_is_gone(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = _alone(monkeypatch)
    logging.root.setLevel("WARNING")
    log_request("intake", "GET", "/x", 200, 0.1)
    assert lines() == []
    logging.root.setLevel("INFO")
    stream = io.StringIO()
    stream.close()
    handler.stream = stream
    log_request("intake", "GET", "/x", 200, 0.1)
