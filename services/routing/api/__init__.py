"""Routing's doors for HTTP."""
