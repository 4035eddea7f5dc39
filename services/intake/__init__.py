"""Intake: the report, who reported it, the conversation with the citizen, and the data bank.

Publishes on `intake.complaint.v1` and `intake.archive.v1`. Consumes `routing.case.v1` and
`sla.clock.v1`.
"""
