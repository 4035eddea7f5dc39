"""Tests that run a service, or a real server, as a whole."""
