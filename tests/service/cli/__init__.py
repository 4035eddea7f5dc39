"""The command `tanggap`, as people type it."""
