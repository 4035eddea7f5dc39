"""Free TCP ports on 127.0.0.1."""

import socket

HOST = "127.0.0.1"


def free_port() -> int:
    """A port that nobody listened on a moment ago; another process may still take it."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def can_bind(port: int) -> bool:
    """Whether `port` is free to listen on; connections that still linger do not matter."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
