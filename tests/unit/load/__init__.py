"""What the bench makes of its measurements."""
