"""Sending: each platform's sender, and the queue that never sends twice."""
