"""The random passwords of an embedded server's roles, in one file that only we may read."""

import json
import secrets
from pathlib import Path

from shared.embedded.lockfile import FileLock


class PasswordFile:
    """Passwords by role in `path` (JSON, mode 0600)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, role: str) -> str | None:
        """The role's password, or None when none was drawn yet."""
        return self._read().get(role)

    def draw(self, role: str) -> str:
        """The role's password, drawn at random (hexadecimal) at its first use."""
        with FileLock(self._path.with_suffix(".lock")):
            passwords = self._read()
            if role not in passwords:
                passwords[role] = secrets.token_hex(24)
                written = self._path.with_suffix(".new")
                written.touch(mode=0o600)
                written.write_text(json.dumps(passwords))
                written.replace(self._path)
            return passwords[role]

    def _read(self) -> dict[str, str]:
        try:
            stored: dict[str, str] = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        return stored
