"""Ports for servers of our own."""

import secrets
import socket

import pytest

from shared.embedded.ports import HOST, can_bind, free_port


def test_a_port_that_somebody_has_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        # Whatever is drawn is that port; then the system itself is asked for one.
        monkeypatch.setattr("shared.embedded.ports._PORTS", [taken.getsockname()[1]])
        monkeypatch.setattr(secrets, "randbelow", lambda _below: 0)
        found = free_port()
        assert found != taken.getsockname()[1]
    assert can_bind(found)
