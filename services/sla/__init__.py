"""Sla: the clocks, their calendars and policies, escalation, notices to staff, and boards.

Publishes on `sla.clock.v1`. Consumes `intake.complaint.v1` and `routing.case.v1`.
"""
