"""How work grows with its text: a ratio of processor time, which a busy machine does not change.

A limit in seconds says as much about the machine as about the code; that a long text must not cost
more than its pieces together is a property of the code alone.
"""

import gc
from collections.abc import Callable, Sequence
from time import thread_time

_PIECES = 8
_ROUNDS = 5


def growth(work: Callable[[str], object], text: str) -> float:
    """Return how much dearer the whole text is than its eighths: about 1 where work is linear.

    Quadratic work gives 8. Each side is the best of several rounds, so that one interruption
    tells nothing; the collector, whose work depends on everything else in the process, waits.
    """
    size = len(text) // _PIECES
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _best(work, [text]) / _best(work, pieces)
    finally:
        if collecting:
            gc.enable()


def _best(work: Callable[[str], object], texts: Sequence[str]) -> float:
    took = []
    for _ in range(_ROUNDS):
        began = thread_time()
        for text in texts:
            work(text)
        took.append(thread_time() - began)
    return min(took)
