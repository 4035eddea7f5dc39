"""The HTTP doors of survey."""
