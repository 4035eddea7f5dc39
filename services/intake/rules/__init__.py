"""Intake's pure decisions: tracking codes, what a form may say, and what citizens are shown."""
