"""Keeps the tests of a group on one worker, which pytest-xdist no longer manages by itself.

xdist 3.8 writes a test's group into a field of the test that pytest 9.2 does not read any more, so
that `--dist loadgroup` spreads the tests of one group over all workers: each would start a Kafka.
"""

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_GROUP = re.compile(r'xdist_group\("(\w+)"\)')


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Sends the tests of files that name the same group to one worker, all others one by one."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0], str(self.config.rootpath)) or nodeid


@cache
def group_of(file: str, root: str) -> str | None:
    """Return the group that a test file names, if it does."""
    path = Path(root) / file
    found = _GROUP.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    return found[1] if found else None
