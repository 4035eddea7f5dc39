"""How long to wait before a failed batch is tried again."""

import random

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 10.0


def backoff_seconds(failures: int) -> float:
    """Return the pause after so many failures in a row: doubling, with jitter, 10 s at most."""
    full = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** (failures - 1))
    return full * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not secrecy
