"""Free TCP ports on 127.0.0.1."""

import secrets
import socket
from typing import Final

HOST = "127.0.0.1"
#: Below the ports that systems give to outgoing connections: none of those takes what was found
#: before its server listens on it.
_PORTS: Final = range(20_000, 32_000)
_TRIES: Final = 50


def free_port() -> int:
    """A port that nobody listened on a moment ago; another process may still take it."""
    for _ in range(_TRIES):
        # Not `random`: processes that seed it alike would look for the same ports.
        port = _PORTS[secrets.randbelow(len(_PORTS))]
        if _bound(port) is not None:
            return port
    chosen = _bound(0)
    if chosen is None:
        raise OSError("no port is free")
    return chosen


def can_bind(port: int) -> bool:
    """Whether `port` is free to listen on; connections that still linger do not matter."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _bound(port: int) -> int | None:
    """Bind and let go again; returns the port, or None where somebody has it."""
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return None
        return int(probe.getsockname()[1])
