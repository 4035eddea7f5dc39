"""Machinery that every service stands on; nothing here knows the domain."""
