"""What routing does, one function per verb; nothing here commits."""
