"""What intake does, one function per verb; nothing here commits."""
