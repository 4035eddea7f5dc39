"""Whole journeys over the real doors: what citizens and staff live through, service by service."""
