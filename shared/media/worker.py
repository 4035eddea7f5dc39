"""The process that opens files: one in, what is left of it out, until its input ends.

It has no network code, no keys and no database; its memory and the time of each file are bounded.
A frame is a length in four bytes and as many bytes.
"""

import json
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import BinaryIO

from shared.media.cleaning import clean
from shared.media.files import Limits
from shared.media.refusals import FileRefused

LENGTH_BYTES = 4
#: Beyond the time that the other side waits: for when the other side is gone.
_GRACE_SECONDS = 5


def serve(source: BinaryIO, sink: BinaryIO, limits: Limits, seconds: int) -> None:
    """Clean one file after the other."""
    while length := source.read(LENGTH_BYTES):
        data = source.read(int.from_bytes(length))
        if hasattr(signal, "alarm"):
            signal.alarm(seconds + _GRACE_SECONDS)
        frames = _answer(data, limits)
        sink.writelines(len(frame).to_bytes(LENGTH_BYTES) + frame for frame in frames)
        sink.flush()
        if hasattr(signal, "alarm"):
            signal.alarm(0)


def _answer(data: bytes, limits: Limits) -> list[bytes]:
    """Return three frames: what is known, the content, the thumbnail. JSON, as nothing runs it."""
    try:
        cleaned = clean(data, limits)
    except FileRefused as refused:
        return [json.dumps({"refused": refused.slug, "detail": refused.detail}).encode(), b"", b""]
    known = asdict(cleaned)
    content, thumbnail = known.pop("content"), known.pop("thumbnail")
    return [json.dumps(known, default=str).encode(), content, thumbnail or b""]


def _bound_memory(megabytes: int) -> None:
    # Windows has no such limit, and macOS does not keep this one.
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1024**2,) * 2)


def main() -> None:
    """Serve this process's own input and output; arguments are limits, seconds, megabytes."""
    limits = Limits(**json.loads(sys.argv[1]))
    sink = sys.stdout.buffer
    # What a library prints must not pose as an answer.
    sys.stdout = sys.stderr
    _bound_memory(int(sys.argv[3]))
    serve(sys.stdin.buffer, sink, limits, int(sys.argv[2]))


if __name__ == "__main__":
    main()
