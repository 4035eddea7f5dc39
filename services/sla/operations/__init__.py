"""What sla does, one function per verb; nothing here commits."""
