"""Intake as a whole: its doors, its events, and what it keeps."""
