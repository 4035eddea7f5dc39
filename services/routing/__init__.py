"""Routing: the case, which OPD has it and why, and the officers' work on it.

Owns the cases and their states. Publishes on `routing.case.v1`. Consumes `intake.complaint.v1`,
`intake.archive.v1` and `sla.clock.v1`.
"""
