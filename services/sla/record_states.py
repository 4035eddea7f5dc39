"""What makes a record that of an open case, as SQL: for the index, the board and the gauges."""

from typing import Final

#: The cases that wait for staff, or for the citizen's answer to them.
OPEN: Final = (
    "submitted_at IS NOT NULL AND withdrawn_at IS NULL AND ended IS NOT TRUE AND merged IS NOT TRUE"
)
