"""The load's log: one JSON line for every request, answered or not."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from io import TextIOWrapper
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Record:
    """One request and what became of it.

    `key` is its Idempotency-Key, `marker` a word of letters in the complaint's title by which it is
    found again without asking intake. `status` is None where no answer came; `unclear` tells that
    the request may or may not have been carried out. Hashes are of the exact bytes; `seconds` is
    how long the answer took; times are RFC 3339 in UTC.
    """

    operation: str
    sent_at: str
    seconds: float
    status: int | None
    unclear: bool
    key: str | None = None
    marker: str | None = None
    body_hash: str | None = None
    answer_hash: str | None = None
    complaint_id: str | None = None
    tracking_code: str | None = None
    answered_at: str | None = None
    retry_after: str | None = None
    error: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the server promised that it is done."""
        return self.status is not None and 200 <= self.status < 300


class LoadLog:
    """Collects records, and writes each to a file at once when there is one."""

    def __init__(self, path: Path | None = None) -> None:
        """Append to `path`, or keep records in memory alone."""
        self.records: list[Record] = []
        self._file: TextIOWrapper | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8", buffering=1)

    def add(self, record: Record) -> None:
        """Note a request."""
        self.records.append(record)
        if self._file is not None:
            given = {name: value for name, value in asdict(record).items() if value is not None}
            self._file.write(json.dumps(given) + "\n")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def read_log(path: Path) -> list[Record]:
    """Read a log back; raises ValueError with the line that is none of ours."""
    records = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                records.append(Record(**{"status": None, **json.loads(line)}))
            except (TypeError, json.JSONDecodeError) as error:
                raise ValueError(f"{path}:{number}: {error}") from error
    return records


def digest(content: bytes) -> str:
    """Hash a body for the log: its words must not get there."""
    return hashlib.sha256(content).hexdigest()[:32]


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed; NaN for none."""
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
