"""Draws docs/states.md anew: `python -m tests.unit.routing.write_states`."""

from services.routing.states import draw_table
from tests.unit.routing.test_states import DOCUMENT

if __name__ == "__main__":
    DOCUMENT.write_text(draw_table(), encoding="utf-8")
