"""How fast it is, measured beside reference programs: `python -m tests.load`, or `make bench`."""
