"""Pure machinery."""
