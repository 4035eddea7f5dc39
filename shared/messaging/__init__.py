"""Sending to people: one sender per platform, and a queue that never sends twice."""
