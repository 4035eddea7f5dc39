"""Keeps the tests of a group on one worker, which pytest-xdist no longer manages by itself.

xdist 3.8 writes a test's group into a field of the test that pytest 9.2 does not read any more, so
that `--dist loadgroup` spreads the tests of one group over all workers: each would start a Kafka.
And where a worker dies, it hands what that had done to another, which then waits for ever.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_GROUP = re.compile(r'xdist_group\("(\w+)"\)')


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Sends the tests of files that name the same group to one worker, all others one by one."""

    def schedule(self) -> None:
        """Give workers their first tests, also one that takes a dead one's place."""
        super().schedule()
        # A worker begins with a test once it knows the one after it.
        for node in self.nodes:
            self._reschedule(node)

    def remove_node(self, node: Any) -> str | None:
        """Give a dead worker's tests to others, less the one that it died of: that has failed."""
        workload = self.assigned_work[node]
        for unit, tests in list(workload.items()):
            if all(tests.values()):
                del workload[unit]
        left = (test for tests in workload.values() for test, done in tests.items() if not done)
        died_of = next(left, None)
        if died_of is not None:
            workload[self._split_scope(died_of)][died_of] = True
        super().remove_node(node)
        return died_of

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0], str(self.config.rootpath)) or nodeid


@cache
def group_of(file: str, root: str) -> str | None:
    """Return the group that a test file names, if it does."""
    path = Path(root) / file
    found = _GROUP.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    return found[1] if found else None
