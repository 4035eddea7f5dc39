"""Lets `python -m services.cli` be the command `tanggap`."""

from services.cli import app

app(prog_name="tanggap")
